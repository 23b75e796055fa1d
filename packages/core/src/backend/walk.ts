/** @file Walks through operands in the order of a result: what broadcasting, transposing and slicing have in common. */
import { BackendError } from '../errors.ts';
import { at, type Shape, stridesOf } from '../shape.ts';

/** The steps through an operand of `from` that visits it in the order of a result of `to`: 0 where it repeats. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const added = to.length - from.length;
  return to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : (strides[axis - added] ?? 0)));
}

/** How an operand is visited in the order of a result: its steps along the result's axes, from an offset on. */
export interface Steps {
  readonly strides: readonly number[];
  readonly offset?: number;
}

/** Of an operand whose axes the result has in another order. */
export function transposedSteps(from: Shape, permutation: readonly number[]): Steps {
  const strides = stridesOf(from);
  return { strides: permutation.map((axis) => at(strides, axis)) };
}

/** Of an operand, from one of its positions on. */
export function slicedSteps(from: Shape, begin: readonly number[]): Steps {
  const strides = stridesOf(from);
  return { strides, offset: begin.reduce((sum, index, axis) => sum + index * at(strides, axis), 0) };
}

/** Of an operand that is reversed along some axes. */
export function flippedSteps(from: Shape, axes: readonly number[]): Steps {
  const last = from.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
  const { strides, offset = 0 } = slicedSteps(from, last);
  return { strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)), offset };
}

/** A walk: the sizes of its axes, and each operand's steps along them. */
export interface Walk {
  readonly sizes: number[];
  readonly strides: number[][];
}

/** The same walk over as few axes as can be: without axes of size 1, and with neighbours that every operand steps through evenly as one. */
export function mergeAxes(shape: Shape, strides: readonly (readonly number[])[]): Walk {
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
  return {
    sizes: axes.map(({ size }) => size),
    strides: strides.map((_, i) => axes.map(({ steps }) => steps[i] ?? 0)),
  };
}

/** @throws BackendError if a walk has too many axes for a kernel, in the name of its operator */
export function checkAxes(operator: string, { sizes }: Walk, most: number): void {
  if (sizes.length > most)
    throw new BackendError(operator, `tensors with more than ${most} independent axes are not supported`);
}

/** A walk over exactly `rank` axes, those in front of size 1. */
export function fillAxes({ sizes, strides }: Walk, rank: number): Walk {
  const missing = rank - sizes.length;
  const fill = (value: number) => new Array<number>(missing).fill(value);
  return { sizes: [...fill(1), ...sizes], strides: strides.map((steps) => [...fill(0), ...steps]) };
}
