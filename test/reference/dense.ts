/**
 * @file The arrays that references compute with: float64, row-major. References are written for obvious correctness, from
 * the definitions, and share no code with the library.
 */

export interface Dense {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

export function countOf(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

export function dense(shape: readonly number[], values: Iterable<number>): Dense {
  return { shape, values: Float64Array.from(values) };
}

/** The size of one axis. */
export function size(x: Dense, axis: number): number {
  return x.shape[axis] as number;
}

/** The element at an index. */
export function get(x: Dense, index: readonly number[]): number {
  let position = 0;
  for (let axis = 0; axis < x.shape.length; axis++) position = position * size(x, axis) + (index[axis] as number);
  return x.values[position] as number;
}

/** The number of a pixel of images [N, H, W, C], if it lies within them. */
export function pixelAt(x: Dense, n: number, row: number, column: number): number | undefined {
  const [, height, width] = x.shape as [number, number, number];
  return row >= 0 && row < height && column >= 0 && column < width ? (n * height + row) * width + column : undefined;
}

/** An array from a function of the index. The index is reused: copy what outlives the call. */
export function build(shape: readonly number[], element: (index: readonly number[]) => number): Dense {
  const values = new Float64Array(countOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    values[i] = element(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return { shape, values };
}
