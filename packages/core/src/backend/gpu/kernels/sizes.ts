/** @file What the callers of kernels compute from shapes: grids, strides and the constants that carry them. */
import { BackendError } from '../../../errors.ts';
import { type Shape, sizeOf, stridesOf } from '../../../shape.ts';

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

/** The steps through an operand of `from` that visits it in the order of a result of `to`: 0 where it repeats. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const added = to.length - from.length;
  return to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : (strides[axis - added] ?? 0)));
}

/**
 * The same walk over `rank` axes: axes of size 1 are left out, neighbours that every operand steps through evenly become
 * one, and axes of size 1 fill up at the front.
 */
export function mergeAxes(
  shape: Shape,
  strides: readonly (readonly number[])[],
  rank: number,
): { sizes: number[]; strides: number[][] } {
  const axes: { size: number; steps: number[] }[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const steps = strides.map((operand) => operand[axis] ?? 0);
    const before = axes.at(-1);
    if (before?.steps.every((step, i) => step === (steps[i] ?? 0) * size)) {
      before.size *= size;
      before.steps = steps;
    } else axes.push({ size, steps });
  });
  if (axes.length > rank)
    throw new BackendError('gpu', `tensors with more than ${rank} independent axes are not supported`);
  while (axes.length < rank) axes.unshift({ size: 1, steps: strides.map(() => 0) });
  return {
    sizes: axes.map(({ size }) => size),
    strides: strides.map((_, i) => axes.map(({ steps }) => steps[i] ?? 0)),
  };
}

/** `named('n', [3, 5])` is { n0: 3, n1: 5 }. */
export function named(prefix: string, values: readonly number[] = []): Record<string, number> {
  return Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]));
}
