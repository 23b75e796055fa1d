/** @file The depthwise convolution layer. */
import { checkInteger, depthwiseConv2d, type Random, type Shape, type Tensor, type Window2d } from '@fer/core';
import { activated, checkActivation } from '../activations.ts';
import { type ActivatedOptions, WindowedLayer } from './activated.ts';
import { type OptionsOf, weightOptions } from './weights.ts';
import { depthwiseWindowOn, type WindowLayerOptions, windowOptions } from './window.ts';

/** The kernel starts as 'glorotUniform' and the bias as 'zeros', unless others are given. */
export interface DepthwiseConv2DOptions extends ActivatedOptions, WindowLayerOptions, OptionsOf<'depthwise'> {
  /** Output channels for each input channel; 1 unless given. */
  readonly depthMultiplier?: number;
}

/**
 * 2-D convolution of each channel by itself. Input [H, W, in]; weights depthwise_kernel [kh, kw, in, multiplier] and
 * bias [in * multiplier].
 */
export class DepthwiseConv2D extends WindowedLayer<DepthwiseConv2DOptions> {
  readonly className = 'DepthwiseConv2D';

  /** @throws ArgumentError */
  constructor(options: DepthwiseConv2DOptions) {
    super(options);
    checkInteger(this.label, 'depthMultiplier', options.depthMultiplier ?? 1, 1);
    checkActivation(this.label, options.activation ?? 'linear');
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { depthMultiplier = 1 } = this.options;
    const { kernelHeight, kernelWidth, inChannels, outChannels } = this.window(inputShape);
    const shape = [kernelHeight, kernelWidth, inChannels, depthMultiplier];
    this.addWeight('depthwise_kernel', shape, random, weightOptions('depthwise', this.options, 'glorotUniform'));
    this.addBias(outChannels, random);
  }

  override forward(x: Tensor): Tensor {
    const kernel = this.weight('depthwise_kernel');
    const { bias } = this;
    return activated(this.options.activation, [x, kernel, bias], (activation) =>
      depthwiseConv2d(x, kernel, Object.assign(windowOptions(this.options), { bias, activation })),
    );
  }

  override macs(inputShape: Shape): number {
    const { kernelHeight, kernelWidth, outHeight, outWidth, outChannels } = this.window(inputShape);
    return outHeight * outWidth * kernelHeight * kernelWidth * outChannels;
  }

  protected override window(inputShape: Shape): Window2d {
    return depthwiseWindowOn(this.label, inputShape, this.options);
  }
}
