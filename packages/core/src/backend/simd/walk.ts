/** @file Walks through two arrays in step, as assembly/walk.ts takes them. */
import type { Shape } from '../../shape.ts';
import { mergeAxes } from '../gpu/kernels/sizes.ts';

const MAX_AXES = 8;

/** Floats in an item of elementwise kernels, BLOCK in assembly/job.ts. */
const BLOCK = 1024;

/** Items of an elementwise kernel over so many floats. */
export function blocks(length: number): number {
  return Math.ceil(length / BLOCK);
}

/** The integers that describe a walk over the axes of a shape with these strides, and its items. */
export function walk(
  shape: Shape,
  first: readonly number[],
  second: readonly number[],
): { integers: number[]; items: number } {
  const merged = mergeAxes(shape, [first, second], MAX_AXES);
  const axes = merged.sizes.map((size, i) => [size, merged.strides[0]?.[i] ?? 0, merged.strides[1]?.[i] ?? 0]);
  const used = axes.slice(merged.sizes.findIndex((size) => size > 1));
  const [row = [1, 0, 0]] = used.slice(-1);
  const around = used.slice(0, -1);
  const rows = around.reduce((product, [size = 1]) => product * size, 1);
  return {
    integers: [...row, around.length, ...around.flat()],
    items: around.length === 0 ? blocks(row[0] ?? 1) : rows,
  };
}
