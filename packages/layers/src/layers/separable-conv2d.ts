/** @file The depthwise separable convolution layer. */
import {
  checkInteger,
  composite,
  conv2d,
  depthwiseConv2d,
  type Random,
  type Shape,
  type Tensor,
  type Window2d,
} from '@fer/core';
import { activated, checkActivation } from '../activations.ts';
import { type ActivatedOptions, WindowedLayer } from './activated.ts';
import { type OptionsOf, weightOptions } from './weights.ts';
import { depthwiseWindowOn, type WindowLayerOptions, windowOptions } from './window.ts';

/** Both kernels start as 'glorotUniform' and the bias as 'zeros', unless others are given. */
export interface SeparableConv2DOptions
  extends ActivatedOptions,
    WindowLayerOptions,
    OptionsOf<'depthwise'>,
    OptionsOf<'pointwise'> {
  /** Output channels. */
  readonly filters: number;
  /** Channels between the two convolutions for each input channel; 1 unless given. */
  readonly depthMultiplier?: number;
}

/**
 * A depthwise convolution, then one of 1x1 pixels, with nothing in between (Chollet 2017). Input [H, W, in]; weights
 * depthwise_kernel [kh, kw, in, multiplier], pointwise_kernel [1, 1, in * multiplier, filters] and bias [filters].
 */
export class SeparableConv2D extends WindowedLayer<SeparableConv2DOptions> {
  readonly className = 'SeparableConv2D';

  /** @throws ArgumentError */
  constructor(options: SeparableConv2DOptions) {
    super(options);
    checkInteger(this.label, 'filters', options.filters, 1);
    checkInteger(this.label, 'depthMultiplier', options.depthMultiplier ?? 1, 1);
    checkActivation(this.label, options.activation ?? 'linear');
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { filters, depthMultiplier = 1 } = this.options;
    const { kernelHeight, kernelWidth, inChannels, outChannels: between } = this.window(inputShape);
    const shape = [kernelHeight, kernelWidth, inChannels, depthMultiplier];
    this.addWeight('depthwise_kernel', shape, random, weightOptions('depthwise', this.options, 'glorotUniform'));
    const pointwise = weightOptions('pointwise', this.options, 'glorotUniform');
    this.addWeight('pointwise_kernel', [1, 1, between, filters], random, pointwise);
    this.addBias(filters, random);
  }

  override forward(x: Tensor): Tensor {
    const [depthwise, pointwise] = [this.weight('depthwise_kernel'), this.weight('pointwise_kernel')];
    const { bias } = this;
    const inputs = [x, depthwise, pointwise, bias];
    return activated(this.options.activation, inputs, (activation) =>
      composite(inputs, () =>
        conv2d(depthwiseConv2d(x, depthwise, windowOptions(this.options)), pointwise, { bias, activation }),
      ),
    );
  }

  override outputShape(inputShape: Shape): Shape {
    const { outHeight, outWidth } = this.window(inputShape);
    return [outHeight, outWidth, this.options.filters];
  }

  override macs(inputShape: Shape): number {
    const { kernelHeight, kernelWidth, outHeight, outWidth, outChannels } = this.window(inputShape);
    return outHeight * outWidth * outChannels * (kernelHeight * kernelWidth + this.options.filters);
  }

  protected override window(inputShape: Shape): Window2d {
    return depthwiseWindowOn(this.label, inputShape, this.options);
  }
}
