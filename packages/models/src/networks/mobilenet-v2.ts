/**
 * @file MobileNetV2: Sandler, Howard, Zhu, Zhmoginov & Chen, "MobileNetV2: inverted residuals and linear bottlenecks", 2018,
 * table 2, with the names of Keras Applications.
 */
import { BatchNormalization, Conv2D, InvertedResidual, input, type Model, ReLU } from '@fer/layers';
import { roundChannels } from './channels.ts';
import { averagePoolingTop, type NetworkOptions, network } from './options.ts';

export interface MobileNetV2Options extends NetworkOptions {
  /** The width multiplier; 1 unless given. */
  readonly alpha?: number;
  /**
   * For faces of about 48x48: the first convolution keeps all pixels, and the moving averages of batch normalisation follow in
   * hundreds of steps, not thousands, as data sets of faces have few. false unless given.
   */
  readonly smallImages?: boolean;
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

const relu6 = (name: string) => new ReLU({ maxValue: 6, name });

export function mobileNetV2(options: MobileNetV2Options = {}): Model {
  const { alpha = 1, smallImages = false, inputShape = smallImages ? [48, 48, 1] : [224, 224, 3] } = options;
  const momentum = smallImages ? 0.99 : 0.999;
  const batchNorm = (name: string) => new BatchNormalization({ momentum, name });
  const image = input(inputShape);
  let x = image.pipe(
    new Conv2D({
      filters: roundChannels(32 * alpha),
      kernelSize: 3,
      strides: smallImages ? 1 : 2,
      padding: 'same',
      useBias: false,
      name: 'Conv1',
    }),
    batchNorm('bn_Conv1'),
    relu6('Conv1_relu'),
  );
  let block = 0;
  for (const [expansion, channels, repetitions, strides] of STAGES) {
    for (let i = 0; i < repetitions; i++, block++) {
      const name = block === 0 ? 'expanded_conv' : `block_${block}`;
      const filters = roundChannels(channels * alpha);
      x = new InvertedResidual({
        name,
        filters,
        expansion,
        strides: i === 0 ? strides : 1,
        batchNorm: { momentum },
      }).apply(x);
    }
  }
  const features = x.pipe(
    new Conv2D({
      filters: alpha > 1 ? roundChannels(1280 * alpha) : 1280,
      kernelSize: 1,
      useBias: false,
      name: 'Conv_1',
    }),
    batchNorm('Conv_1_bn'),
    relu6('out_relu'),
  );
  return network('mobilenet-v2', image, features, averagePoolingTop(options), options);
}
