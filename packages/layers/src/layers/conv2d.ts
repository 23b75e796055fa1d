/** @file The convolution layer. */
import { checkInteger, conv2d, type Random, type Shape, type Tensor, type Window2d } from '@fer/core';
import { activated, checkActivation } from '../activations.ts';
import { type ActivatedOptions, WindowedLayer } from './activated.ts';
import { type OptionsOf, weightOptions } from './weights.ts';
import { type WindowLayerOptions, windowOn, windowOptions } from './window.ts';

/** The kernel starts as 'glorotUniform' and the bias as 'zeros', unless others are given. */
export interface Conv2DOptions extends ActivatedOptions, WindowLayerOptions, OptionsOf<'kernel'> {
  /** Output channels. */
  readonly filters: number;
}

/** 2-D convolution. Input [H, W, in]; weights kernel [kh, kw, in, filters] and bias [filters]. */
export class Conv2D extends WindowedLayer<Conv2DOptions> {
  readonly className = 'Conv2D';

  /** @throws ArgumentError */
  constructor(options: Conv2DOptions) {
    super(options);
    checkInteger(this.label, 'filters', options.filters, 1);
    checkActivation(this.label, options.activation ?? 'linear');
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { filters } = this.options;
    const { kernelHeight, kernelWidth, inChannels } = this.window(inputShape);
    const shape = [kernelHeight, kernelWidth, inChannels, filters];
    this.addWeight('kernel', shape, random, weightOptions('kernel', this.options, 'glorotUniform'));
    this.addBias(filters, random);
  }

  override forward(x: Tensor): Tensor {
    const kernel = this.weight('kernel');
    const { bias } = this;
    return activated(this.options.activation, [x, kernel, bias], (activation) =>
      conv2d(x, kernel, Object.assign(windowOptions(this.options), { bias, activation })),
    );
  }

  override macs(inputShape: Shape): number {
    const { kernelHeight, kernelWidth, inChannels, outHeight, outWidth, outChannels } = this.window(inputShape);
    return outHeight * outWidth * kernelHeight * kernelWidth * inChannels * outChannels;
  }

  protected override window(inputShape: Shape): Window2d {
    return windowOn(this.label, inputShape, this.options, this.options.filters);
  }
}
