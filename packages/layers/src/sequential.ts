/** @file Models that are a chain of layers. */
import type { Shape } from '@fer/core';
import { Model } from './model.ts';
import { type Applicable, input } from './symbolic.ts';

export interface SequentialOptions {
  /** Of one example, such as [48, 48, 1]. */
  readonly inputShape: Shape;
  readonly name?: string;
  /** Of the generator that the weights are drawn from; 0 unless given. */
  readonly seed?: number;
}

/** Layers, blocks and models one after the other. */
export class Sequential extends Model {
  constructor(layers: readonly Applicable[], { inputShape, ...options }: SequentialOptions) {
    const x = input(inputShape);
    super({ input: x, output: x.pipe(...layers), ...options });
  }
}
