/**
 * @file EfficientNet: Tan & Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019, table 1,
 * with the names of Keras Applications; images are normalised before, not within.
 */
import { checkOneOf, checkRange } from '@fer/core';
import {
  Activation,
  type Applicable,
  BatchNormalization,
  type BatchNormOptions,
  Conv2D,
  type Conv2DOptions,
  efficientNetInitializer,
  input,
  MBConv,
  type Model,
} from '@fer/layers';
import { roundChannels } from './channels.ts';
import { averagePoolingTop, batchNormOf, type KerasOptions, network } from './options.ts';

export interface EfficientNetOptions extends KerasOptions {
  /** How often the last block is skipped in training (stochastic depth), the others less; 0.2 unless given. */
  readonly dropConnect?: number;
}

/** How much wider and deeper each is than b0, its images' size and its dropout. */
const SCALES = {
  b0: [1.0, 1.0, 224, 0.2],
  b1: [1.0, 1.1, 240, 0.2],
  b2: [1.1, 1.2, 260, 0.3],
  b3: [1.2, 1.4, 300, 0.3],
  b4: [1.4, 1.8, 380, 0.4],
  b5: [1.6, 2.2, 456, 0.4],
  b6: [1.8, 2.6, 528, 0.5],
  b7: [2.0, 3.1, 600, 0.5],
} as const;

export type EfficientNetName = keyof typeof SCALES;

/** Expansion, kernel size, channels, repetitions and strides of each stage of b0. */
const STAGES = [
  [1, 3, 16, 1, 1],
  [6, 3, 24, 2, 2],
  [6, 5, 40, 2, 2],
  [6, 3, 80, 3, 2],
  [6, 5, 112, 3, 1],
  [6, 5, 192, 4, 2],
  [6, 3, 320, 1, 1],
] as const;

/** A convolution with batch normalisation and swish. */
function activated(name: string, options: Conv2DOptions, batchNorm: BatchNormOptions): Applicable[] {
  const kernelInitializer = efficientNetInitializer;
  return [
    new Conv2D({ ...options, padding: 'same', useBias: false, kernelInitializer, name: `${name}_conv` }),
    new BatchNormalization({ ...batchNorm, name: `${name}_bn` }),
    new Activation({ activation: 'swish', name: `${name}_activation` }),
  ];
}

/** Each is skipped more often than the one before. */
function blocks(width: number, depth: number, dropConnect: number, batchNorm: BatchNormOptions): MBConv[] {
  const rows = STAGES.flatMap(([expansion, kernelSize, channels, repetitions, strides], stage) =>
    Array.from({ length: Math.ceil(repetitions * depth) }, (_, i) => ({
      name: `block${stage + 1}${String.fromCharCode('a'.charCodeAt(0) + i)}`,
      ...{ expansion, kernelSize, filters: roundChannels(channels * width) },
      strides: i === 0 ? strides : 1,
    })),
  );
  return rows.map((row, i) => new MBConv({ ...row, dropRate: (dropConnect * i) / rows.length, batchNorm }));
}

/**
 * EfficientNet (Tan & Le 2019) with new weights, from [N, size, size, 3], the size being the scale's (224 of b0, 600 of b7), or
 * [N, 48, 48, 1] for small images, to logits [N, 1000], unless options say otherwise. Keras Applications' weights are of RGB,
 * normalised by ImageNet's means and deviations, which Keras does within the network.
 * @param scale How much wider and deeper than b0 it is; dropout grows with it, from 0.2 to 0.5.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function efficientNet(scale: EfficientNetName, options: EfficientNetOptions = {}): Model {
  checkOneOf('efficientNet', 'scale', scale, Object.keys(SCALES) as EfficientNetName[]);
  const [width, depth, resolution, scaleDropout] = SCALES[scale];
  const { dropConnect = 0.2, smallImages = false, dropout = scaleDropout } = options;
  const { inputShape = smallImages ? [48, 48, 1] : [resolution, resolution, 3] } = options;
  checkRange('efficientNet', 'dropConnect', dropConnect, 0, 1);
  const batchNorm = batchNormOf(options);
  const image = input(inputShape);
  const features = image.pipe(
    ...activated(
      'stem',
      { filters: roundChannels(32 * width), kernelSize: 3, strides: smallImages ? 1 : 2 },
      batchNorm,
    ),
    ...blocks(width, depth, dropConnect, batchNorm),
    ...activated('top', { filters: roundChannels(1280 * width), kernelSize: 1 }, batchNorm),
  );
  return network(`efficientnet-${scale}`, image, features, averagePoolingTop({ ...options, dropout }), options);
}
