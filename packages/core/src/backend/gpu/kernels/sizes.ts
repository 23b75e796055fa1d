/** @file What the callers of kernels compute from shapes: grids, and the constants that carry sizes. */
import { type Shape, sizeOf } from '../../../shape.ts';

/** A thread for each cell of four floats of a result of this shape. */
export function cellGrid(shape: Shape): { grid: number[]; length: number } {
  const length = sizeOf(shape);
  return { grid: [Math.ceil(length / 4)], length };
}

/** A thread for each float. */
export function floatGrid(shape: Shape): { grid: number[]; length: number } {
  const length = sizeOf(shape);
  return { grid: [length], length };
}

/** `named('n', [3, 5])` is { n0: 3, n1: 5 }. */
export function named(prefix: string, values: readonly number[] = []): Record<string, number> {
  return Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]));
}
