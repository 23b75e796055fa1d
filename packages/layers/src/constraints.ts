/** @file What a weight is held to after each step, as in Keras. */
import {
  ArgumentError,
  type Axes,
  add,
  checkRange,
  clip,
  div,
  maximum,
  mul,
  type Parameter,
  sqrt,
  square,
  sum,
  type Tensor,
  tidy,
} from '@fer/core';
import { checkAtLeast, checkPositive } from './checks.ts';

/** Keras' constraints in camelCase; those that have options as objects. */
export type Constraint =
  | 'nonNegative'
  | 'unitNorm'
  | ({ readonly name: 'unitNorm' } & NormAxes)
  | ({ readonly name: 'maxNorm'; readonly maxValue: number } & NormAxes)
  | ({
      readonly name: 'minMaxNorm';
      readonly minValue: number;
      readonly maxValue: number;
      /** How much of the way to that interval a step goes; 1 unless given. */
      readonly rate?: number;
    } & NormAxes);

type Named<N extends string> = Extract<Constraint, { readonly name: N }>;

interface NormAxes {
  /**
   * Along which norms are taken. Unless given, all but the last, so that each output unit's incoming weights have one
   * norm; for a vector, axis 0. Depthwise kernels have an output for each of the last two axes: [0, 1].
   */
  readonly axis?: Axes;
}

/** Keras' backend.epsilon(): keeps norms of 0 from being divided by. */
const EPSILON = 1e-7;

/**
 * @param label Of the layer, for messages.
 * @param rank Of the weight.
 * @throws ArgumentError for a constraint that does not exist, no numbers, or axes that the weight does not have
 */
export function checkConstraint(label: string, constraint: Constraint | undefined, rank: number): void {
  if (constraint === undefined || constraint === 'nonNegative' || constraint === 'unitNorm') return;
  if (constraint.name === 'maxNorm') checkPositive(label, "maxNorm's maxValue", constraint.maxValue);
  else if (constraint.name === 'minMaxNorm') checkInterval(label, constraint);
  else if (constraint.name !== 'unitNorm')
    throw new ArgumentError(label, `there is no constraint ${JSON.stringify(constraint)}`);
  checkAxes(label, constraint, rank);
}

function checkAxes(label: string, { name, axis = [] }: Exclude<Constraint, string>, rank: number): void {
  const axes = [axis].flat();
  const places = new Set(axes.map((each) => (each < 0 ? each + rank : each)));
  const areThere = [...places].every((each) => Number.isInteger(each) && each >= 0 && each < rank);
  if (!areThere || places.size < axes.length)
    throw new ArgumentError(label, `${name}'s axis must be of the ${rank} of its weight, each once, but is [${axes}]`);
}

function checkInterval(label: string, { minValue, maxValue, rate = 1 }: Named<'minMaxNorm'>): void {
  checkAtLeast(label, "minMaxNorm's minValue", minValue, 0);
  checkAtLeast(label, "minMaxNorm's maxValue", maxValue, minValue);
  checkRange(label, "minMaxNorm's rate", rate, 0, 1);
}

/** The nearest weight that keeps the constraint. The caller disposes it. */
export function constrained(constraint: Constraint, weight: Parameter): Tensor {
  if (constraint === 'nonNegative') return maximum(weight, 0);
  const options = constraint === 'unitNorm' ? { name: constraint } : constraint;
  return tidy(() => {
    const norms = sqrt(sum(square(weight), options.axis ?? incomingAxes(weight), true));
    return mul(weight, div(desired(options, norms), add(norms, EPSILON)));
  });
}

function incomingAxes({ rank }: Parameter): number[] {
  return Array.from({ length: Math.max(1, rank - 1) }, (_, axis) => axis);
}

function desired(constraint: Exclude<Constraint, string>, norms: Tensor): Tensor | number {
  switch (constraint.name) {
    case 'unitNorm':
      return 1;
    case 'maxNorm':
      return clip(norms, 0, constraint.maxValue);
    case 'minMaxNorm': {
      const { minValue, maxValue, rate = 1 } = constraint;
      return add(mul(clip(norms, minValue, maxValue), rate), mul(norms, 1 - rate));
    }
  }
}
