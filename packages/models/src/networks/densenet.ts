/**
 * @file DenseNet: Huang, Liu, van der Maaten & Weinberger, "Densely connected convolutional networks", 2017, table 1, with
 * the names of Keras Applications.
 */
import {
  Activation,
  BatchNormalization,
  type BatchNormOptions,
  Conv2D,
  DenseBlock,
  input,
  MaxPooling2D,
  type Model,
  Transition,
  ZeroPadding2D,
} from '@fer/layers';
import { averagePoolingTop, batchNormOf, type KerasOptions, network } from './options.ts';

/**
 * DenseNet-121 (Huang et al. 2017) with new weights, from [N, 224, 224, 3], or [N, 48, 48, 1] for small images, to logits
 * [N, 1000], unless options say otherwise. Keras Applications' weights are of RGB, normalised by ImageNet's means and deviations.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export const denseNet121 = (options: KerasOptions = {}): Model => denseNet('densenet121', [6, 12, 24, 16], options);

/** The same with 169 layers. */
export const denseNet169 = (options: KerasOptions = {}): Model => denseNet('densenet169', [6, 12, 32, 32], options);

/** The same with 201 layers. */
export const denseNet201 = (options: KerasOptions = {}): Model => denseNet('densenet201', [6, 12, 48, 32], options);

const activated = (name: string, batchNorm: BatchNormOptions) => [
  new BatchNormalization({ epsilon: 1.001e-5, ...batchNorm, name: `${name}bn` }),
  new Activation({ activation: 'relu', name: `${name}relu` }),
];

const stem = (batchNorm: BatchNormOptions) => [
  new ZeroPadding2D({ padding: 3, name: 'conv1_pad' }),
  new Conv2D({ filters: 64, kernelSize: 7, strides: 2, useBias: false, name: 'conv1_conv' }),
  ...activated('conv1_', batchNorm),
  new ZeroPadding2D({ padding: 1, name: 'pool1_pad' }),
  new MaxPooling2D({ poolSize: 3, strides: 2, name: 'pool1' }),
];

const smallStem = (batchNorm: BatchNormOptions) => [
  new Conv2D({ filters: 64, kernelSize: 3, padding: 'same', useBias: false, name: 'conv1_conv' }),
  ...activated('conv1_', batchNorm),
];

function denseNet(name: string, blocks: readonly number[], options: KerasOptions): Model {
  const { smallImages = false, inputShape = smallImages ? [48, 48, 1] : [224, 224, 3] } = options;
  const batchNorm = batchNormOf(options);
  const image = input(inputShape);
  const features = image.pipe(
    ...(smallImages ? smallStem(batchNorm) : stem(batchNorm)),
    ...blocks.flatMap((layers, i) => [
      ...(i > 0 ? [new Transition({ name: `pool${i + 1}`, batchNorm })] : []),
      new DenseBlock({ name: `conv${i + 2}`, layers, batchNorm }),
    ]),
    ...activated('', batchNorm),
  );
  return network(name, image, features, averagePoolingTop(options), options);
}
