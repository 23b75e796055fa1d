/** @file What all networks have in common: their options and their top. */
import { checkOneOf, checkRange, type Shape } from '@fer/core';
import {
  type ActivationName,
  type Applicable,
  type BatchNormOptions,
  Dense,
  Dropout,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  Model,
  type SymbolicTensor,
} from '@fer/layers';

export interface NetworkOptions {
  /** [height, width, channels] of one image; each network tells what it is unless given. */
  readonly inputShape?: Shape;
  /** 1000 unless given, as in ImageNet; 7, as in FER2013, of ferNet, lightAlexVgg and mobiExpressNet. */
  readonly classes?: number;
  /** Whether the network ends in its classifier; true unless given. */
  readonly includeTop?: boolean;
  /** Without a top: how the last feature map becomes a vector; it stays a map unless given. */
  readonly pooling?: 'average' | 'max';
  /** Before the classifier; none unless the network has its own. */
  readonly dropout?: number;
  /** 'linear' unless given: logits, which the losses take. 'softmax' for probabilities, as in Keras. */
  readonly classifierActivation?: ActivationName;
  /** Of the generator that the weights are drawn from; 0 unless given. */
  readonly seed?: number;
}

/**
 * Batch normalisation of networks for faces keeps nine tenths of its moving averages each step, as PyTorch's does. With Keras' 0.99
 * a network that has taken a hundred steps is still tested by a third of the statistics that it began with.
 */
export const FEW_STEPS = { momentum: 0.9 } as const;

/** Of networks that Keras Applications has too, and that have a form for small images. */
export interface KerasOptions extends NetworkOptions {
  /** For faces of about 48x48: the first convolution keeps all pixels, and no pooling follows it. false unless given. */
  readonly smallImages?: boolean;
  /**
   * How much of batch normalisation's moving averages a step keeps. Unless given as in Keras, which is for thousands of steps, or 0.9
   * for small images.
   */
  readonly momentum?: number;
}

export const batchNormOf = ({ smallImages = false, momentum }: KerasOptions, inKeras = 0.99): BatchNormOptions =>
  momentum === undefined ? (smallImages ? FEW_STEPS : { momentum: inKeras }) : { momentum };

/** Pooling, or nothing, for networks without a top. */
export function poolingOf({ pooling }: NetworkOptions): Applicable[] {
  if (pooling === 'average') return [new GlobalAveragePooling2D({ name: 'avg_pool' })];
  return pooling === 'max' ? [new GlobalMaxPooling2D({ name: 'max_pool' })] : [];
}

/** The classifier itself: dropout and a dense layer named `predictions`. */
export function classifier({
  classes = 1000,
  dropout = 0,
  classifierActivation = 'linear',
}: NetworkOptions): Applicable[] {
  return [
    ...(dropout > 0 ? [new Dropout({ rate: dropout, name: 'top_dropout' })] : []),
    new Dense({ units: classes, activation: classifierActivation, name: 'predictions' }),
  ];
}

/** The top of most networks: global average pooling and the classifier. */
export function averagePoolingTop(options: NetworkOptions): Applicable[] {
  if (options.includeTop === false) return poolingOf(options);
  return [new GlobalAveragePooling2D({ name: 'avg_pool' }), ...classifier(options)];
}

/** The model from an image to what the layers after its features make of them. @throws ArgumentError for a bad option */
export function network(
  name: string,
  image: SymbolicTensor,
  features: SymbolicTensor,
  top: readonly Applicable[],
  { seed = 0, pooling, dropout = 0 }: NetworkOptions,
): Model {
  if (pooling !== undefined) checkOneOf(name, 'pooling', pooling, ['average', 'max']);
  checkRange(name, 'dropout', dropout, 0, 1);
  return new Model({ input: image, output: features.pipe(...top), name, seed });
}
