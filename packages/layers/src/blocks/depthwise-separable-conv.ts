/** @file MobileNet's block. */
import { BatchNormalization, Conv2D, ReLU } from '../layers/index.ts';
import type { SymbolicTensor } from '../symbolic.ts';
import { type BatchNormOptions, depthwise } from './block.ts';

export interface DepthwiseSeparableConvOptions {
  /** Output channels. */
  readonly filters: number;
  /** 1 unless given. */
  readonly strides?: 1 | 2;
  /** The number in its layers' names: conv_dw_1, conv_dw_1_bn, ..., conv_pw_1_relu; Keras' defaults without it. */
  readonly index?: number;
  readonly batchNorm?: BatchNormOptions;
}

/**
 * A 3x3 convolution of each channel, then one of 1x1 across them (Howard et al. 2017, figure 3, right). With strides 2 images are
 * padded as by TensorFlow's 'same'. Keras Applications' MobileNet always pads at the bottom and the right alone: the same at even
 * sizes, but at odd ones other pixels, and a row and a column less.
 */
export class DepthwiseSeparableConv {
  constructor(readonly options: DepthwiseSeparableConvOptions) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const { filters, strides = 1, index, batchNorm } = this.options;
    const named = (part: string, suffix = '') =>
      index === undefined ? {} : { name: `conv_${part}_${index}${suffix}` };
    return depthwise(x, { kernelSize: 3, strides, ...named('dw') }, named('pad')).pipe(
      new BatchNormalization({ ...batchNorm, ...named('dw', '_bn') }),
      new ReLU({ maxValue: 6, ...named('dw', '_relu') }),
      new Conv2D({ filters, kernelSize: 1, useBias: false, ...named('pw') }),
      new BatchNormalization({ ...batchNorm, ...named('pw', '_bn') }),
      new ReLU({ maxValue: 6, ...named('pw', '_relu') }),
    );
  }
}
