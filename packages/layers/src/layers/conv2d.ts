/** @file The convolution layer. */
import { conv2d, type Random, type Shape, type Tensor, type Window2d } from '@fer/core';
import { type ActivationName, inKernel } from '../activations.ts';
import type { Constraint } from '../constraints.ts';
import type { Initializer } from '../initializers.ts';
import { Layer, type LayerOptions } from '../layer.ts';
import type { Regularizer } from '../regularizers.ts';
import { type WindowLayerOptions, windowOn, windowOptions } from './window.ts';

export interface Conv2DOptions extends LayerOptions, WindowLayerOptions {
  /** Output channels. */
  readonly filters: number;
  readonly activation?: ActivationName;
  /** true unless given. */
  readonly useBias?: boolean;
  /** 'glorotUniform' unless given. */
  readonly kernelInitializer?: Initializer;
  /** 'zeros' unless given. */
  readonly biasInitializer?: Initializer;
  readonly kernelRegularizer?: Regularizer;
  readonly biasRegularizer?: Regularizer;
  readonly kernelConstraint?: Constraint;
  readonly biasConstraint?: Constraint;
}

/** 2-D convolution. Input [H, W, in]; weights kernel [kh, kw, in, filters] and bias [filters]. */
export class Conv2D extends Layer<Tensor, Conv2DOptions> {
  readonly className = 'Conv2D';

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { filters, useBias = true } = this.options;
    const { kernelHeight, kernelWidth, inChannels } = this.#window(inputShape);
    this.addWeight('kernel', [kernelHeight, kernelWidth, inChannels, filters], random, {
      initializer: this.options.kernelInitializer ?? 'glorotUniform',
      regularizer: this.options.kernelRegularizer,
      constraint: this.options.kernelConstraint,
    });
    if (!useBias) return;
    this.addWeight('bias', [filters], random, {
      initializer: this.options.biasInitializer ?? 'zeros',
      regularizer: this.options.biasRegularizer,
      constraint: this.options.biasConstraint,
    });
  }

  override forward(x: Tensor): Tensor {
    const { fused, rest } = inKernel(this.options.activation);
    const bias = this.options.useBias === false ? undefined : this.weight('bias');
    return rest(conv2d(x, this.weight('kernel'), { ...windowOptions(this.options), bias, activation: fused }));
  }

  override outputShape(inputShape: Shape): Shape {
    const { outHeight, outWidth, outChannels } = this.#window(inputShape);
    return [outHeight, outWidth, outChannels];
  }

  override macs(inputShape: Shape): number {
    const { kernelHeight, kernelWidth, inChannels, outHeight, outWidth, outChannels } = this.#window(inputShape);
    return outHeight * outWidth * kernelHeight * kernelWidth * inChannels * outChannels;
  }

  #window(inputShape: Shape): Window2d {
    return windowOn(this.label, inputShape, this.options, this.options.filters);
  }
}
