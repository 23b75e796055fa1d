/** @file Small networks that between them have every layer, for exports to compute the same. */
import { noGrad, Random, type Tensor, tensor, tidy } from '@fer/core';
import {
  Activation,
  type ActivationName,
  Add,
  type Applicable,
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  input,
  LayerNormalization,
  LocalResponseNormalization,
  MaxPooling2D,
  Model,
  Multiply,
  Normalization,
  RandomFlip,
  RandomRotation,
  RandomTranslation,
  RandomZoom,
  ReLU,
  Rescaling,
  Reshape,
  Resizing,
  SeparableConv2D,
  Sequential,
  Softmax,
  SpatialDropout2D,
  StochasticDepth,
  type SymbolicTensor,
  ZeroPadding2D,
} from '@fer/layers';

export interface Case {
  readonly title: string;
  readonly make: () => Model;
  /** What tfjs cannot do, by a part of the message. */
  readonly tfjsLacks?: string;
}

/** Odd sizes, so that 'same' padding has a side with more. */
const SHAPE = [7, 9, 3];

const chain = (title: string, layers: readonly Applicable[], shape = SHAPE): Case => ({
  title,
  make: () => new Sequential(layers, { inputShape: shape, seed: 1 }),
});

const graph = (title: string, connect: (x: SymbolicTensor) => SymbolicTensor, shape = SHAPE): Case => ({
  title,
  make: () => {
    const x = input(shape);
    return new Model({ input: x, output: connect(x), seed: 1 });
  },
});

const lacking = (tfjsLacks: string, one: Case): Case => ({ ...one, tfjsLacks });

const ACTIVATIONS: readonly ActivationName[] = [
  ...(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'tanh', 'swish', 'gelu', 'softplus'] as const),
  ...(['softmax', 'logSoftmax'] as const),
];

const conv = (options: object) => new Conv2D({ filters: 4, kernelSize: 3, ...options });
const depthwise = (options: object) => new DepthwiseConv2D({ kernelSize: 3, ...options });

export const CASES: readonly Case[] = [
  ...ACTIVATIONS.flatMap((activation) => [
    chain(`Activation ${activation}`, [new Activation({ activation })]),
    chain(`Conv2D with ${activation}`, [conv({ activation })]),
  ]),
  chain('Activation leakyRelu', [new Activation({ activation: 'leakyRelu' })]),
  lacking("'leakyRelu'", chain('Dense with leakyRelu', [new Dense({ units: 4, activation: 'leakyRelu' })])),
  lacking("'hardSigmoid'", chain('Activation hardSigmoid', [new Activation({ activation: 'hardSigmoid' })])),
  lacking("'hardSwish'", chain('Activation hardSwish', [new Activation({ activation: 'hardSwish' })])),
  chain('Conv2D same, strides 2', [conv({ padding: 'same', strides: 2 })]),
  chain('Conv2D same on even sizes', [conv({ padding: 'same', strides: 2, useBias: false })], [8, 6, 2]),
  chain('Conv2D [2,3], strides [2,1]', [conv({ kernelSize: [2, 3], strides: [2, 1], padding: 'same' })]),
  chain('Conv2D dilated', [conv({ dilationRate: 2, padding: 'same' })]),
  chain('Conv2D padding 2', [conv({ padding: 2 })]),
  chain('Conv2D padding [[2,0],[1,3]]', [
    conv({
      padding: [
        [2, 0],
        [1, 3],
      ],
      strides: 2,
    }),
  ]),
  chain('DepthwiseConv2D same', [depthwise({ padding: 'same', depthMultiplier: 2, activation: 'relu6' })]),
  chain('DepthwiseConv2D strides 2', [depthwise({ strides: 2, useBias: false })]),
  chain('DepthwiseConv2D padding 1', [depthwise({ padding: 1 })]),
  lacking('dilationRate', chain('DepthwiseConv2D dilated', [depthwise({ dilationRate: 2 })])),
  chain('SeparableConv2D', [new SeparableConv2D({ filters: 5, kernelSize: 3, padding: 'same', depthMultiplier: 2 })]),
  chain('SeparableConv2D without bias', [new SeparableConv2D({ filters: 5, kernelSize: 3, useBias: false })]),
  chain('Dense of pixels', [new Dense({ units: 4, activation: 'tanh' })]),
  chain('Dense of rows', [new Reshape({ targetShape: [21, 9] }), new Dense({ units: 4, useBias: false })]),
  chain('Dense of vectors', [new Dense({ units: 4 }), new Dense({ units: 2, useBias: false })], [5]),
  chain('BatchNormalization', [new BatchNormalization()]),
  chain('BatchNormalization without gamma and beta', [new BatchNormalization({ center: false, scale: false })]),
  chain('BatchNormalization of vectors', [new BatchNormalization({ epsilon: 0.1 })], [5]),
  chain('LayerNormalization', [new LayerNormalization()]),
  chain('LayerNormalization of axes 1 and 3', [new LayerNormalization({ axis: [1, 3] })]),
  chain('LayerNormalization of vectors', [new LayerNormalization({ center: false })], [5]),
  chain('ReLU', [new ReLU()]),
  chain('ReLU to 6', [new ReLU({ maxValue: 1.5 })]),
  chain('ReLU with a slope', [new ReLU({ negativeSlope: 0.3 })]),
  lacking('threshold', chain('ReLU with all', [new ReLU({ maxValue: 1.5, negativeSlope: 0.3, threshold: 0.5 })])),
  chain('Softmax', [new Softmax()]),
  lacking('last axis', chain('Softmax along rows', [new Softmax({ axis: 1 })])),
  chain('Dropout', [
    new Dropout({ rate: 0.5 }),
    new SpatialDropout2D({ rate: 0.5 }),
    new StochasticDepth({ rate: 0.5 }),
  ]),
  chain('MaxPooling2D of padded pixels, which are 0', [
    new ZeroPadding2D({ padding: 1 }),
    new MaxPooling2D({ poolSize: 3 }),
  ]),
  chain('MaxPooling2D', [new MaxPooling2D()]),
  chain('MaxPooling2D same', [new MaxPooling2D({ poolSize: 3, strides: 2, padding: 'same' })]),
  lacking('padding', chain('MaxPooling2D padding 1', [new MaxPooling2D({ poolSize: 3, strides: 2, padding: 1 })])),
  chain('AveragePooling2D', [new AveragePooling2D({ poolSize: [2, 3] })]),
  chain('AveragePooling2D same', [new AveragePooling2D({ poolSize: 3, strides: 2, padding: 'same' })]),
  chain('GlobalAveragePooling2D', [new GlobalAveragePooling2D()]),
  chain('GlobalMaxPooling2D keepDims', [new GlobalMaxPooling2D({ keepDims: true })]),
  chain('ZeroPadding2D', [new ZeroPadding2D()]),
  chain('ZeroPadding2D [1,2]', [new ZeroPadding2D({ padding: [1, 2] })]),
  chain('ZeroPadding2D [[1,0],[2,3]]', [
    new ZeroPadding2D({
      padding: [
        [1, 0],
        [2, 3],
      ],
    }),
  ]),
  chain('Flatten', [new Flatten(), new Dense({ units: 3 })]),
  chain('Flatten of one pixel', [new GlobalAveragePooling2D({ keepDims: true }), new Flatten()]),
  chain('Flatten of one channel', [new Flatten()], [4, 5, 1]),
  chain('Reshape to a vector', [new Reshape({ targetShape: [-1] })]),
  chain('Reshape to another image', [new Reshape({ targetShape: [9, 3, -1] })]),
  chain('Reshape to one channel', [new Reshape({ targetShape: [27, 7, 1] }), conv({})]),
  chain('Reshape of a vector', [new Reshape({ targetShape: [2, 3, 2] })], [12]),
  chain('Rescaling', [new Rescaling({ scale: 1 / 127.5, offset: -1 })]),
  chain('Rescaling by channel', [new Rescaling({ scale: [1, 2, 3], offset: [0.5, -1, 0] })]),
  chain('Normalization', [new Normalization({ mean: [1, 2, 3], variance: [1, 4, 0.5] })]),
  chain('Normalization inverted', [new Normalization({ mean: 0.5, variance: 2, invert: true })]),
  lacking('Resizing', chain('Resizing', [new Resizing({ height: 10, width: 5 })])),
  lacking('Resizing', chain('Resizing nearest', [new Resizing({ height: 5, width: 14, interpolation: 'nearest' })])),
  lacking(
    'LocalResponse',
    chain(
      'LocalResponseNormalization',
      [new LocalResponseNormalization({ depthRadius: 2, bias: 2, alpha: 0.3, beta: 0.75 })],
      [4, 4, 8],
    ),
  ),
  chain('random augmentation', [
    new RandomFlip(),
    new RandomRotation({ factor: 0.1 }),
    new RandomZoom({ heightFactor: 0.1 }),
    new RandomTranslation({ heightFactor: 0.1, widthFactor: 0.1 }),
  ]),
  graph('Add', (x) => new Add().apply([x, x.pipe(conv({ filters: 3, padding: 'same' })), x])),
  graph('Add of one', (x) => new Add().apply([x])),
  graph('Multiply by the weights of channels', (x) => {
    const weights = x.pipe(new GlobalAveragePooling2D({ keepDims: true }), conv({ filters: 3, kernelSize: 1 }));
    return new Multiply().apply([x, weights]);
  }),
  graph('Concatenate', (x) => new Concatenate().apply([x, x.pipe(conv({ padding: 'same' }))])),
  graph('Concatenate rows', (x) => new Concatenate({ axis: 1 }).apply([x, x])),
  graph('Concatenate columns', (x) => new Concatenate({ axis: -2 }).apply([x, x])),
  graph('Concatenate vectors', (x) => new Concatenate().apply([x, x.pipe(new Dense({ units: 2 }))]), [5]),
  graph('layers that are applied twice', (x) => {
    const shared = conv({ filters: 3, padding: 1 });
    return x.pipe(shared, shared, new BatchNormalization());
  }),
];

/** Random weights for all that begin with zeros or ones: they would hide a mistake. */
export function randomiseWeights(model: Model, seed = 2): void {
  const random = new Random(seed);
  for (const [name, weight] of model.weights) {
    const least = name.endsWith('variance') ? 0.5 : -0.5;
    tidy(() =>
      weight.assign(
        tensor(
          Float32Array.from({ length: weight.size }, () => random.uniform(least, least + 1)),
          weight.shape,
        ),
      ),
    );
  }
}

/** A batch of two for the model. */
export function batchFor({ inputShape }: Model, from = -3, to = 3): { x: Float32Array; shape: number[] } {
  const random = new Random(3);
  const shape = [2, ...inputShape];
  const x = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform(from, to));
  return { x, shape };
}

/** What the model computes, without recording. */
export async function outputOf(model: Model, x: Float32Array, shape: readonly number[]): Promise<Float32Array> {
  const y: Tensor = noGrad(() => tidy(() => model.forward(tensor(x, shape))));
  const values = (await y.data()) as Float32Array;
  y.dispose();
  return values;
}
