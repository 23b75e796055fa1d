/** @file Our layers as tfjs-layers' configurations. */
import { ArgumentError, type Shape } from '@fer/core';
import { type ActivationName, type AnyLayer, isOfNamedClass, type ZeroPadding2D } from '@fer/layers';
import { affineOf } from './affine.ts';

/** A layer of tfjs. */
export interface TfjsLayer {
  readonly className: string;
  /** Without its name. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Added to our layer's name; that with '' has its weights. */
  readonly suffix: string;
  /** In place of ours. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
}

type Options = Readonly<Record<string, unknown>>;
type Row = (options: Options, layer: AnyLayer, inputShape: Shape) => TfjsLayer[];

const one = (className: string, config: Options = {}): TfjsLayer[] => [{ className, config, suffix: '' }];

/** The same class with the same options: as they are named in Keras, without what only training needs. */
const same: Row = (options, { className }) => one(className, snakeCased(options));

/** In inference their input: left out. */
const nothing: Row = () => [];

/** Whether a number, or a pair of them, is 1, as it is unless given. */
const isOne = (value: unknown = 1) => [value].flat().every((one) => one === 1);

/** Two things become one: a border of zeros and a window that stays within. */
const windowed: Row = (options, layer) => {
  const { className } = layer;
  const { padding, ...others } = options;
  if (!isOne(options.strides) && !isOne(options.dilationRate))
    refuse(layer, 'tfjs has no convolutions with both strides and a dilationRate above 1');
  const config = snakeCased(others);
  if (padding === undefined || typeof padding === 'string')
    return one(className, { ...config, padding: padding ?? 'valid' });
  const borders = typeof padding === 'number' ? [padding, padding] : padding;
  return [
    { className: 'ZeroPadding2D', config: { padding: borders }, suffix: '_pad' },
    ...one(className, { ...config, padding: 'valid' }),
  ];
};

const depthwise: Row = (options, layer, inputShape) => {
  if (!isOne(options.dilationRate)) refuse(layer, 'tfjs ignores the dilationRate of depthwise convolutions');
  return windowed(options, layer, inputShape);
};

const pooling: Row = (options, layer, inputShape) => {
  if (options.padding !== undefined && typeof options.padding !== 'string')
    refuse(layer, 'tfjs pools with the padding "same" or "valid" alone');
  return same(options, layer, inputShape);
};

const globalPooling: Row = ({ keepDims }, { className }, inputShape) => [
  ...one(className),
  ...(keepDims ? [{ className: 'Reshape', config: { target_shape: [1, 1, inputShape[2]] }, suffix: '_map' }] : []),
];

const relu: Row = ({ maxValue, negativeSlope = 0, threshold = 0 }, layer) => {
  if (threshold !== 0) refuse(layer, "tfjs' ReLU has no threshold");
  if (negativeSlope === 0) return one('ReLU', maxValue === undefined ? {} : { max_value: maxValue });
  if (maxValue !== undefined) refuse(layer, "tfjs' LeakyReLU has no maximum");
  return one('LeakyReLU', { alpha: negativeSlope });
};

/** The sizes of a dropout's mask, null where they are the input's. */
const masked = (shapeOf: (inputShape: Shape) => (number | null)[]): Row => {
  return ({ rate }, _, inputShape) => one('Dropout', { rate, noise_shape: shapeOf(inputShape) });
};

/** tfjs counts from the start: its Softmax has axis 1 unless given, and its Concatenate mistakes negative ones. */
const alongAxis: Row = ({ axis = -1, ...options }, layer, inputShape) => {
  const absolute = [axis as number | number[]].flat().map((one) => (one < 0 ? one + inputShape.length + 1 : one));
  return same({ ...options, axis: absolute.length === 1 ? absolute[0] : absolute }, layer, inputShape);
};

const softmax: Row = (options, layer, inputShape) => {
  const { axis = -1 } = options;
  if (axis !== -1 && axis !== inputShape.length) refuse(layer, "tfjs' Softmax works along the last axis alone");
  return alongAxis(options, layer, inputShape);
};

/** A batch normalisation whose statistics do nothing: a variance that epsilon makes 1. */
const affine: Row = (_, layer, inputShape) => {
  const channels = inputShape.at(-1) ?? 1;
  const { scale, offset } = affineOf(layer, channels) ?? refuse(layer, 'is not affine');
  const epsilon = 1e-3;
  const weights = {
    gamma: scale,
    beta: offset,
    moving_mean: new Float32Array(channels),
    moving_variance: new Float32Array(channels).fill(1 - epsilon),
  };
  return [{ className: 'BatchNormalization', config: { epsilon, trainable: false }, suffix: '', weights }];
};

const ROWS: Readonly<Record<string, Row>> = {
  // the slope that the activation has
  Activation: (options, layer, shape) =>
    options.activation === 'leakyRelu' ? one('LeakyReLU', { alpha: 0.2 }) : same(options, layer, shape),
  Add: same,
  AveragePooling2D: pooling,
  BatchNormalization: same,
  Concatenate: alongAxis,
  Conv2D: windowed,
  Dense: same,
  DepthwiseConv2D: depthwise,
  Dropout: same,
  // tfjs refuses vectors, which stay as they are
  Flatten: (options, layer, shape) => (shape.length === 1 ? [] : same(options, layer, shape)),
  GlobalAveragePooling2D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  LayerNormalization: alongAxis,
  MaxPooling2D: pooling,
  Multiply: same,
  Normalization: affine,
  RandomFlip: nothing,
  RandomRotation: nothing,
  RandomTranslation: nothing,
  RandomZoom: nothing,
  ReLU: relu,
  Rescaling: affine,
  Reshape: same,
  SeparableConv2D: windowed,
  Softmax: softmax,
  SpatialDropout2D: masked(() => [null, 1, 1, null]),
  StochasticDepth: masked((inputShape) => [null, ...inputShape.map(() => 1)]),
  // tfjs takes one number for both sides, but not beside a pair
  ZeroPadding2D: (_, layer) => one('ZeroPadding2D', { padding: (layer as ZeroPadding2D).borders }),
};

/** What computes the same in tfjs: these layers, one after the other. @throws ArgumentError if nothing does */
export function tfjsLayers(layer: AnyLayer, inputShapes: readonly Shape[]): TfjsLayer[] {
  const row = Object.hasOwn(ROWS, layer.className) && isOfNamedClass(layer) ? ROWS[layer.className] : undefined;
  if (!row) return refuse(layer, 'tfjs-layers has none like it');
  // tfjs merges two or more
  if (layer.merges && inputShapes.length === 1) return one('Activation', { activation: 'linear' });
  const options = layer.options as Options;
  const { activation } = options;
  const renamed = activation === undefined ? {} : { activation: activationName(layer, activation as ActivationName) };
  return row({ ...options, ...renamed }, layer, inputShapes[0] ?? []);
}

/** Those of tfjs that compute the same; its hard sigmoid is another. leakyRelu is a layer there. */
const ACTIVATIONS: Partial<Readonly<Record<ActivationName, string>>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  swish: 'swish',
  gelu: 'gelu',
  softplus: 'softplus',
  softmax: 'softmax',
  logSoftmax: 'log_softmax',
};

function activationName(layer: AnyLayer, activation: ActivationName): string {
  if (layer.className === 'Activation' && activation === 'leakyRelu') return activation;
  return ACTIVATIONS[activation] ?? refuse(layer, `tfjs-layers has no activation like '${activation}'`);
}

function refuse({ label }: AnyLayer, problem: string): never {
  throw new ArgumentError('exportTfjs', `${label}: ${problem}`);
}

/** Options that only a layer's name, its start or its training needs. */
const isForTraining = (option: string) => /^(name|trainable)$|(Initializer|Regularizer|Constraint)$/.test(option);

function snakeCased(options: Options): Options {
  const entries = Object.entries(options).filter(([option, value]) => !isForTraining(option) && value !== undefined);
  return Object.fromEntries(
    entries.map(([option, value]) => [option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
