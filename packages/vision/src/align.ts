/** @file Faces as networks take them: square, gray and small. */
import { ArgumentError, checkFinite, checkInteger, checkRange } from '@fer/core';
import ndarray, { type NdArray } from 'ndarray';
import type { Box } from './box.ts';
import { type ByteImage, type GrayImage, toGray } from './image.ts';

export interface AlignOptions {
  /** How much is added on each side, in lengths of the box's longer side: 0 unless given. */
  readonly margin?: number;
  /** Of the result, in pixels: 48 unless given. */
  readonly size?: number;
}

const OPERATOR = 'alignFace';

/** In lengths of the image's longer side. */
const MAX_BOX = 2;

/**
 * The square around a box, gray [size, size, 1]. Pixels are linear between their neighbours where it grows; where it shrinks
 * the filter grows with it, so that nothing is left out (Pillow's BILINEAR, torchvision's with antialias=True). Outside
 * of the image its border goes on.
 * @param box in the image, as `detectMultiScale` gives it; it may stick out, and need not be whole pixels
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function alignFace(image: ByteImage, box: Box, options: AlignOptions = {}): NdArray<Uint8Array> {
  const { margin = 0, size = 48 } = options;
  checkRange(OPERATOR, 'margin', margin, 0, 1);
  checkInteger(OPERATOR, 'size', size, 1);
  const gray = toGray(OPERATOR, image);
  checkBox(box, gray);
  const side = Math.max(box.width, box.height) * (1 + 2 * margin);
  const columns = tapsOf(box.x + (box.width - side) / 2, side, size, gray.width);
  const rows = tapsOf(box.y + (box.height - side) / 2, side, size, gray.height);
  return ndarray(resample(gray, columns, rows), [size, size, 1]);
}

function checkBox(box: Box, image: GrayImage): void {
  for (const side of ['x', 'y', 'width', 'height'] as const) checkFinite(OPERATOR, `box.${side}`, box[side]);
  const { x, y, width, height } = box;
  const overlaps = x < image.width && y < image.height && x + width > 0 && y + height > 0;
  const longest = MAX_BOX * Math.max(image.width, image.height);
  if (!(width > 0 && height > 0 && overlaps && Math.max(width, height) <= longest)) {
    const came = `[${x}, ${y}, ${width}, ${height}] in [${image.height},${image.width}]`;
    throw new ArgumentError(OPERATOR, `box must lie in the image but is ${came}`);
  }
}

/** The source pixels that one pixel is made of, and their weights, which sum to 1. */
interface Taps {
  readonly pixels: readonly number[];
  readonly weights: readonly number[];
}

/** For each of `size` pixels that divide what begins at `start`. */
function tapsOf(start: number, length: number, size: number, sourceSize: number): Taps[] {
  const step = length / size;
  const radius = Math.max(step, 1);
  return Array.from({ length: size }, (_, i) => {
    const center = start + (i + 0.5) * step;
    const pixels: number[] = [];
    const weights: number[] = [];
    for (let pixel = Math.floor(center - radius); pixel < center + radius; pixel++) {
      pixels.push(Math.min(Math.max(pixel, 0), sourceSize - 1));
      weights.push(Math.max(1 - Math.abs(pixel + 0.5 - center) / radius, 0));
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { pixels, weights: weights.map((weight) => weight / sum) };
  });
}

/** Along rows first, for those rows that are needed, then along columns. */
function resample({ data, width }: GrayImage, columns: readonly Taps[], rows: readonly Taps[]): Uint8Array {
  const narrowed = new Map<number, Float64Array>();
  const narrow = (row: number): Float64Array => {
    const known = narrowed.get(row);
    if (known) return known;
    const values = Float64Array.from(columns, ({ pixels, weights }) =>
      pixels.reduce((sum, pixel, i) => sum + (weights[i] as number) * (data[row * width + pixel] as number), 0),
    );
    narrowed.set(row, values);
    return values;
  };
  const result = new Uint8ClampedArray(rows.length * columns.length);
  rows.forEach(({ pixels, weights }, y) => {
    const lines = pixels.map(narrow);
    for (let x = 0; x < columns.length; x++)
      result[y * columns.length + x] = lines.reduce(
        (sum, line, i) => sum + (weights[i] as number) * (line[x] as number),
        0,
      );
  });
  return new Uint8Array(result.buffer);
}
