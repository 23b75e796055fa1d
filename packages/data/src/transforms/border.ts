/** @file What lies outside of an image. */
import { checkFinite, checkOneOf, type FillMode } from '@fer/core';
import type { PixelData, Pixels } from './pixels.ts';

export interface FillOptions {
  /**
   * What lies outside of the image: 'nearest' (the default), its border's pixels; 'constant', fillValue; 'reflect', the
   * image mirrored with its border pixels doubled (d c b a | a b c d | d c b a). The names are Keras'.
   */
  readonly fillMode?: FillMode;
  /** 0 unless given. */
  readonly fillValue?: number;
}

export function checkFill(operator: string, { fillMode = 'nearest', fillValue = 0 }: FillOptions): void {
  checkOneOf(operator, 'fillMode', fillMode, ['nearest', 'constant', 'reflect']);
  checkFinite(operator, 'fillValue', fillValue);
}

export interface Border {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** The image with a border of so many pixels around it, written into an array that has room for it. */
export function padInto<D extends PixelData>(
  result: D,
  pixels: Pixels,
  { top, bottom, left, right }: Border,
  fillMode: FillMode,
  fillValue: number,
): D {
  const { data, offset, height, width, channels, rowStride, columnStride, channelStride } = pixels;
  const columns = new Int32Array(left + width + right);
  for (let x = 0; x < columns.length; x++) columns[x] = inside(x - left, width, fillMode);
  let target = 0;
  for (let y = -top; y < height + bottom; y++) {
    const sourceY = inside(y, height, fillMode);
    for (let x = 0; x < columns.length; x++) {
      const sourceX = columns[x] as number;
      const outside = sourceY < 0 || sourceX < 0;
      let source = offset + sourceY * rowStride + sourceX * columnStride;
      for (let c = 0; c < channels; c++, source += channelStride) {
        result[target++] = outside ? fillValue : (data[source] as number);
      }
    }
  }
  return result;
}

/** The place within a line of pixels that stands at i, or -1 for none. */
function inside(i: number, size: number, fillMode: FillMode): number {
  if (i >= 0 && i < size) return i;
  if (fillMode === 'constant') return -1;
  if (fillMode === 'nearest') return i < 0 ? 0 : size - 1;
  // everything repeats after twice the image
  const j = i - Math.floor(i / (2 * size)) * 2 * size;
  return j < size ? j : 2 * size - 1 - j;
}
