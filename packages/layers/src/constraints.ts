/** @file What a weight is held to after each step, as in Keras. */
import { add, clip, div, maximum, mul, type Parameter, sqrt, square, sum, type Tensor, tidy } from '@fer/core';

/** Norms are those of each output unit's incoming weights: over all axes but the last. */
export type Constraint =
  | 'nonNegative'
  | 'unitNorm'
  | { readonly name: 'maxNorm'; readonly maximum: number }
  | { readonly name: 'minMaxNorm'; readonly minimum: number; readonly maximum: number; readonly rate?: number };

const EPSILON = 1e-7;

/** The nearest weight that keeps the constraint. The caller disposes it. */
export function constrained(constraint: Constraint, weight: Parameter): Tensor {
  return tidy(() => {
    if (constraint === 'nonNegative') return maximum(weight, 0);
    const axes = weight.shape.slice(0, -1).map((_, axis) => axis);
    const norms = sqrt(sum(square(weight), axes, true));
    return mul(weight, div(desiredNorms(constraint, norms), add(norms, EPSILON)));
  });
}

function desiredNorms(constraint: Exclude<Constraint, 'nonNegative'>, norms: Tensor): Tensor | number {
  if (constraint === 'unitNorm') return 1;
  if (constraint.name === 'maxNorm') return clip(norms, 0, constraint.maximum);
  const { minimum, maximum, rate = 1 } = constraint;
  return add(mul(clip(norms, minimum, maximum), rate), mul(norms, 1 - rate));
}
