/** @file One image at many scales: OpenCV's INTER_LINEAR_EXACT, bit for bit. */
import type { GrayImage } from './image.ts';
import { roundHalfEven } from './rounding.ts';

/** Weights have 8 bits behind the point. */
const ONE = 256;
const HALF = (ONE * ONE) / 2;

/** For each pixel the first of the two source pixels that it lies between, and the weight of the second. */
interface Taps {
  readonly first: Int32Array;
  readonly weight: Int32Array;
}

function tapsOf(sourceSize: number, size: number): Taps {
  const first = new Int32Array(size);
  const weight = new Int32Array(size);
  // the quotient's quotient, as OpenCV computes it: the last bit decides about roundings
  const scale = 1 / (size / sourceSize);
  for (let i = 0; i < size; i++) {
    const place = Math.min(Math.max(scale * (i + 0.5) - 0.5, 0), sourceSize - 1);
    first[i] = Math.min(Math.floor(place), sourceSize - 2);
    weight[i] = roundHalfEven((place - (first[i] as number)) * ONE);
  }
  return { first, weight };
}

/**
 * Writes the image in another size, each pixel between the four around its centre, without antialiasing.
 * @param source of at least 2 x 2 pixels
 * @param target of at least width * height bytes
 */
export function resizeBilinear(source: GrayImage, target: Uint8Array, width: number, height: number): void {
  const { data } = source;
  const columns = tapsOf(source.width, width);
  const rows = tapsOf(source.height, height);
  for (let y = 0, i = 0; y < height; y++) {
    const upper = (rows.first[y] as number) * source.width;
    const weight = rows.weight[y] as number;
    for (let x = 0; x < width; x++, i++) {
      const at = upper + (columns.first[x] as number);
      const right = columns.weight[x] as number;
      const a = data[at] as number;
      const c = data[at + source.width] as number;
      const above = a * ONE + right * ((data[at + 1] as number) - a);
      const below = c * ONE + right * ((data[at + source.width + 1] as number) - c);
      target[i] = (above * ONE + weight * (below - above) + HALF) >> 16;
    }
  }
}
