/**
 * @file A light network of AlexNet's first convolutions and VGG's last, with batch normalisation on the last two, for
 * 44x44 crops of gray faces: seven convolutions, four poolings, one dropout and one dense layer. Its paper prints all
 * but the widths; those here are our reading: four poolings of 44 leave 2x2 pixels, so that its 4096 features are 1024
 * channels.
 */
import { ArgumentError } from '@fer/core';
import {
  Activation,
  type Applicable,
  BatchNormalization,
  Conv2D,
  Flatten,
  input,
  MaxPooling2D,
  type Model,
} from '@fer/layers';
import { classifier, FEW_STEPS, type NetworkOptions, network, poolingOf } from './options.ts';

export interface LightAlexVggOptions extends NetworkOptions {
  /** Channels of the seven convolutions; 64, 192, 384, 256, 256, 512, 1024 unless given. */
  readonly widths?: readonly [number, number, number, number, number, number, number];
}

/** Which convolutions a 2x2 pooling follows. */
const POOLED = new Set([1, 2, 5, 7]);
const NORMALISED = new Set([6, 7]);

/**
 * The light network with new weights, from crops [N, 44, 44, 1] to logits [N, 7], with a dropout of 0.5, unless options say
 * otherwise. The recipe of its paper takes pixels from 0 to 1.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function lightAlexVgg(options: LightAlexVggOptions = {}): Model {
  const { inputShape = [44, 44, 1], includeTop = true, classes = 7, dropout = 0.5 } = options;
  const { widths = [64, 192, 384, 256, 256, 512, 1024] } = options;
  if (widths.length !== 7) throw new ArgumentError('light-alex-vgg', `widths must be 7 but are [${widths}]`);
  const image = input(inputShape);
  const features = image.pipe(...widths.flatMap((filters, i) => convolution(i + 1, filters)));
  const top = includeTop ? [new Flatten(), ...classifier({ ...options, classes, dropout })] : poolingOf(options);
  return network('light-alex-vgg', image, features, top, options);
}

function convolution(i: number, filters: number): Applicable[] {
  const normalised = NORMALISED.has(i);
  return [
    new Conv2D({ filters, kernelSize: i <= 2 ? 5 : 3, padding: 'same', useBias: !normalised, name: `conv${i}` }),
    ...(normalised ? [new BatchNormalization({ ...FEW_STEPS, name: `conv${i}_bn` })] : []),
    new Activation({ activation: 'relu', name: `conv${i}_relu` }),
    ...(POOLED.has(i) ? [new MaxPooling2D({ poolSize: 2, strides: 2, name: `conv${i}_pool` })] : []),
  ];
}
