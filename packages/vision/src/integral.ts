/** @file Integral images: the sum over any rectangle, upright or tilted by 45 degrees, from four of their values. */

/** Values may wrap around in 32 bits; the differences that are taken of them do not. */
export interface Integrals {
  /** From one row to the next. */
  readonly stride: number;
  /** Where the tilted integral begins in `sums`, if there is one. */
  readonly tiltedOffset: number;
  /** [height + 1, stride]: the sums over all pixels above and left of a corner; behind them the tilted ones. */
  readonly sums: Int32Array;
  /** The same of the pixels' squares. */
  readonly squares: Int32Array;
}

export function allocateIntegrals(width: number, height: number, tilted: boolean): Integrals {
  const stride = width + 1;
  const size = stride * (height + 1);
  return {
    stride,
    tiltedOffset: size,
    sums: new Int32Array(tilted ? 2 * size : size),
    squares: new Int32Array(size),
  };
}

/** Integrates an image that is not larger than the one `integrals` was made for. Their first row and column stay 0. */
export function integrate(pixels: Uint8Array, width: number, height: number, integrals: Integrals): void {
  const { stride, sums, squares } = integrals;
  for (let y = 0, i = 0; y < height; y++) {
    let sum = 0;
    let square = 0;
    const row = (y + 1) * stride + 1;
    for (let x = 0; x < width; x++, i++) {
      const pixel = pixels[i] as number;
      sum += pixel;
      square += pixel * pixel;
      sums[row + x] = (sums[row + x - stride] as number) + sum;
      squares[row + x] = (squares[row + x - stride] as number) + square;
    }
  }
}

/**
 * The tilted integral T(x, y) sums the pixels of a triangle whose lower corner is pixel (x - 1, y - 1) and whose sides rise at 45
 * degrees: T(x, y) = T(x-1, y-1) + T(x+1, y-1) - T(x, y-2) + I(x-1, y-1) + I(x-1, y-2)
 * (Lienhart and Maydt, An Extended Set of Haar-like Features, 2002). What the image cuts off of the triangles is the
 * same at neighbouring corners, so that T(0, y) = T(1, y-1) and T(width+1, y) = T(width, y-1).
 */
export function integrateTilted(pixels: Uint8Array, width: number, height: number, integrals: Integrals): void {
  const { stride, sums, tiltedOffset } = integrals;
  for (let y = 1; y <= height; y++) {
    const row = tiltedOffset + y * stride;
    const above = row - stride;
    const isFirst = y === 1;
    const pixelRow = (y - 1) * width - 1;
    sums[row] = sums[above + 1] as number;
    for (let x = 1; x <= width; x++) {
      const twoAbove = isFirst ? 0 : (sums[above - stride + x] as number);
      const right = x < width ? (sums[above + x + 1] as number) : twoAbove;
      const own = (pixels[pixelRow + x] as number) + (isFirst ? 0 : (pixels[pixelRow - width + x] as number));
      sums[row + x] = (sums[above + x - 1] as number) + right - twoAbove + own;
    }
  }
}
