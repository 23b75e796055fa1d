/** @file Integral images: the sum over any rectangle, upright or tilted by 45 degrees, from four of their values. */
import type { GrayImage } from './image.ts';
import type { Size } from './scales.ts';

/** How many columns windows are apart. */
export type Step = 1 | 2;

/** Values may wrap around in 32 bits; the differences that are taken of them do not. */
export interface Integrals {
  /** From one row to the next. */
  readonly stride: number;
  /**
   * For each step where the corners of a row are: first those that lie a multiple of it apart, then the others, so that the
   * same corners of neighbouring windows follow each other.
   */
  readonly places: Readonly<Record<Step, Int32Array>>;
  /** Where the tilted integral begins in `sums`, if there is one. */
  readonly tiltedOffset: number;
  /** [height + 1, stride]: the sums over all pixels above and left of a corner; behind them the tilted ones. */
  readonly sums: Int32Array;
  /** The same of the pixels' squares. */
  readonly squares: Int32Array;
}

/** How many numbers the integrals of images up to a size are. */
export function integralsLength({ width, height }: Size, tilted: boolean): number {
  return (width + 1) * (height + 1) * (tilted ? 3 : 2);
}

/** Integrals of images up to a size, in `integralsLength` numbers, which are 0. */
export function createIntegrals({ width, height }: Size, tilted: boolean, numbers: Int32Array): Integrals {
  const stride = width + 1;
  const size = stride * (height + 1);
  const squares = tilted ? 2 * size : size;
  return {
    stride,
    places: { 1: placesOf(stride, 1), 2: placesOf(stride, 2) },
    tiltedOffset: size,
    sums: numbers.subarray(0, squares),
    squares: numbers.subarray(squares, squares + size),
  };
}

function placesOf(stride: number, step: Step): Int32Array {
  const others = Math.ceil(stride / step);
  return Int32Array.from({ length: stride }, (_, x) => (x % step) * others + Math.floor(x / step));
}

/** Integrates an image that is not larger than the one `integrals` were made for. Their first row and column stay 0. */
export function integrate({ data, width, height }: GrayImage, integrals: Integrals, step: Step): void {
  const { stride, sums, squares } = integrals;
  const places = integrals.places[step];
  for (let y = 0, i = 0; y < height; y++) {
    let sum = 0;
    let square = 0;
    const row = (y + 1) * stride;
    for (let x = 1; x <= width; x++, i++) {
      const pixel = data[i] as number;
      const corner = row + (places[x] as number);
      sum += pixel;
      square += pixel * pixel;
      sums[corner] = (sums[corner - stride] as number) + sum;
      squares[corner] = (squares[corner - stride] as number) + square;
    }
  }
}

/**
 * The tilted integral T(x, y) sums the pixels of a triangle whose lower corner is pixel (x - 1, y - 1) and whose sides rise at 45
 * degrees: T(x, y) = T(x-1, y-1) + T(x+1, y-1) - T(x, y-2) + I(x-1, y-1) + I(x-1, y-2)
 * (Lienhart and Maydt, An Extended Set of Haar-like Features, 2002). What the image cuts off of the triangles is the
 * same at neighbouring corners, so that T(0, y) = T(1, y-1) and T(width+1, y) = T(width, y-1).
 */
export function integrateTilted({ data, width, height }: GrayImage, integrals: Integrals, step: Step): void {
  const { stride, sums, tiltedOffset } = integrals;
  const places = integrals.places[step];
  for (let y = 1; y <= height; y++) {
    const row = tiltedOffset + y * stride;
    const above = row - stride;
    const isFirst = y === 1;
    const pixelRow = (y - 1) * width - 1;
    sums[row] = sums[above + (places[1] as number)] as number;
    for (let x = 1; x <= width; x++) {
      const place = places[x] as number;
      const twoAbove = isFirst ? 0 : (sums[above - stride + place] as number);
      const right = x < width ? (sums[above + (places[x + 1] as number)] as number) : twoAbove;
      const own = (data[pixelRow + x] as number) + (isFirst ? 0 : (data[pixelRow - width + x] as number));
      sums[row + place] = (sums[above + (places[x - 1] as number)] as number) + right - twoAbove + own;
    }
  }
}
