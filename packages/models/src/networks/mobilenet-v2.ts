/**
 * @file MobileNetV2: Sandler, Howard, Zhu, Zhmoginov & Chen, "MobileNetV2: inverted residuals and linear bottlenecks", 2018,
 * table 2, with the names of Keras Applications.
 */
import {
  BatchNormalization,
  type BatchNormOptions,
  Conv2D,
  InvertedResidual,
  input,
  type Model,
  ReLU,
} from '@fer/layers';
import { roundChannels, widthMultiplier } from './channels.ts';
import { averagePoolingTop, batchNormOf, type KerasOptions, network } from './options.ts';

export interface MobileNetV2Options extends KerasOptions {
  /** The width multiplier; 1 unless given. */
  readonly alpha?: number;
}

/** Expansion, channels, repetitions and strides of each stage. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const stem = (filters: number, strides: number, batchNorm: BatchNormOptions) => [
  new Conv2D({ filters, kernelSize: 3, strides, padding: 'same', useBias: false, name: 'Conv1' }),
  new BatchNormalization({ ...batchNorm, name: 'bn_Conv1' }),
  new ReLU({ maxValue: 6, name: 'Conv1_relu' }),
];

function blocks(alpha: number, batchNorm: BatchNormOptions): InvertedResidual[] {
  const rows = STAGES.flatMap(([expansion, channels, repetitions, strides]) =>
    Array.from({ length: repetitions }, (_, i) => ({
      expansion,
      // Keras drops fractions in blocks, though not in the stem; only unpublished alphas show it
      filters: roundChannels(Math.trunc(channels * alpha)),
      strides: i === 0 ? strides : 1,
      batchNorm,
    })),
  );
  return rows.map((row, i) => new InvertedResidual({ ...row, name: i === 0 ? 'expanded_conv' : `block_${i}` }));
}

const lastConvolution = (filters: number, batchNorm: BatchNormOptions) => [
  new Conv2D({ filters, kernelSize: 1, useBias: false, name: 'Conv_1' }),
  new BatchNormalization({ ...batchNorm, name: 'Conv_1_bn' }),
  new ReLU({ maxValue: 6, name: 'out_relu' }),
];

/**
 * MobileNetV2 (Sandler et al. 2018) with new weights, from [N, 224, 224, 3], or [N, 48, 48, 1] for small images, to logits
 * [N, 1000], unless options say otherwise. Keras Applications' weights are of RGB from -1 to 1; the shipped ones, for small images,
 * of gray levels less 129.5, divided by 65.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function mobileNetV2(options: MobileNetV2Options = {}): Model {
  const { alpha = 1, smallImages = false, inputShape = smallImages ? [48, 48, 1] : [224, 224, 3] } = options;
  const scaled = widthMultiplier('mobilenet-v2', alpha);
  const batchNorm = batchNormOf(options, 0.999);
  const image = input(inputShape);
  const features = image.pipe(
    ...stem(scaled(32), smallImages ? 1 : 2, batchNorm),
    ...blocks(alpha, batchNorm),
    ...lastConvolution(Math.max(1280, scaled(1280)), batchNorm),
  );
  return network('mobilenet-v2', image, features, averagePoolingTop(options), options);
}
