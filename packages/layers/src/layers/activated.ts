/** @file What layers of a kernel have in common: a bias, and an activation. */
import type { Parameter, Random, Shape, Tensor, Window2d } from '@fer/core';
import type { ActivationName } from '../activations.ts';
import { Layer, type LayerOptions } from '../layer.ts';
import { type OptionsOf, weightOptions } from './weights.ts';

export interface ActivatedOptions extends LayerOptions, OptionsOf<'bias'> {
  /** Of the result; 'linear' unless given. */
  readonly activation?: ActivationName;
  /** true unless given. */
  readonly useBias?: boolean;
}

export abstract class ActivatedLayer<O extends ActivatedOptions> extends Layer<Tensor, O> {
  /** None if the options say so. */
  protected get bias(): Parameter | undefined {
    return this.options.useBias === false ? undefined : this.weight('bias');
  }

  /** The last weight, if there is to be one. */
  protected addBias(outputs: number, random: Random): void {
    const { useBias = true } = this.options;
    if (useBias) this.addWeight('bias', [outputs], random, weightOptions<'bias'>('bias', this.options, 'zeros'));
  }
}

/** A window that slides over images [H, W, C]. */
export abstract class WindowedLayer<O extends ActivatedOptions> extends ActivatedLayer<O> {
  /** How it does. @throws ShapeError if it does not fit */
  protected abstract window(inputShape: Shape): Window2d;

  override outputShape(inputShape: Shape): Shape {
    const { outHeight, outWidth, outChannels } = this.window(inputShape);
    return [outHeight, outWidth, outChannels];
  }
}
