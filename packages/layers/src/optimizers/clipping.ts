/** @file Gradient clipping, as Keras has it. */
import { add, clip, div, maximum, mul, noGrad, type Parameter, sqrt, square, sum, type Tensor, tidy } from '@fer/core';

/** How long gradients may be. Of several limits the elements' comes first, the global one last. */
export interface Clipping {
  /** Of each element's magnitude. */
  readonly clipValue?: number;
  /** Of each weight's gradient: longer ones are scaled down. */
  readonly clipNorm?: number;
  /** Of all gradients as one vector (Pascanu et al. 2013). */
  readonly globalClipNorm?: number;
}

/** Replaces the weights' gradients by clipped ones. No figure is read back. */
export function clipGradients(weights: readonly Parameter[], { clipValue, clipNorm, globalClipNorm }: Clipping): void {
  if (clipValue !== undefined) replaceGradients(weights, (gradient) => clip(gradient, -clipValue, clipValue));
  if (clipNorm !== undefined)
    replaceGradients(weights, (gradient) => mul(gradient, scale(normOf([gradient]), clipNorm)));
  if (globalClipNorm !== undefined)
    noGrad(() =>
      tidy(() => {
        const factor = scale(normOf(weights.map(({ grad }) => grad as Tensor)), globalClipNorm);
        replaceGradients(weights, (gradient) => mul(gradient, factor));
      }),
    );
}

/** The Euclidean norm of all elements as one vector, a scalar. */
export function normOf(gradients: readonly Tensor[]): Tensor {
  return sqrt(gradients.map((gradient) => sum(square(gradient))).reduce(add));
}

/** limit / norm, or 1 for what is short enough. */
function scale(norm: Tensor, limit: number): Tensor {
  return div(limit, maximum(norm, limit));
}

function replaceGradients(weights: readonly Parameter[], clipped: (gradient: Tensor) => Tensor): void {
  for (const weight of weights) weight.setGrad(noGrad(() => tidy(() => clipped(weight.grad as Tensor))));
}
