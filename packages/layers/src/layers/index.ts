/** @file All layers, and their table by class name. */
import { ArgumentError } from '@fer/core';
import type { AnyLayer } from '../symbolic.ts';
import { Activation, ReLU, Softmax } from './activation.ts';
import { BatchNormalization } from './batch-normalization.ts';
import { Conv2D } from './conv2d.ts';
import { Dense } from './dense.ts';
import { DepthwiseConv2D } from './depthwise-conv2d.ts';
import { Dropout, SpatialDropout2D, StochasticDepth } from './dropout.ts';
import { Add, Concatenate, Multiply } from './merge.ts';
import { AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D } from './pooling.ts';
import { Flatten, Reshape, ZeroPadding2D } from './reshaping.ts';
import { SeparableConv2D } from './separable-conv2d.ts';

export {
  Activation,
  type ActivationOptions,
  ReLU,
  type ReLUOptions,
  Softmax,
  type SoftmaxOptions,
} from './activation.ts';
export { BatchNormalization, type BatchNormalizationOptions } from './batch-normalization.ts';
export { Conv2D, type Conv2DOptions } from './conv2d.ts';
export { Dense, type DenseOptions } from './dense.ts';
export { DepthwiseConv2D, type DepthwiseConv2DOptions } from './depthwise-conv2d.ts';
export { Dropout, type DropoutOptions, type DropoutRate, SpatialDropout2D, StochasticDepth } from './dropout.ts';
export { Add, Concatenate, type ConcatenateOptions, Multiply } from './merge.ts';
export {
  AveragePooling2D,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  type GlobalPooling2DOptions,
  MaxPooling2D,
  type Pooling2DOptions,
} from './pooling.ts';
export { Flatten, Reshape, type ReshapeOptions, ZeroPadding2D, type ZeroPadding2DOptions } from './reshaping.ts';
export { SeparableConv2D, type SeparableConv2DOptions } from './separable-conv2d.ts';

const layers = {
  Activation,
  Add,
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
  Multiply,
  ReLU,
  Reshape,
  SeparableConv2D,
  Softmax,
  SpatialDropout2D,
  StochasticDepth,
  ZeroPadding2D,
} satisfies Record<string, new (options: never) => AnyLayer>;

/**
 * The layer that a saved configuration describes: of that class, with those options.
 * @throws ArgumentError if there is no such class, or the class refuses the options
 */
export function layerFromConfig(className: string, options: object): AnyLayer {
  if (!Object.hasOwn(layers, className))
    throw new ArgumentError('layerFromConfig', `there is no layer class '${className}'`);
  const LayerClass: new (options: never) => AnyLayer = layers[className as keyof typeof layers];
  return new LayerClass(options as never);
}
