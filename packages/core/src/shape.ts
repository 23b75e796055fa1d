/** @file Shapes: sizes, row-major strides, broadcasting and axes. */
import { ArgumentError, ShapeError } from './errors.ts';

/** Sizes of a tensor, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `[8,48,48,1]`: how shapes are written in messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = at(strides, axis + 1) * at(shape, axis + 1);
  return strides;
}

/** The size of one axis, which must exist. */
export function at(shape: Shape, axis: number): number {
  const size = shape[axis < 0 ? axis + shape.length : axis];
  if (size === undefined) throw new ShapeError('shape', `axis ${axis} does not exist in ${formatShape(shape)}`);
  return size;
}

/** Elements that a tensor can have: 4 GiB, all that WebAssembly can address. */
const MAX_SIZE = 2 ** 30;

/** Throws unless every size is a positive integer. Tensors without elements are refused. */
export function checkShape(operator: string, shape: Shape): void {
  if (!Array.isArray(shape))
    throw new ShapeError(operator, `shape must be an array of positive integers but is ${shape}`);
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 1) {
      throw new ShapeError(operator, `shape must hold positive integers but is ${formatShape(shape)}`);
    }
  }
  if (sizeOf(shape) > MAX_SIZE)
    throw new ShapeError(
      operator,
      `${formatShape(shape)} has more elements than the ${MAX_SIZE} of the largest tensor`,
    );
}

/** The common shape of `a` and `b` under NumPy's broadcasting rules. */
export function broadcastShapes(operator: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new ShapeError(
        operator,
        `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast (axis ${axis}: ${sizeA} and ${sizeB})`,
      );
    }
    return Math.max(sizeA, sizeB);
  });
}

/** A shape as [outer, length, inner] around an axis, or around all from the first to the last. */
export function aroundAxis(
  shape: Shape,
  first: number,
  last = first,
): { outer: number; length: number; inner: number } {
  return {
    outer: sizeOf(shape.slice(0, first)),
    length: sizeOf(shape.slice(first, last + 1)),
    inner: sizeOf(shape.slice(last + 1)),
  };
}

/** One axis, counted from the end when negative, as an index from the front. */
export function normalizeAxis(operator: string, axis: number, rank: number): number {
  if (rank === 0) throw new ArgumentError(operator, `a scalar has no axis, but axis is ${axis}`);
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ArgumentError(operator, `axis must be an integer from ${-rank} to ${rank - 1} but is ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Axes in ascending order; `undefined` means all of them. Throws on a repeated axis. */
export function normalizeAxes(operator: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const normalized = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(operator, axis, rank));
  if (new Set(normalized).size !== normalized.length)
    throw new ArgumentError(operator, `axes [${axes}] name an axis twice`);
  return normalized.sort((a, b) => a - b);
}
