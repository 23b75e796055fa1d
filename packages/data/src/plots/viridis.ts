/** @file Viridis, a scale of colours that is even to the eye and to any colour vision (van der Walt & Smith 2015). */
import type { Image } from '../image.ts';
import { imageOf } from '../transforms/pixels.ts';

/** Sixteen of its colours, at even distances. */
const COLORS = [
  [68, 1, 84],
  [72, 26, 108],
  [71, 47, 125],
  [65, 68, 135],
  [57, 86, 140],
  [49, 104, 142],
  [42, 120, 142],
  [35, 136, 142],
  [31, 152, 139],
  [34, 168, 132],
  [53, 183, 121],
  [84, 197, 104],
  [122, 209, 81],
  [165, 219, 54],
  [210, 226, 27],
  [253, 231, 37],
] as const;

/** Values as colours, [height, width, 3]. */
export function viridis(values: Float32Array, height: number, width: number, lowest: number, highest: number): Image {
  const pixels = new Float32Array(values.length * 3);
  for (let i = 0; i < values.length; i++) {
    const place = highest > lowest ? (((values[i] as number) - lowest) / (highest - lowest)) * (COLORS.length - 1) : 0;
    const below = COLORS[Math.floor(place)] as (typeof COLORS)[number];
    const above = COLORS[Math.ceil(place)] as (typeof COLORS)[number];
    for (const c of [0, 1, 2] as const) {
      pixels[3 * i + c] = below[c] + (above[c] - below[c]) * (place - Math.floor(place));
    }
  }
  return imageOf(pixels, height, width, 3);
}
