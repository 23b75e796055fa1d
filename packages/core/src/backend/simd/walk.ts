/** @file Walks through two arrays in step, as assembly/walk.ts takes them. */
import type { Shape } from '../../shape.ts';
import { checkAxes, mergeAxes } from '../walk.ts';

/** The innermost included. */
const MAX_AXES = 9;

/** Floats in an item of elementwise kernels, BLOCK in assembly/job.ts. */
const BLOCK = 1024;

/** Items of an elementwise kernel over so many floats. */
export function blocks(length: number): number {
  return Math.ceil(length / BLOCK);
}

/** The integers that describe a walk over the axes of a shape with these strides, and its items. */
export function walk(
  operator: string,
  shape: Shape,
  first: readonly number[],
  second: readonly number[],
): { integers: number[]; items: number } {
  const merged = mergeAxes(shape, [first, second]);
  checkAxes(operator, merged, MAX_AXES);
  const axes = merged.sizes.map((size, i) => [size, merged.strides[0]?.[i] ?? 0, merged.strides[1]?.[i] ?? 0]);
  const row = axes.pop() ?? [1, 0, 0];
  const rows = axes.reduce((product, [size = 1]) => product * size, 1);
  return {
    integers: [...row, axes.length, ...axes.flat()],
    items: axes.length === 0 ? blocks(row[0] ?? 1) : rows,
  };
}
