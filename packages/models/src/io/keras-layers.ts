/** @file Keras' layers, from their configurations. */
import type { Shape } from '@fer/core';
import { type AnyLayer, layerFromConfig } from '@fer/layers';
import { asString, fail, isObject, type JsonObject, print } from './json.ts';
import {
  activation,
  axes,
  boolean,
  camelCase,
  constraint,
  initializer,
  number,
  numbers,
  type Reading,
  regularizer,
  sizes,
  string,
} from './keras-values.ts';

type Read = (reading: Reading, value: unknown, key: string) => unknown;

/** How each option is read, whatever layer it belongs to. */
const OPTIONS: Readonly<Record<string, Read>> = {
  activation,
  axis: axes,
  center: boolean,
  depth_multiplier: number,
  dilation_rate: numbers,
  epsilon: number,
  factor: numbers,
  fill_mode: string,
  fill_value: number,
  filters: number,
  height: number,
  height_factor: numbers,
  interpolation: string,
  invert: boolean,
  keepdims: boolean,
  kernel_size: numbers,
  max_value: number,
  mean: numbers,
  mode: (reading, value, key) => camelCase(asString(reading, key, value)),
  momentum: number,
  negative_slope: number,
  noise_shape: sizes,
  offset: numbers,
  padding: (reading, value, key) => (typeof value === 'string' ? value : numbers(reading, value, key)),
  pool_size: numbers,
  rate: number,
  scale: (reading, value, key) => (typeof value === 'boolean' ? value : numbers(reading, value, key)),
  strides: numbers,
  // tfjs writes null for -1
  target_shape: (reading, value, key) => sizes(reading, value, key).map((size) => size ?? -1),
  threshold: number,
  units: number,
  use_bias: boolean,
  variance: numbers,
  width: number,
  width_factor: numbers,
};

/** Options by their endings. */
function readOf(key: string): Read | undefined {
  if (key.endsWith('_initializer')) return initializer;
  if (key.endsWith('_regularizer')) return regularizer;
  return key.endsWith('_constraint') ? constraint : OPTIONS[key];
}

const weights = (...names: string[]) =>
  names.flatMap((name) => [`${name}_initializer`, `${name}_regularizer`, `${name}_constraint`]);

const WINDOW = ['kernel_size', 'strides', 'padding', 'dilation_rate'];
const POOLING = ['pool_size', 'strides', 'padding'];
const SAMPLING = ['fill_mode', 'interpolation', 'fill_value'];

/** The options of the layers that have ours as counterparts, of the same name. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  Activation: ['activation'],
  Add: [],
  AveragePooling2D: POOLING,
  BatchNormalization: [
    ...['axis', 'momentum', 'epsilon', 'center', 'scale', 'moving_mean_initializer', 'moving_variance_initializer'],
    ...weights('gamma', 'beta'),
  ],
  Concatenate: ['axis'],
  Conv2D: ['filters', ...WINDOW, 'activation', 'use_bias', ...weights('kernel', 'bias')],
  Dense: ['units', 'activation', 'use_bias', ...weights('kernel', 'bias')],
  DepthwiseConv2D: ['depth_multiplier', ...WINDOW, 'activation', 'use_bias', ...weights('depthwise', 'bias')],
  Dropout: ['rate', 'noise_shape'],
  Flatten: [],
  GlobalAveragePooling2D: ['keepdims'],
  GlobalMaxPooling2D: ['keepdims'],
  LayerNormalization: ['axis', 'epsilon', 'center', 'scale', ...weights('gamma', 'beta')],
  MaxPooling2D: POOLING,
  Multiply: [],
  Normalization: ['axis', 'mean', 'variance', 'invert'],
  RandomFlip: ['mode'],
  RandomRotation: ['factor', ...SAMPLING],
  RandomTranslation: ['height_factor', 'width_factor', ...SAMPLING],
  RandomZoom: ['height_factor', 'width_factor', ...SAMPLING],
  ReLU: ['max_value', 'negative_slope', 'threshold'],
  Rescaling: ['scale', 'offset'],
  Reshape: ['target_shape'],
  Resizing: ['height', 'width', 'interpolation'],
  SeparableConv2D: [
    ...['filters', 'depth_multiplier', ...WINDOW, 'activation', 'use_bias'],
    ...weights('depthwise', 'pointwise', 'bias'),
  ],
  Softmax: ['axis'],
  SpatialDropout2D: ['rate'],
  ZeroPadding2D: ['padding'],
};

/** Those of them that have no default. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Activation: ['activation'],
  Conv2D: ['filters', 'kernel_size'],
  Dense: ['units'],
  DepthwiseConv2D: ['kernel_size'],
  Dropout: ['rate'],
  Normalization: ['mean', 'variance'],
  RandomRotation: ['factor'],
  RandomTranslation: ['height_factor', 'width_factor'],
  RandomZoom: ['height_factor'],
  Rescaling: ['scale'],
  Reshape: ['target_shape'],
  Resizing: ['height', 'width'],
  SeparableConv2D: ['filters', 'kernel_size'],
  SpatialDropout2D: ['rate'],
};

/** Options that are not ours, and the values that change nothing: all, if none are listed. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly unknown[]>> = {
  name: [],
  trainable: [],
  seed: [],
  batch_input_shape: [],
  batch_shape: [],
  input_shape: [],
  autocast: [],
  fused: [],
  dtype: ['float32'],
  input_dtype: ['float32'],
  data_format: ['channels_last'],
  groups: [1],
  renorm: [false],
  renorm_momentum: [],
  synchronized: [false],
  rms_scaling: [false],
  crop_to_aspect_ratio: [false],
  pad_to_aspect_ratio: [false],
  antialias: [false],
};

/** The same of single classes. */
const WITHOUT_EFFECT_IN: Readonly<Record<string, typeof WITHOUT_EFFECT>> = {
  // what fills the sides that pad_to_aspect_ratio adds, which is refused
  Resizing: { fill_mode: [], fill_value: [] },
  // Keras 2 writes a Conv2D's options too, of a weight that the layer does not have
  SeparableConv2D: Object.fromEntries(weights('kernel').map((option) => [option, []])),
};

/**
 * The layer that a configuration describes.
 * @param inputShape of one example, for layers that one input
 * @throws FormatError for classes and options without counterparts, ArgumentError for values that the layer refuses
 */
export function layerFromKeras(
  reading: Reading,
  className: string,
  config: JsonObject,
  inputShape: Shape | undefined,
): AnyLayer {
  const { class: name, options } = counterpart(reading, className, config);
  const names = Object.hasOwn(LAYERS, name) ? LAYERS[name] : undefined;
  if (!names) return fail(reading, `there is no counterpart to the layer class '${className}'`);
  const given = Object.entries(options).filter(([, value]) => value !== null);
  const absent = REQUIRED[name]?.find((key) => !given.some(([option]) => option === key));
  if (absent) return fail(reading, `option ${absent} is missing`);
  const entries = given.flatMap(([key, value]) => {
    if (names.includes(key))
      return [[key === 'keepdims' ? 'keepDims' : camelCase(key), readOf(key)?.(reading, value, key)]];
    checkWithoutEffect(reading, name, key, value);
    return [];
  });
  const { axis, ...rest } = Object.fromEntries(entries);
  if (axis !== undefined && LAST_AXIS_ONLY.has(name)) checkLastAxis(reading, axis, inputShape);
  return layerFromConfig(name, {
    ...rest,
    ...(axis !== undefined && !LAST_AXIS_ONLY.has(name) && { axis }),
    name: asString(reading, 'name', config.name),
    ...(config.trainable === false && { trainable: false }),
  });
}

/** Classes that are a case of another of ours. */
function counterpart(reading: Reading, className: string, config: JsonObject): { class: string; options: JsonObject } {
  if (className === 'LeakyReLU') {
    const { alpha, negative_slope = alpha ?? 0.3, ...options } = config;
    return { class: 'ReLU', options: { ...options, negative_slope } };
  }
  if (className === 'ELU') {
    const { alpha = 1, ...options } = config;
    if (alpha !== 1) return fail(reading, `alpha ${print(alpha)} is not supported, only 1`);
    return { class: 'Activation', options: { ...options, activation: 'elu' } };
  }
  return { class: className, options: config };
}

function checkWithoutEffect(reading: Reading, className: string, key: string, value: unknown): void {
  const known = { ...WITHOUT_EFFECT, ...WITHOUT_EFFECT_IN[className] };
  const values = Object.hasOwn(known, key) ? known[key] : undefined;
  // Keras 3 wraps a type in a policy
  const plain = key === 'dtype' && isObject(value) && isObject(value.config) ? value.config.name : value;
  if (!values || (values.length > 0 && !values.includes(plain)))
    fail(reading, `option ${key} = ${print(value)} is not supported`);
}

const LAST_AXIS_ONLY = new Set(['BatchNormalization', 'Normalization']);

function checkLastAxis(reading: Reading, axis: unknown, inputShape: Shape | undefined): void {
  const last = inputShape?.length;
  if (axis !== -1 && axis !== last) fail(reading, `axis ${print(axis)} is not supported, only the last`);
}
