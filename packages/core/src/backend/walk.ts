/** @file Walks through operands in the order of a result: what broadcasting, transposing and slicing have in common. */
import { BackendError } from '../errors.ts';
import { type Shape, stridesOf } from '../shape.ts';

/** The steps through an operand of `from` that visits it in the order of a result of `to`: 0 where it repeats. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const added = to.length - from.length;
  return to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : (strides[axis - added] ?? 0)));
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

/** A walk over exactly `rank` axes, those in front of size 1. */
export function fillAxes({ sizes, strides }: Walk, rank: number): Walk {
  const missing = rank - sizes.length;
  if (missing < 0)
    throw new BackendError('backend', `tensors with more than ${rank} independent axes are not supported`);
  const fill = (value: number) => new Array<number>(missing).fill(value);
  return { sizes: [...fill(1), ...sizes], strides: strides.map((steps) => [...fill(0), ...steps]) };
}
