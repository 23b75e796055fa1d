/**
 * @file EfficientNet: Tan & Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019, table 1,
 * with the names of Keras Applications; images are normalised before, not within.
 */
import { Activation, BatchNormalization, Conv2D, type Initializer, input, MBConv, type Model } from '@fer/layers';
import { roundChannels } from './channels.ts';
import { averagePoolingTop, type NetworkOptions, network } from './options.ts';

export interface EfficientNetOptions extends NetworkOptions {
  /** How often the last block is skipped in training (stochastic depth), the others less; 0.2 unless given. */
  readonly dropConnect?: number;
  /** For faces of about 48x48: the first convolution keeps all pixels. false unless given. */
  readonly smallImages?: boolean;
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

const kernelInitializer: Initializer = {
  name: 'varianceScaling',
  scale: 2,
  mode: 'fanOut',
  distribution: 'truncatedNormal',
};

const swish = (name: string) => new Activation({ activation: 'swish', name });

export function efficientNet(scale: EfficientNetName, options: EfficientNetOptions = {}): Model {
  const [width, depth, resolution, scaleDropout] = SCALES[scale];
  const { dropConnect = 0.2, smallImages = false, dropout = scaleDropout } = options;
  const { inputShape = smallImages ? [48, 48, 1] : [resolution, resolution, 3] } = options;
  const stages = STAGES.map(([expansion, kernelSize, channels, repetitions, strides]) => ({
    block: { expansion, kernelSize, filters: roundChannels(channels * width) },
    repetitions: Math.ceil(repetitions * depth),
    strides,
  }));
  const blocks = stages.reduce((sum, { repetitions }) => sum + repetitions, 0);
  const image = input(inputShape);
  const conv = { padding: 'same', useBias: false, kernelInitializer } as const;
  let x = image.pipe(
    new Conv2D({
      ...conv,
      filters: roundChannels(32 * width),
      kernelSize: 3,
      strides: smallImages ? 1 : 2,
      name: 'stem_conv',
    }),
    new BatchNormalization({ name: 'stem_bn' }),
    swish('stem_activation'),
  );
  let index = 0;
  for (const [stage, { block, repetitions, strides }] of stages.entries()) {
    for (let i = 0; i < repetitions; i++, index++) {
      const name = `block${stage + 1}${letter(i)}`;
      const dropRate = (dropConnect * index) / blocks;
      x = new MBConv({ ...block, name, strides: i === 0 ? strides : 1, dropRate }).apply(x);
    }
  }
  const features = x.pipe(
    new Conv2D({ ...conv, filters: roundChannels(1280 * width), kernelSize: 1, name: 'top_conv' }),
    new BatchNormalization({ name: 'top_bn' }),
    swish('top_activation'),
  );
  return network(`efficientnet-${scale}`, image, features, averagePoolingTop({ ...options, dropout }), options);
}

const letter = (i: number) => String.fromCharCode('a'.charCodeAt(0) + i);
