/** @file What blocks have in common: their layers' names, and Keras Applications' details. */
import type { Shape } from '@fer/core';
import type { Initializer } from '../initializers.ts';
import type { LayerOptions } from '../layer.ts';
import { type BatchNormalizationOptions, DepthwiseConv2D, ZeroPadding2D } from '../layers/index.ts';
import type { SymbolicTensor } from '../symbolic.ts';

/**
 * A block puts layers of its own into the graph each time that it is applied, flat, so that weights load by name and
 * `fuse()` and `summary()` see every layer.
 */
export interface BlockOptions {
  /** What its layers' names begin with, as in Keras Applications; without it they are called conv2d_1 and so on. */
  readonly name?: string;
}

/** What the networks' authors chose differently. */
export type BatchNormOptions = Pick<BatchNormalizationOptions, 'momentum' | 'epsilon'>;

/** A layer's name within a block. */
export type Naming = (suffix: string) => { readonly name?: string };

export function naming(name: string | undefined): Naming {
  return (suffix) => (name === undefined ? {} : { name: `${name}_${suffix}` });
}

interface DepthwiseOptions extends LayerOptions {
  readonly kernelSize: number;
  readonly strides: 1 | 2;
  readonly depthwiseInitializer?: Initializer;
}

/** A depthwise convolution without bias. One that moves by 2 has a layer before it that pads, as much as 'same' would. */
export function depthwise(x: SymbolicTensor, options: DepthwiseOptions, padOptions: LayerOptions): SymbolicTensor {
  const { kernelSize, strides } = options;
  if (strides === 1) return x.pipe(new DepthwiseConv2D({ ...options, padding: 'same', useBias: false }));
  const padding = correctPadding(kernelSize, x.shape);
  return x.pipe(
    new ZeroPadding2D({ ...padOptions, padding }),
    new DepthwiseConv2D({ ...options, padding: 'valid', useBias: false }),
  );
}

/**
 * What TensorFlow's 'same' puts around an image before a window moves over it by 2: correct_pad of Keras Applications, which has it
 * in MobileNetV2 and EfficientNet.
 */
function correctPadding(kernelSize: number, [height, width]: Shape) {
  const half = Math.floor(kernelSize / 2);
  const sides = (size = 0) => [half - 1 + (size % 2), half] as const;
  return [sides(height), sides(width)] as const;
}
