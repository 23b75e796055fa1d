/**
 * @file Sharpness-aware minimisation (Foret et al. 2021): a step takes the gradients at the weights nearby where the loss is
 * highest, and so leads to where it is low all around.
 */
import { add, mul, noGrad, type Parameter, reshape, type Tensor, tidy } from '@fer/core';
import { factorTo } from '../optimizers/clipping.ts';

/** For gradients that are all 0. */
const SMALLEST_NORM = 1e-12;

/**
 * Moves the weights uphill, by the radius, along their gradients as one vector, and clears these.
 * @returns what takes the weights back, and statistics to what they are now
 */
export function climb(weights: Iterable<Parameter>, radius: number): () => void {
  const all = [...weights];
  const before = noGrad(() => all.map((weight) => reshape(weight, weight.shape)));
  const moved = all.filter(({ grad }) => grad);
  const goBack = () => {
    for (const [i, weight] of all.entries()) {
      using value = before[i] as Tensor;
      weight.assign(value);
    }
  };
  try {
    noGrad(() => tidy(() => move(moved, radius)));
  } catch (error) {
    goBack();
    throw error;
  }
  return goBack;
}

function move(weights: readonly Parameter[], radius: number): void {
  const gradients = weights.map(({ grad }) => grad as Tensor);
  const factor = factorTo(radius, gradients, SMALLEST_NORM);
  for (const weight of weights) {
    weight.assign(add(weight, mul(weight.grad as Tensor, factor)));
    weight.zeroGrad();
  }
}
