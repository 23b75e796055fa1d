/**
 * @file ResNet50V2: He, Zhang, Ren & Sun, "Identity mappings in deep residual networks", 2016 (the blocks), and "Deep
 * residual learning for image recognition", 2016, table 1 (the stages), with the names and strides of Keras Applications.
 */
import {
  Activation,
  BatchNormalization,
  Conv2D,
  input,
  MaxPooling2D,
  type Model,
  ResidualV2,
  ZeroPadding2D,
} from '@fer/layers';
import { averagePoolingTop, batchNormOf, type KerasOptions, network } from './options.ts';

/** Channels of the bottleneck, blocks, and the last block's strides. */
const STAGES = [
  [64, 3, 2],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 1],
] as const;

const stem = () => [
  new ZeroPadding2D({ padding: 3, name: 'conv1_pad' }),
  new Conv2D({ filters: 64, kernelSize: 7, strides: 2, name: 'conv1_conv' }),
  new ZeroPadding2D({ padding: 1, name: 'pool1_pad' }),
  new MaxPooling2D({ poolSize: 3, strides: 2, name: 'pool1_pool' }),
];

const smallStem = () => [new Conv2D({ filters: 64, kernelSize: 3, padding: 'same', name: 'conv1_conv' })];

/**
 * ResNet50V2 (He et al. 2016) with new weights, from [N, 224, 224, 3], or [N, 48, 48, 1] for small images, to logits [N, 1000],
 * unless options say otherwise. Keras Applications' weights are of RGB from -1 to 1.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function resNet50V2(options: KerasOptions = {}): Model {
  const { smallImages = false, inputShape = smallImages ? [48, 48, 1] : [224, 224, 3] } = options;
  const image = input(inputShape);
  const batchNorm = batchNormOf(options);
  const blocks = STAGES.flatMap(([filters, count, strides], stage) =>
    Array.from({ length: count }, (_, i) => {
      const name = `conv${stage + 2}_block${i + 1}`;
      const isLast = i === count - 1;
      return new ResidualV2({ name, filters, convShortcut: i === 0, strides: isLast ? strides : 1, batchNorm });
    }),
  );
  const features = image.pipe(
    ...(smallImages ? smallStem() : stem()),
    ...blocks,
    new BatchNormalization({ epsilon: 1.001e-5, ...batchNorm, name: 'post_bn' }),
    new Activation({ activation: 'relu', name: 'post_relu' }),
  );
  return network('resnet50-v2', image, features, averagePoolingTop(options), options);
}
