/** @file Operators that move elements without changing them. They take tensors of any type. */
import { composite, run, view } from '../autograd/tape.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { INTEGERS, isInt32 } from '../integers.ts';
import {
  aroundAxis,
  at,
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
} from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { arePairs, checkDType, checkFinite, checkInteger, checkTensor } from './check.ts';

/**
 * The same elements in another shape; costs nothing, for the buffer is shared.
 * @param shape One size may be -1: what remains.
 * @throws ShapeError
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', 'x', x);
  const target = completeShape(x, shape);
  checkShape('reshape', target);
  if (sizeOf(target) !== x.size) {
    throw new ShapeError(
      'reshape',
      `cannot see the ${x.size} elements of ${formatShape(x.shape)} as ${formatShape(shape)}`,
    );
  }
  return view(x, target);
}

function completeShape(x: Tensor, shape: Shape): Shape {
  const open = shape.filter((size) => size === -1).length;
  if (open === 0) return [...shape]; // the caller's may change
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (open > 1 || x.size % known !== 0) {
    throw new ShapeError(
      'reshape',
      `cannot complete ${formatShape(shape)} for the ${x.size} elements of ${formatShape(x.shape)}`,
    );
  }
  return shape.map((size) => (size === -1 ? x.size / known : size));
}

/**
 * The axes in another order; in reverse unless a permutation is given.
 * @throws ArgumentError, BackendError for too many
 */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  checkTensor('transpose', 'x', x);
  const order = permutation ?? x.shape.map((_, axis) => x.rank - 1 - axis);
  const axes = order.map((axis) => normalizeAxis('transpose', axis, x.rank));
  if (axes.length !== x.rank || new Set(axes).size !== x.rank) {
    throw new ArgumentError(
      'transpose',
      `[${order}] is no permutation of the ${x.rank} axes of ${formatShape(x.shape)}`,
    );
  }
  const shape = axes.map((axis) => at(x.shape, axis));
  return run('transpose', [x], { permutation: axes }, shape, x.dtype);
}

/** With an axis of size 1 before the given one; -1 adds it at the end. @throws ArgumentError */
export function expandDims(x: Tensor, axis: number): Tensor {
  checkTensor('expandDims', 'x', x);
  const position = normalizeAxis('expandDims', axis, x.rank + 1);
  return view(x, x.shape.toSpliced(position, 0, 1));
}

/**
 * Without the given axes, which must have size 1; without all such axes if none are given.
 * @throws ShapeError, ArgumentError
 */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor('squeeze', 'x', x);
  const ones = x.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  const removed = axes === undefined ? ones : normalizeAxes('squeeze', axes, x.rank);
  for (const axis of removed) {
    if (x.shape[axis] !== 1)
      throw new ShapeError('squeeze', `axis ${axis} of ${formatShape(x.shape)} has size ${x.shape[axis]}, not 1`);
  }
  return view(
    x,
    x.shape.filter((_, axis) => !removed.includes(axis)),
  );
}

/**
 * x repeated along axes of size 1, and along new axes before the first, as NumPy's broadcasting has it.
 * @throws ShapeError
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('broadcastTo', 'x', x);
  checkShape('broadcastTo', shape);
  if (!sameShape(broadcastShapes('broadcastTo', x.shape, shape), shape)) {
    throw new ShapeError('broadcastTo', `${formatShape(x.shape)} does not broadcast to ${formatShape(shape)}`);
  }
  return run('broadcastTo', [x], {}, [...shape], x.dtype);
}

/** Tensors of one type, joined along an axis; their other axes agree. @throws ShapeError, DTypeError, ArgumentError */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first, ...others] = tensors;
  checkTensor('concat', 'tensors[0]', first);
  const along = normalizeAxis('concat', axis, first.rank);
  others.forEach((tensor, i) => {
    checkTensor('concat', `tensors[${i + 1}]`, tensor);
    if (tensor.dtype !== first.dtype)
      throw new DTypeError('concat', `tensors[${i + 1}] must be ${first.dtype} but is ${tensor.dtype}`);
    if (!sameShape(tensor.shape.toSpliced(along, 1), first.shape.toSpliced(along, 1)) || tensor.rank !== first.rank) {
      throw new ShapeError(
        'concat',
        `tensors[${i + 1}] ${formatShape(tensor.shape)} does not fit ${formatShape(first.shape)} along axis ${along}`,
      );
    }
  });
  const length = tensors.reduce((sum, { shape }) => sum + at(shape, along), 0);
  return run('concat', [...tensors], { axis: along }, first.shape.with(along, length), first.dtype);
}

/** Tensors of one shape and type, joined along a new axis. @throws ShapeError, DTypeError, ArgumentError */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  checkTensor('stack', 'tensors[0]', tensors[0]);
  const position = normalizeAxis('stack', axis, tensors[0].rank + 1);
  const { shape, dtype } = tensors[0];
  tensors.forEach((tensor, i) => {
    checkTensor('stack', `tensors[${i}]`, tensor);
    if (tensor.dtype !== dtype)
      throw new DTypeError('stack', `tensors[${i}] must be ${dtype}, as the first, but is ${tensor.dtype}`);
    if (!sameShape(tensor.shape, shape))
      throw new ShapeError(
        'stack',
        `tensors[${i}] must be ${formatShape(shape)}, as the first, but is ${formatShape(tensor.shape)}`,
      );
  });
  return composite(tensors, () =>
    concat(
      tensors.map((tensor) => expandDims(tensor, position)),
      position,
    ),
  );
}

/** The block that starts at `begin`; a size of -1 reaches to the end. @throws ShapeError if it leaves x */
export function slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  checkTensor('slice', 'x', x);
  if (begin.length !== x.rank || size.length !== x.rank) {
    throw new ShapeError(
      'slice',
      `begin [${begin}] and size [${size}] must have ${x.rank} entries for ${formatShape(x.shape)}`,
    );
  }
  const shape = size.map((length, axis) => (length === -1 ? at(x.shape, axis) - (begin[axis] as number) : length));
  shape.forEach((length, axis) => {
    const start = begin[axis] as number;
    if (
      !Number.isInteger(start) ||
      !Number.isInteger(length) ||
      start < 0 ||
      length < 1 ||
      start + length > at(x.shape, axis)
    ) {
      throw new ShapeError('slice', `begin ${start} and size ${length} leave axis ${axis} of ${formatShape(x.shape)}`);
    }
  });
  // a copy, as the tape keeps it
  return run('slice', [x], { begin: [...begin] }, shape, x.dtype);
}

/**
 * Pieces along an axis: as many equal ones, or pieces of these sizes.
 * @throws ArgumentError if they do not fill the axis
 */
export function split(x: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  checkTensor('split', 'x', x);
  const along = normalizeAxis('split', axis, x.rank);
  const length = at(x.shape, along);
  const sizes = typeof parts === 'number' ? equalSizes(length, parts) : parts;
  if (
    sizes.length === 0 ||
    sizes.some((size) => !Number.isInteger(size) || size < 1) ||
    sizes.reduce((a, b) => a + b, 0) !== length
  ) {
    throw new ArgumentError(
      'split',
      `${typeof parts === 'number' ? `${parts} parts` : `sizes [${parts}]`} do not divide axis ${along} of ${formatShape(x.shape)}`,
    );
  }
  let start = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === along ? start : 0));
    start += size;
    return slice(x, begin, x.shape.with(along, size));
  });
}

/** None if there are too many. */
const equalSizes = (length: number, parts: number) =>
  parts <= length ? Array.from({ length: parts }, () => length / parts) : [];

/**
 * x within a border of `value`: [before, after] for each axis.
 * @throws ShapeError, ArgumentError, also for a value that an int32 x cannot hold
 */
export function pad(x: Tensor, paddings: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
  checkTensor('pad', 'x', x);
  if (!arePairs(paddings, x.rank)) {
    throw new ShapeError(
      'pad',
      `paddings must be ${x.rank} pairs [before,after] for ${formatShape(x.shape)} but are ${JSON.stringify(paddings)}`,
    );
  }
  for (const amount of paddings.flat()) checkInteger('pad', 'paddings', amount, 0);
  checkFinite('pad', 'value', value);
  if (x.dtype === 'int32' && !isInt32(value))
    throw new ArgumentError('pad', `value must be one of the ${INTEGERS} for an int32 x but is ${value}`);
  const shape = paddings.map(([before, after], axis) => before + at(x.shape, axis) + after);
  return run('pad', [x], { before: paddings.map(([before]) => before), value }, shape, x.dtype);
}

/** The elements in reverse order along the given axes. @throws ArgumentError */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  checkTensor('flip', 'x', x);
  return run('flip', [x], { axes: normalizeAxes('flip', axes, x.rank) }, x.shape, x.dtype);
}

/** x repeated as often along each axis. @throws ShapeError, ArgumentError */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  checkTensor('tile', 'x', x);
  if (repeats.length !== x.rank)
    throw new ShapeError('tile', `expected ${x.rank} repeats for ${formatShape(x.shape)} but got ${repeats.length}`);
  for (const count of repeats) checkInteger('tile', 'repeats', count, 1);
  return composite([x], () =>
    repeats.reduce(
      (partial, count, axis) => {
        if (count === 1) return partial;
        const { shape } = partial;
        const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
        const repeated = broadcastTo(reshape(partial, [outer, 1, inner]), [outer, count, inner]);
        return reshape(repeated, shape.with(axis, at(shape, axis) * count));
      },
      view(x, x.shape),
    ),
  );
}

/**
 * The entries of an axis that the indices name, in their order.
 * @param indices int32 of any shape, which takes the axis' place. An index outside the axis gives NaN, which cannot be
 * read from int32 tensors.
 * @throws DTypeError, ArgumentError
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  checkTensor('gather', 'x', x);
  checkDType('gather', 'indices', indices, 'int32');
  const along = normalizeAxis('gather', axis, x.rank);
  const shape = x.shape.toSpliced(along, 1, ...indices.shape);
  return run('gather', [x, indices], aroundAxis(x.shape, along), shape, x.dtype);
}
