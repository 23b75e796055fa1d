/** @file Seeded inputs for tests. Each is drawn from the generator that a test case hands in, so equal shapes differ. */
import type { DType, Random } from '@fer/core';
import { build, countOf, type Dense, dense } from './reference/dense.ts';

/** Values that float32 holds exactly, so that the reference and the library start from the same numbers. */
export interface Input extends Dense {
  readonly dtype: DType;
  readonly differentiable: boolean;
}

export type Draw = (random: Random) => Input;

function float32(shape: readonly number[], element: () => number): Input {
  return { ...build(shape, () => Math.fround(element())), dtype: 'float32', differentiable: true };
}

export function uniform(shape: readonly number[], from = -2, to = 2): Draw {
  return (random) => float32(shape, () => random.uniform(from, to));
}

/** Uniform, but nowhere within `margin` of the places where a function has a kink or a pole. */
export function awayFrom(kinks: readonly number[], shape: readonly number[], from = -2, to = 2, margin = 0.05): Draw {
  return (random) =>
    float32(shape, () => {
      let value = random.uniform(from, to);
      while (kinks.some((kink) => Math.abs(value - kink) < margin)) value = random.uniform(from, to);
      return value;
    });
}

/** Evenly spaced values in a random order: no two are close, so the largest of any set is clear. */
export function distinct(shape: readonly number[], from = -2, to = 2): Draw {
  return (random) => {
    const count = countOf(shape);
    const order = random.shuffle(Array.from({ length: count }, (_, i) => i));
    return float32(shape, () => from + ((to - from) * (order.pop() as number)) / count);
  };
}

/** Integers from `from` up to but not including `to`. */
export function integers(shape: readonly number[], from: number, to: number, dtype: DType = 'int32'): Draw {
  return (random) => ({ ...build(shape, () => from + random.integer(to - from)), dtype, differentiable: false });
}

/** These very values. */
export function fixed(shape: readonly number[], values: readonly number[], dtype: DType = 'float32'): Draw {
  return () => ({ ...dense(shape, values.map(Math.fround)), dtype, differentiable: dtype === 'float32' });
}

/** The same without a gradient. */
export function constant(draw: Draw): Draw {
  return (random) => ({ ...draw(random), differentiable: false });
}
