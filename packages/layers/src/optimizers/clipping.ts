/** @file Gradient clipping, as Keras has it. */
import {
  add,
  clip,
  div,
  maximum,
  mul,
  noGrad,
  type Parameter,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tidy,
} from '@fer/core';

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
    replaceGradients(weights, (gradient) => mul(gradient, factorTo(clipNorm, [gradient], clipNorm)));
  if (globalClipNorm !== undefined)
    noGrad(() =>
      tidy(() => {
        const gradients = weights.map(({ grad }) => grad as Tensor);
        const factor = factorTo(globalClipNorm, gradients, globalClipNorm);
        replaceGradients(weights, (gradient) => mul(gradient, factor));
      }),
    );
}

/**
 * What brings all elements, as one vector, to a length: length / norm, a scalar. Norms below `least` count as that. If the norm
 * overflows, it is NaN as in Keras: a factor of 0 would let training stand still in silence.
 */
export function factorTo(length: number, gradients: readonly Tensor[], least: number): Tensor {
  const norm = sqrt(gradients.map((gradient) => sum(square(gradient))).reduce(add));
  return add(div(length, maximum(norm, least)), sub(norm, norm));
}

function replaceGradients(weights: readonly Parameter[], clipped: (gradient: Tensor) => Tensor): void {
  for (const weight of weights) weight.setGrad(noGrad(() => tidy(() => clipped(weight.grad as Tensor))));
}
