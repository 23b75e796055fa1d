/** @file The depthwise convolution layer. */
import { checkInteger, depthwiseConv2d, type Random, type Shape, type Tensor, type Window2d } from '@fer/core';
import { type ActivationName, activated, checkActivation } from '../activations.ts';
import { Layer, type LayerOptions } from '../layer.ts';
import { type OptionsOf, weightOptions } from './weights.ts';
import { imageShape, type WindowLayerOptions, windowOn, windowOptions } from './window.ts';

/** The kernel starts as 'glorotUniform' and the bias as 'zeros', unless others are given. */
export interface DepthwiseConv2DOptions
  extends LayerOptions,
    WindowLayerOptions,
    OptionsOf<'depthwise'>,
    OptionsOf<'bias'> {
  /** Output channels for each input channel; 1 unless given. */
  readonly depthMultiplier?: number;
  /** 'linear' unless given. */
  readonly activation?: ActivationName;
  /** true unless given. */
  readonly useBias?: boolean;
}

/**
 * 2-D convolution of each channel by itself. Input [H, W, in]; weights depthwise_kernel [kh, kw, in, multiplier] and
 * bias [in * multiplier].
 */
export class DepthwiseConv2D extends Layer<Tensor, DepthwiseConv2DOptions> {
  readonly className = 'DepthwiseConv2D';

  /** @throws ArgumentError */
  constructor(options: DepthwiseConv2DOptions) {
    super(options);
    checkInteger(this.label, 'depthMultiplier', options.depthMultiplier ?? 1, 1);
    checkActivation(this.label, options.activation);
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { depthMultiplier = 1, useBias = true } = this.options;
    const { kernelHeight, kernelWidth, inChannels, outChannels } = this.#window(inputShape);
    const shape = [kernelHeight, kernelWidth, inChannels, depthMultiplier];
    this.addWeight('depthwise_kernel', shape, random, weightOptions('depthwise', this.options, 'glorotUniform'));
    if (useBias) this.addWeight('bias', [outChannels], random, weightOptions('bias', this.options, 'zeros'));
  }

  override forward(x: Tensor): Tensor {
    const kernel = this.weight('depthwise_kernel');
    const bias = this.options.useBias === false ? undefined : this.weight('bias');
    return activated(this.options.activation, [x, kernel, bias], (activation) =>
      depthwiseConv2d(x, kernel, Object.assign(windowOptions(this.options), { bias, activation })),
    );
  }

  override outputShape(inputShape: Shape): Shape {
    const { outHeight, outWidth, outChannels } = this.#window(inputShape);
    return [outHeight, outWidth, outChannels];
  }

  override macs(inputShape: Shape): number {
    const { kernelHeight, kernelWidth, outHeight, outWidth, outChannels } = this.#window(inputShape);
    return outHeight * outWidth * kernelHeight * kernelWidth * outChannels;
  }

  #window(inputShape: Shape): Window2d {
    const [, , channels] = imageShape(this.label, inputShape);
    return windowOn(this.label, inputShape, this.options, channels * (this.options.depthMultiplier ?? 1));
  }
}
