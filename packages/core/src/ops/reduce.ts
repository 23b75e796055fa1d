/** @file Reductions over any axes: all of them unless given. With keepDims they stay, with size 1. */
import { composite, noGrad, run } from '../autograd/tape.ts';
import type { Reduction } from '../backend/backend.ts';
import { at, normalizeAxes, normalizeAxis, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { checkDType } from './check.ts';
import { add, div, exp, log, square, sub } from './elementwise.ts';
import { reshape } from './shape.ts';

export type Axes = number | readonly number[];

/** Reduces one group of neighbouring axes after another, the last first. */
function reduce(fn: Reduction, operator: string, x: Tensor, axes: Axes | undefined, keepDims: boolean): Tensor {
  checkDType(operator, 'x', x);
  const reduced = normalizeAxes(operator, axes, x.rank);
  const kept = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  const result = keepDims ? kept : x.shape.filter((_, axis) => !reduced.includes(axis));
  return composite([x], () => {
    let partial = x;
    for (const { first, last } of neighbours(reduced).reverse()) {
      const view = {
        outer: sizeOf(partial.shape.slice(0, first)),
        length: sizeOf(partial.shape.slice(first, last + 1)),
        inner: sizeOf(partial.shape.slice(last + 1)),
      };
      const shape = partial.shape.map((size, axis) => (axis >= first && axis <= last ? 1 : size));
      partial = run('reduce', [partial], { fn, ...view }, shape);
    }
    return reshape(partial, result);
  });
}

/** Runs of consecutive axes. */
function neighbours(axes: readonly number[]): { first: number; last: number }[] {
  const groups: { first: number; last: number }[] = [];
  for (const axis of axes) {
    const group = groups.at(-1);
    if (group && axis === group.last + 1) group.last = axis;
    else groups.push({ first: axis, last: axis });
  }
  return groups;
}

export const sum = (x: Tensor, axes?: Axes, keepDims = false): Tensor => reduce('sum', 'sum', x, axes, keepDims);

/** The largest; equal ones share the gradient. */
export const max = (x: Tensor, axes?: Axes, keepDims = false): Tensor => reduce('max', 'max', x, axes, keepDims);

/** The smallest; equal ones share the gradient. */
export const min = (x: Tensor, axes?: Axes, keepDims = false): Tensor => reduce('min', 'min', x, axes, keepDims);

/** The arithmetic mean. */
export function mean(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  return composite([x], () => {
    const total = sum(x, axes, keepDims);
    return div(total, x.size / total.size);
  });
}

/** The mean squared distance from the mean: the biased variance, divided by n. */
export function variance(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  return composite([x], () => mean(square(sub(x, mean(x, axes, true))), axes, keepDims));
}

/** log of the sum of e^x, stable for large x. */
export function logSumExp(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  checkDType('logSumExp', 'x', x);
  return composite([x], () => {
    const largest = noGrad(() => max(x, axes, true));
    const result = add(log(sum(exp(sub(x, largest)), axes, true)), largest);
    return keepDims
      ? result
      : reshape(
          result,
          result.shape.filter((_, axis) => !normalizeAxes('logSumExp', axes, x.rank).includes(axis)),
        );
  });
}

/** The position of the first largest element along an axis, as int32. It has no gradient. */
export function argMax(x: Tensor, axis = -1, keepDims = false): Tensor {
  checkDType('argMax', 'x', x);
  const along = normalizeAxis('argMax', axis, x.rank);
  const view = {
    outer: sizeOf(x.shape.slice(0, along)),
    length: at(x.shape, along),
    inner: sizeOf(x.shape.slice(along + 1)),
  };
  const shape = keepDims ? x.shape.with(along, 1) : x.shape.toSpliced(along, 1);
  return run('reduce', [x], { fn: 'argMax', ...view }, shape, 'int32');
}
