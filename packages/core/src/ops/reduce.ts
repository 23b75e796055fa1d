/** @file Reductions over any axes: all of them unless given. With keepDims they stay, with size 1. */
import { composite, noGrad, run, view } from '../autograd/tape.ts';
import type { Reduction } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import { MAX_INTEGER } from '../integers.ts';
import { aroundAxis, at, formatShape, normalizeAxes, normalizeAxis } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { checkDType } from './check.ts';
import { add, clip, div, exp, log, square, sub } from './elementwise.ts';
import { transpose } from './shape.ts';

export type Axes = number | readonly number[];

/** Reduces one group of neighbouring axes after another, the last first. @param operator What errors name. */
function reduce(fn: Reduction, x: Tensor, axes: Axes | undefined, keepDims: boolean, operator: string = fn): Tensor {
  checkDType(operator, 'x', x);
  const reduced = normalizeAxes(operator, axes, x.rank);
  return composite([x], () => {
    const groups = neighbours(reduced);
    // one group, of which the largest share the gradient
    if (fn !== 'sum' && groups.length > 1) return reduceTogether(fn, x, reduced, keepDims, operator);
    let partial = x;
    for (const { first, last } of groups.reverse()) {
      const shape = partial.shape.map((size, axis) => (axis >= first && axis <= last ? 1 : size));
      partial = run('reduce', [partial], { fn, ...aroundAxis(partial.shape, first, last) }, shape);
    }
    return keepDims ? view(partial, partial.shape) : without(partial, reduced);
  });
}

function reduceTogether(
  fn: Reduction,
  x: Tensor,
  axes: readonly number[],
  keepDims: boolean,
  operator: string,
): Tensor {
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const last = axes.map((_, i) => kept.length + i);
  const result = reduce(fn, transpose(x, [...kept, ...axes]), last, false, operator);
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return keepDims ? view(result, shape) : result;
}

/** Without these axes, whose sizes are 1. */
function without(x: Tensor, axes: readonly number[]): Tensor {
  return view(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
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

/** The sum of the elements. @throws DTypeError, ArgumentError for axes that do not exist */
export const sum = (x: Tensor, axes?: Axes, keepDims = false): Tensor => reduce('sum', x, axes, keepDims);

/** The largest; equal ones share the gradient. @throws DTypeError, ArgumentError for axes that do not exist */
export const max = (x: Tensor, axes?: Axes, keepDims = false): Tensor => reduce('max', x, axes, keepDims);

/** The smallest; equal ones share the gradient. @throws DTypeError, ArgumentError for axes that do not exist */
export const min = (x: Tensor, axes?: Axes, keepDims = false): Tensor => reduce('min', x, axes, keepDims);

/** The arithmetic mean. @throws DTypeError, ArgumentError for axes that do not exist */
export const mean = (x: Tensor, axes?: Axes, keepDims = false): Tensor => average('mean', x, axes, keepDims);

function average(operator: string, x: Tensor, axes: Axes | undefined, keepDims: boolean): Tensor {
  return composite([x], () => {
    const total = reduce('sum', x, axes, keepDims, operator);
    return div(total, x.size / total.size);
  });
}

/**
 * The mean squared distance from the mean: the biased variance, divided by n.
 * @throws DTypeError, ArgumentError for axes that do not exist
 */
export function variance(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  return composite([x], () => {
    const distances = sub(x, average('variance', x, axes, true));
    return average('variance', square(distances), axes, keepDims);
  });
}

/** Of float32. */
export const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/**
 * log of the sum of e^x, stable for large x. -Infinity where all elements are, Infinity where one is.
 * @throws DTypeError, ArgumentError for axes that do not exist
 */
export function logSumExp(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  checkDType('logSumExp', 'x', x);
  const reduced = normalizeAxes('logSumExp', axes, x.rank);
  return composite([x], () => {
    const largest = noGrad(() => max(x, reduced, true));
    // finite, as the difference of infinite numbers would be NaN
    const shift = noGrad(() => clip(largest, -LARGEST, LARGEST));
    const result = add(log(sum(exp(sub(x, shift)), reduced, true)), largest);
    return keepDims ? result : without(result, reduced);
  });
}

/**
 * The position of the first largest element along an axis, as int32. It has no gradient.
 * @throws DTypeError, ArgumentError for an axis that does not exist, ShapeError for one longer than the 2^24 that int32 counts
 */
export function argMax(x: Tensor, axis = -1, keepDims = false): Tensor {
  checkDType('argMax', 'x', x);
  const along = normalizeAxis('argMax', axis, x.rank);
  if (at(x.shape, along) > MAX_INTEGER)
    throw new ShapeError('argMax', `axis ${along} of ${formatShape(x.shape)} is longer than ${MAX_INTEGER}`);
  const shape = keepDims ? x.shape.with(along, 1) : x.shape.toSpliced(along, 1);
  return run('reduce', [x], { fn: 'argMax', ...aroundAxis(x.shape, along) }, shape, 'int32');
}
