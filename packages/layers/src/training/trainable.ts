/** @file What of a model is trained at the moment: callbacks may freeze and unfreeze. */
import type { Model } from '../model.ts';

export interface Trainable {
  /** Of each layer. */
  readonly layers: readonly boolean[];
  /** Of each weight. */
  readonly weights: readonly boolean[];
}

export function trainableOf({ layers, weights }: Model): Trainable {
  return {
    layers: layers.map(({ trainable }) => trainable),
    weights: [...weights.values()].map(({ trainable }) => trainable),
  };
}

/** Of a model with the same layers. */
export function setTrainable(model: Model, { layers, weights }: Trainable): void {
  for (const [i, layer] of model.layers.entries()) layer.trainable = layers[i] as boolean;
  // after the layers, which set their weights'
  for (const [i, weight] of [...model.weights.values()].entries()) weight.trainable = weights[i] as boolean;
}
