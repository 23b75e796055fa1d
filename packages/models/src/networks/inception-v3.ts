/**
 * @file InceptionV3: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna, "Rethinking the Inception architecture for computer
 * vision", 2016, table 1 and figures 5 to 7 and 10. Layers come in the order of Keras Applications, whose names
 * (conv2d, conv2d_1, ...) only count them; files may begin at another number.
 */
import type { Pair } from '@fer/core';
import {
  Activation,
  type Applicable,
  AveragePooling2D,
  BatchNormalization,
  Conv2D,
  InceptionModule,
  input,
  MaxPooling2D,
  type Model,
} from '@fer/layers';
import { averagePoolingTop, type NetworkOptions, network } from './options.ts';

/** A convolution with batch normalisation, which has no factor here, and ReLU. */
function conv(
  filters: number,
  kernelSize: Pair,
  { strides = 1, padding = 'same' as 'same' | 'valid' } = {},
): Applicable[] {
  return [
    new Conv2D({ filters, kernelSize, strides, padding, useBias: false }),
    new BatchNormalization({ scale: false }),
    new Activation({ activation: 'relu' }),
  ];
}

const HALVING = { strides: 2, padding: 'valid' as const };
const maxPool = () => new MaxPooling2D({ poolSize: 3, strides: 2 });
const averagePool = () => new AveragePooling2D({ poolSize: 3, strides: 1, padding: 'same' });

/** Figure 5: 5x5 windows as two of 3x3. At 35x35 pixels. */
const module5 = (name: string, pooled: number) =>
  new InceptionModule({
    name,
    branches: [
      conv(64, 1),
      [...conv(48, 1), ...conv(64, 5)],
      [...conv(64, 1), ...conv(96, 3), ...conv(96, 3)],
      [averagePool(), ...conv(pooled, 1)],
    ],
  });

/** Figure 6: 7x7 windows as 1x7 and 7x1. At 17x17 pixels. */
const module6 = (name: string, width: number) =>
  new InceptionModule({
    name,
    branches: [
      conv(192, 1),
      [...conv(width, 1), ...conv(width, [1, 7]), ...conv(192, [7, 1])],
      [...conv(width, 1), ...conv(width, [7, 1]), ...conv(width, [1, 7]), ...conv(width, [7, 1]), ...conv(192, [1, 7])],
      [averagePool(), ...conv(192, 1)],
    ],
  });

/** Figure 7: wider, by branches that divide once more. At 8x8 pixels. */
const module7 = (name: string) => {
  const divided = () => new InceptionModule({ branches: [conv(384, [1, 3]), conv(384, [3, 1])] });
  return new InceptionModule({
    name,
    branches: [
      conv(320, 1),
      [...conv(384, 1), divided()],
      [...conv(448, 1), ...conv(384, 3), divided()],
      [averagePool(), ...conv(192, 1)],
    ],
  });
};

/** Figure 10: half the pixels, without a bottleneck. From 35x35 to 17x17. */
const reduction35 = (name: string) =>
  new InceptionModule({
    name,
    branches: [conv(384, 3, HALVING), [...conv(64, 1), ...conv(96, 3), ...conv(96, 3, HALVING)], [maxPool()]],
  });

/** From 17x17 to 8x8. */
const reduction17 = (name: string) =>
  new InceptionModule({
    name,
    branches: [
      [...conv(192, 1), ...conv(320, 3, HALVING)],
      [...conv(192, 1), ...conv(192, [1, 7]), ...conv(192, [7, 1]), ...conv(192, 3, HALVING)],
      [maxPool()],
    ],
  });

/**
 * InceptionV3 (Szegedy et al. 2016) with new weights, from [N, 299, 299, 3] to logits [N, 1000], unless options say otherwise;
 * for images of at least 75x75 pixels. Keras Applications' weights are of RGB from -1 to 1.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function inceptionV3(options: NetworkOptions = {}): Model {
  const { inputShape = [299, 299, 3] } = options;
  const image = input(inputShape);
  const features = image.pipe(
    ...conv(32, 3, HALVING),
    ...conv(32, 3, { padding: 'valid' }),
    ...conv(64, 3),
    maxPool(),
    ...conv(80, 1, { padding: 'valid' }),
    ...conv(192, 3, { padding: 'valid' }),
    maxPool(),
    module5('mixed0', 32),
    module5('mixed1', 64),
    module5('mixed2', 64),
    reduction35('mixed3'),
    module6('mixed4', 128),
    module6('mixed5', 160),
    module6('mixed6', 160),
    module6('mixed7', 192),
    reduction17('mixed8'),
    module7('mixed9'),
    module7('mixed10'),
  );
  return network('inception-v3', image, features, averagePoolingTop(options), options);
}
