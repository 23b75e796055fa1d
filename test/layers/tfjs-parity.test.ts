/**
 * @file Layers against tfjs-layers' on the same weights and inputs: results, gradients, moving statistics. tfjs'
 * Resizing has no half-pixel centres and so is none to compare with.
 */
import '@tensorflow/tfjs-backend-cpu';
import { mul, Parameter, Random, type Shape, setBackend, sum, tensor } from '@fer/core';
import {
  Activation,
  type ActivationName,
  Add,
  type AnyLayer,
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  LayerNormalization,
  MaxPooling2D,
  Multiply,
  ReLU,
  Rescaling,
  Reshape,
  SeparableConv2D,
  Softmax,
  ZeroPadding2D,
} from '@fer/layers';
import * as tf from '@tensorflow/tfjs-core';
import { layers as tfjs } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { distinct, type Input, uniform } from '../inputs.ts';

/** Both add up some hundred terms of order 1 in float32. */
const TOLERANCE = 2e-5;
const BATCH = 3;

type TfjsLayer = tfjs.Layer;
type Case = [name: string, ours: AnyLayer, theirs: TfjsLayer, ...inputShapes: Shape[]];

const image = [7, 6, 3];
const vector = [10];
/** Keras' names of activations that tfjs defines as we do: its hardSigmoid is Keras 2's. */
const activations = [
  'linear',
  'elu',
  'relu',
  'relu6',
  'sigmoid',
  'softplus',
  'tanh',
  'softmax',
  'gelu',
  'swish',
] as const satisfies readonly ActivationName[];
const convolution = { kernelSize: 3, activation: 'relu' as const };
const strided = {
  kernelSize: [2, 3] as [number, number],
  strides: [1, 2] as [number, number],
  padding: 'same' as const,
};

const cases: Case[] = [
  ['Dense', new Dense({ units: 4 }), tfjs.dense({ units: 4 }), vector],
  [
    'Dense with an activation',
    new Dense({ units: 4, activation: 'tanh' }),
    tfjs.dense({ units: 4, activation: 'tanh' }),
    vector,
  ],
  ['Dense on images', new Dense({ units: 4, useBias: false }), tfjs.dense({ units: 4, useBias: false }), image],
  ['Conv2D', new Conv2D({ filters: 4, ...convolution }), tfjs.conv2d({ filters: 4, ...convolution }), image],
  ['Conv2D with strides', new Conv2D({ filters: 2, ...strided }), tfjs.conv2d({ filters: 2, ...strided }), image],
  ['DepthwiseConv2D', new DepthwiseConv2D(convolution), tfjs.depthwiseConv2d(convolution), image],
  [
    'DepthwiseConv2D with strides',
    new DepthwiseConv2D({ kernelSize: 3, strides: 2, padding: 'same', depthMultiplier: 2, useBias: false }),
    tfjs.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same', depthMultiplier: 2, useBias: false }),
    image,
  ],
  [
    'SeparableConv2D',
    new SeparableConv2D({ filters: 4, depthMultiplier: 2, ...convolution }),
    tfjs.separableConv2d({ filters: 4, depthMultiplier: 2, ...convolution }),
    image,
  ],
  ['BatchNormalization', new BatchNormalization({ momentum: 0.9 }), tfjs.batchNormalization({ momentum: 0.9 }), image],
  ['LayerNormalization', new LayerNormalization(), tfjs.layerNormalization(), image],
  [
    'LayerNormalization of images',
    new LayerNormalization({ axis: [1, 2, 3], epsilon: 0.1 }),
    tfjs.layerNormalization({ axis: [1, 2, 3], epsilon: 0.1 }),
    image,
  ],
  ...activations.map(
    (activation): Case => [
      `Activation '${activation}'`,
      new Activation({ activation }),
      tfjs.activation({ activation }),
      vector,
    ],
  ),
  ['ReLU', new ReLU(), tfjs.reLU(), image],
  ['ReLU with a largest value', new ReLU({ maxValue: 1 }), tfjs.reLU({ maxValue: 1 }), image],
  ['ReLU with a negative slope', new ReLU({ negativeSlope: 0.3 }), tfjs.leakyReLU({ alpha: 0.3 }), image],
  ['Softmax', new Softmax(), tfjs.softmax(), vector],
  ['MaxPooling2D', new MaxPooling2D(), tfjs.maxPooling2d({ poolSize: 2 }), image],
  [
    'MaxPooling2D with overlap',
    new MaxPooling2D({ poolSize: 3, strides: 2, padding: 'same' }),
    tfjs.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    image,
  ],
  ['AveragePooling2D', new AveragePooling2D(), tfjs.averagePooling2d({ poolSize: 2 }), image],
  [
    'AveragePooling2D with overlap',
    new AveragePooling2D({ poolSize: [3, 2], strides: [2, 1] }),
    tfjs.averagePooling2d({ poolSize: [3, 2], strides: [2, 1] }),
    image,
  ],
  ['GlobalAveragePooling2D', new GlobalAveragePooling2D(), tfjs.globalAveragePooling2d({}), image],
  ['GlobalMaxPooling2D', new GlobalMaxPooling2D(), tfjs.globalMaxPooling2d({}), image],
  ['ZeroPadding2D', new ZeroPadding2D(), tfjs.zeroPadding2d(), image],
  [
    'ZeroPadding2D on each side',
    new ZeroPadding2D({
      padding: [
        [0, 1],
        [2, 3],
      ],
    }),
    tfjs.zeroPadding2d({
      padding: [
        [0, 1],
        [2, 3],
      ],
    }),
    image,
  ],
  ['Flatten', new Flatten(), tfjs.flatten(), image],
  ['Reshape', new Reshape({ targetShape: [-1, 9] }), tfjs.reshape({ targetShape: [-1, 9] }), image],
  ['Rescaling', new Rescaling({ scale: 2, offset: -1 }), tfjs.rescaling({ scale: 2, offset: -1 }), image],
  ['Add', new Add(), tfjs.add(), image, image, image],
  ['Multiply', new Multiply(), tfjs.multiply(), image, [1, 1, 3]],
  ['Concatenate', new Concatenate(), tfjs.concatenate(), image, [7, 6, 1]],
  ['Concatenate along the height', new Concatenate({ axis: 1 }), tfjs.concatenate({ axis: 1 }), image, [2, 6, 3]],
];

/** tfjs has no gradient for these: dilation, batch-norm without gamma, comparisons; or one that counts padding. */
const withoutGradients: Case[] = [
  [
    'Conv2D with dilation',
    new Conv2D({ filters: 2, kernelSize: 2, dilationRate: 2, useBias: false }),
    tfjs.conv2d({ filters: 2, kernelSize: 2, dilationRate: 2, useBias: false }),
    image,
  ],
  [
    'BatchNormalization, bare',
    new BatchNormalization({ center: false, scale: false, epsilon: 0.01 }),
    tfjs.batchNormalization({ center: false, scale: false, epsilon: 0.01 }),
    vector,
  ],
  ['ReLU with a threshold', new ReLU({ threshold: 0.7 }), tfjs.thresholdedReLU({ theta: 0.7 }), image],
  [
    'AveragePooling2D with padding',
    new AveragePooling2D({ poolSize: 3, strides: 2, padding: 'same' }),
    tfjs.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    image,
  ],
];

/** The only layer here that computes something else in training, and nothing at random. */
const inTraining: Case[] = [
  ['BatchNormalization of images', new BatchNormalization(), tfjs.batchNormalization(), image],
  [
    'BatchNormalization of vectors',
    new BatchNormalization({ momentum: 0.5 }),
    tfjs.batchNormalization({ momentum: 0.5 }),
    vector,
  ],
];

describe('as tfjs computes it', () => {
  beforeAll(async () => {
    await setBackend('simd');
    await tf.setBackend('cpu');
  });
  for (const testCase of cases) it(testCase[0], () => compareLayers(testCase, {}));
  for (const testCase of inTraining)
    it(`${testCase[0]} in training`, () => compareLayers(testCase, { training: true }));
  for (const testCase of withoutGradients)
    it(`the result of ${testCase[0]}`, () => compareLayers(testCase, { gradients: false }));
});

interface Mode {
  readonly training?: boolean;
  readonly gradients?: boolean;
}

async function compareLayers([, ours, theirs, ...shapes]: Case, mode: Mode): Promise<void> {
  const random = new Random(1);
  const inputs = shapes.map((shape) => distinct([BATCH, ...shape])(random));
  const outputShape = ours.outputShape((ours.merges ? shapes : shapes[0]) as never);
  const factors = uniform([BATCH, ...outputShape], -1, 1)(random);
  ours.build((ours.merges ? shapes : shapes[0]) as never, random);
  const batchShapes = inputs.map(({ shape }) => [...shape]);
  theirs.build(ours.merges ? batchShapes : (batchShapes[0] as number[]));
  setWeights(ours, theirs, random);

  const mine = await differentiateOurs(ours, inputs, factors, mode);
  const other = await differentiateTheirs(theirs, inputs, factors, mode);
  expect(Object.keys(mine)).toEqual(Object.keys(other));
  for (const [what, values] of Object.entries(mine)) {
    expect(values.length, what).toBeGreaterThan(0);
    expectNumbersClose(values, other[what] as ArrayLike<number>, TOLERANCE, what);
  }
}

/** Random ones, for both. Variances are positive. */
function setWeights(ours: AnyLayer, theirs: TfjsLayer, random: Random): void {
  const weights = [...ours.weights].map(([name, weight]) => {
    const [from, to] = name === 'moving_variance' ? [0.5, 1.5] : [-1, 1];
    const { values, shape } = uniform(weight.shape, from, to)(random);
    weight.assign(tensor(Float32Array.from(values), shape));
    return tf.tensor([...values], [...shape]);
  });
  theirs.setWeights(weights);
}

/** The result, the gradients of its sum with these factors by inputs and weights, and the weights afterwards. */
type Results = Record<string, ArrayLike<number>>;

async function differentiateOurs(
  layer: AnyLayer,
  inputs: readonly Input[],
  factors: Input,
  { training = false, gradients = true }: Mode,
): Promise<Results> {
  const variables = inputs.map(({ values, shape }) => new Parameter(tensor(Float32Array.from(values), shape)));
  const output = layer.forward((layer.merges ? variables : variables[0]) as never, { training });
  if (!gradients) return { output: await output.data() };
  sum(mul(output, tensor(Float32Array.from(factors.values), factors.shape))).backward();
  const results: Results = { output: await output.data() };
  for (const [i, { grad }] of variables.entries()) results[`gradient by input ${i}`] = (await grad?.data()) ?? [];
  for (const [name, weight] of layer.weights) {
    results[`${name} afterwards`] = await weight.data();
    if (weight.trainable) results[`gradient by ${name}`] = (await weight.grad?.data()) ?? [];
  }
  return results;
}

async function differentiateTheirs(
  layer: TfjsLayer,
  inputs: readonly Input[],
  factors: Input,
  { training = false, gradients = true }: Mode,
): Promise<Results> {
  const variables = inputs.map(({ values, shape }) => tf.variable(tf.tensor([...values], [...shape])));
  const weights = layer.weights.map((weight) => weight.read() as tf.Variable);
  const apply = () =>
    layer.apply(variables.length > 1 ? variables : (variables[0] as tf.Variable), { training }) as tf.Tensor;
  if (!gradients) return { output: await apply().data() };
  let output = tf.scalar(0) as tf.Tensor;
  const { grads } = tf.variableGrads(() => {
    output = tf.keep(apply());
    return tf.sum(tf.mul(output, tf.tensor([...factors.values], [...factors.shape])));
  }, [...variables, ...weights.filter(({ trainable }) => trainable)]);
  const results: Results = { output: await output.data() };
  for (const [i, { name }] of variables.entries())
    results[`gradient by input ${i}`] = (await grads[name]?.data()) ?? [];
  for (const [i, weight] of weights.entries()) {
    const name = (layer.weights[i]?.originalName ?? '').split('/').at(-1);
    results[`${name} afterwards`] = await weight.data();
    if (weight.trainable) results[`gradient by ${name}`] = (await grads[weight.name]?.data()) ?? [];
  }
  return results;
}
