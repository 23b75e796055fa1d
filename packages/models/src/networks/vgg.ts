/**
 * @file VGG: Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015, table 1,
 * with the names of Keras Applications. Batch normalisation after each convolution is a later custom (Ioffe & Szegedy 2015).
 */
import {
  Activation,
  type Applicable,
  BatchNormalization,
  Conv2D,
  Dense,
  Flatten,
  input,
  MaxPooling2D,
  type Model,
} from '@fer/layers';
import { widthMultiplier } from './channels.ts';
import { classifier, FEW_STEPS, type NetworkOptions, network, poolingOf } from './options.ts';

export interface VggOptions extends NetworkOptions {
  /** The width multiplier of the convolutions; 1 unless given. */
  readonly alpha?: number;
  /** Between each convolution and its activation; false unless given. */
  readonly batchNorm?: boolean;
  /** Units of the two hidden dense layers; [4096, 4096] unless given. [] for the small networks of FER2013. */
  readonly hiddenUnits?: readonly number[];
}

/** Channels of each block's convolutions: configuration D of the paper. */
const VGG16 = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

/** Configuration E. */
const VGG19 = [
  [64, 64],
  [128, 128],
  [256, 256, 256, 256],
  [512, 512, 512, 512],
  [512, 512, 512, 512],
];

/**
 * VGG-16 (Simonyan & Zisserman 2015) with new weights, from [N, 224, 224, 3] to logits [N, 1000], unless options say otherwise.
 * Keras Applications' weights are of BGR from 0 to 255 less ImageNet's means.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export const vgg16 = (options: VggOptions = {}): Model => vgg('vgg16', VGG16, options);
/**
 * VGG-19 (Simonyan & Zisserman 2015) with new weights, from [N, 224, 224, 3] to logits [N, 1000], unless options say otherwise.
 * Keras Applications' weights are of BGR from 0 to 255 less ImageNet's means.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export const vgg19 = (options: VggOptions = {}): Model => vgg('vgg19', VGG19, options);

function vgg(name: string, blocks: readonly (readonly number[])[], options: VggOptions): Model {
  const { inputShape = [224, 224, 3], includeTop = true, batchNorm = false, alpha = 1 } = options;
  const scaled = widthMultiplier(name, alpha);
  const image = input(inputShape);
  const features = image.pipe(
    ...blocks.flatMap((channels, block) => [
      ...channels.flatMap((filters, i) => convolution(`block${block + 1}_conv${i + 1}`, scaled(filters), batchNorm)),
      new MaxPooling2D({ poolSize: 2, strides: 2, name: `block${block + 1}_pool` }),
    ]),
  );
  return network(name, image, features, includeTop ? denseTop(options) : poolingOf(options), options);
}

function convolution(name: string, filters: number, batchNorm: boolean): Applicable[] {
  if (!batchNorm) return [new Conv2D({ filters, kernelSize: 3, padding: 'same', activation: 'relu', name })];
  return [
    new Conv2D({ filters, kernelSize: 3, padding: 'same', useBias: false, name }),
    new BatchNormalization({ ...FEW_STEPS, name: `${name}_bn` }),
    new Activation({ activation: 'relu', name: `${name}_relu` }),
  ];
}

function denseTop(options: VggOptions): Applicable[] {
  const { hiddenUnits = [4096, 4096] } = options;
  return [
    new Flatten({ name: 'flatten' }),
    ...hiddenUnits.map((units, i) => new Dense({ units, activation: 'relu', name: `fc${i + 1}` })),
    ...classifier(options),
  ];
}
