/** @file What tests of models share. */
import { Random, randomUniform } from '@fer/core';
import type { AnyLayer } from '@fer/layers';

/** Draws all weights anew, statistics included: those of new batch normalisations are 0 and 1. */
export function randomizeWeights(layer: AnyLayer, seed = 1): void {
  const random = new Random(seed);
  for (const [name, weight] of layer.weights) {
    const isScale = /gamma$|variance$/.test(name);
    using value = randomUniform(weight.shape, random, isScale ? 0.5 : -0.5, isScale ? 1.5 : 0.5);
    weight.assign(value);
  }
}
