/** @file Each layer as ONNX operators, in inference. */
import { ArgumentError, type Shape } from '@fer/core';
import {
  type Activation,
  type AnyLayer,
  type AveragePooling2D,
  type BatchNormalization,
  type Concatenate,
  type Dense,
  type GlobalPooling2DOptions,
  isOfNamedClass,
  type LayerNormalization,
  type LocalResponseNormalization,
  type MaxPooling2D,
  type ReLU,
  type Resizing,
  type Softmax,
  type ZeroPadding2D,
} from '@fer/layers';
import { affineOf } from '../affine.ts';
import { transposed } from '../transposed.ts';
import { emitActivation } from './activations.ts';
import type { Emission } from './emission.ts';
import { onnxAxis, toChannelsLast, toChannelsSecond } from './layout.ts';
import { emitConv2D, emitDepthwiseConv2D, emitPooling, emitSeparableConv2D } from './windows.ts';

/** Adds a layer's operators. @returns the name of its result @throws ArgumentError for layers that ONNX cannot express */
export function emitLayer(layer: AnyLayer, emission: Emission): string {
  const emit =
    Object.hasOwn(EMITTERS, layer.className) && isOfNamedClass(layer) ? EMITTERS[layer.className] : undefined;
  if (!emit) throw new ArgumentError('exportOnnx', `${layer.label} has no counterpart in ONNX`);
  return emit(layer as never, emission);
}

const nothing = (_: AnyLayer, { x }: Emission) => x;

const EMITTERS: Readonly<Record<string, (layer: never, emission: Emission) => string>> = {
  Activation: ({ options }: Activation, { graph, x }) => emitActivation(graph, x, options.activation),
  Add: (_, { graph, inputs }) => graph.node('Sum', inputs),
  AveragePooling2D: ({ options }: AveragePooling2D, emission) => emitPooling('AveragePool', options, emission),
  BatchNormalization: emitBatchNormalization,
  Concatenate: ({ options: { axis = -1 } }: Concatenate, { graph, inputs, inputShape }) =>
    graph.node('Concat', inputs, { axis: { int: onnxAxis(axis, inputShape.length + 1) } }),
  Conv2D: emitConv2D,
  Dense: emitDense,
  DepthwiseConv2D: emitDepthwiseConv2D,
  Dropout: nothing,
  Flatten: emitReshape,
  GlobalAveragePooling2D: globalPooling('GlobalAveragePool'),
  GlobalMaxPooling2D: globalPooling('GlobalMaxPool'),
  LayerNormalization: emitLayerNormalization,
  LocalResponseNormalization: emitLocalResponseNormalization,
  MaxPooling2D: ({ options }: MaxPooling2D, emission) => emitPooling('MaxPool', options, emission),
  Multiply: (_, { graph, inputs }) => inputs.reduce((product, x) => graph.node('Mul', [product, x])),
  Normalization: emitAffine,
  RandomFlip: nothing,
  RandomRotation: nothing,
  RandomTranslation: nothing,
  RandomZoom: nothing,
  ReLU: emitReLU,
  Rescaling: emitAffine,
  Reshape: emitReshape,
  Resizing: emitResizing,
  SeparableConv2D: emitSeparableConv2D,
  Softmax: ({ options: { axis = -1 } }: Softmax, { graph, x, inputShape }) =>
    graph.node('Softmax', [x], { axis: { int: onnxAxis(axis, inputShape.length + 1) } }),
  SpatialDropout2D: nothing,
  StochasticDepth: nothing,
  ZeroPadding2D: emitZeroPadding2D,
};

function globalPooling(operator: string) {
  return ({ options }: { readonly options: GlobalPooling2DOptions }, { graph, x }: Emission) => {
    const map = graph.node(operator, [x]);
    return options.keepDims ? map : graph.node('Flatten', [map], { axis: { int: 1 } });
  };
}

/** Of vectors; of each pixel as a convolution of 1x1. */
function emitDense({ options }: Dense, { graph, x, inputShape, weight }: Emission): string {
  const { name, shape, data } = weight('kernel');
  const [inputs = 0, units = 0] = shape;
  const bias = options.useBias === false ? [] : [weight('bias')];
  const biases = bias.map((own) => graph.weight(own.name, own.shape, () => own.data));
  if (inputShape.length === 1) {
    const y = graph.node('Gemm', [x, graph.weight(name, shape, () => data), ...biases]);
    return emitActivation(graph, y, options.activation);
  }
  const pixel = inputShape.slice(1).map(() => 1);
  const kernel = graph.weight(name, [units, inputs, ...pixel], () => transposed(data, shape, [1, 0]));
  return emitActivation(graph, graph.node('Conv', [x, kernel, ...biases]), options.activation);
}

function emitBatchNormalization(
  { options, epsilon, name }: BatchNormalization,
  { graph, x, inputShape, weight }: Emission,
): string {
  const { center = true, scale = true } = options;
  const channels = inputShape.slice(-1);
  const own = (part: string) => {
    const { name: full, shape, data } = weight(part);
    return graph.weight(full, shape, () => data);
  };
  const filled = (part: string, value: number) =>
    graph.weight(`${name}/${part}`, channels, () => new Float32Array(channels[0] ?? 0).fill(value));
  const gamma = scale ? own('gamma') : filled('gamma', 1);
  const beta = center ? own('beta') : filled('beta', 0);
  const inputs = [x, gamma, beta, own('moving_mean'), own('moving_variance')];
  return graph.node('BatchNormalization', inputs, { epsilon: { float: epsilon } });
}

function emitLayerNormalization(
  { options, epsilon }: LayerNormalization,
  { graph, x, inputShape, weight }: Emission,
): string {
  const { axis = -1, center = true, scale = true } = options;
  const rank = inputShape.length + 1;
  const axes = [axis].flat().map((one) => (one < 0 ? one + rank : one));
  const mean = (y: string) => {
    const ints = axes.map((one) => onnxAxis(one, rank)).sort((a, b) => a - b);
    return graph.node('ReduceMean', [y], { axes: { ints }, keepdims: { int: 1 } });
  };
  // gamma and beta have the sizes of the axes, and 1 elsewhere
  const aligned = (part: string) => {
    const { name, data } = weight(part);
    const ours = [1, ...inputShape.map((size, i) => (axes.includes(i + 1) ? size : 1))];
    const order = toChannelsSecond(rank);
    return graph.weight(
      name,
      order.map((one) => ours[one] as number),
      () => transposed(data, ours, order),
    );
  };
  const centred = graph.node('Sub', [x, mean(x)]);
  const variance = graph.node('Add', [mean(graph.node('Mul', [centred, centred])), graph.float(epsilon)]);
  const normal = graph.node('Div', [centred, graph.node('Sqrt', [variance])]);
  const scaled = scale ? graph.node('Mul', [normal, aligned('gamma')]) : normal;
  return center ? graph.node('Add', [scaled, aligned('beta')]) : scaled;
}

/** ONNX divides alpha by the number of channels. */
function emitLocalResponseNormalization({ options }: LocalResponseNormalization, { graph, x }: Emission): string {
  const { depthRadius = 5, bias = 1, alpha = 1, beta = 0.5 } = options;
  const size = 2 * depthRadius + 1;
  return graph.node('LRN', [x], {
    size: { int: size },
    alpha: { float: alpha * size },
    beta: { float: beta },
    bias: { float: bias },
  });
}

function emitReLU({ options }: ReLU, { graph, x }: Emission): string {
  const { maxValue, negativeSlope = 0, threshold = 0 } = options;
  const above =
    threshold === 0 ? graph.node('Relu', [x]) : graph.node('ThresholdedRelu', [x], { alpha: { float: threshold } });
  const limited = maxValue === undefined ? above : graph.node('Min', [above, graph.float(maxValue)]);
  if (negativeSlope === 0) return limited;
  const below = graph.node('Relu', [graph.node('Sub', [graph.float(threshold), x])]);
  return graph.node('Sub', [limited, graph.node('Mul', [below, graph.float(negativeSlope)])]);
}

function emitAffine(layer: AnyLayer, { graph, x, inputShape }: Emission): string {
  const channels = inputShape.at(-1) ?? 1;
  const affine = affineOf(layer, channels);
  if (!affine) throw new ArgumentError('exportOnnx', `${layer.label} is not affine`);
  const shape = [channels, ...inputShape.slice(1).map(() => 1)];
  const scale = graph.weight(`${layer.name}/scale`, shape, () => affine.scale);
  const offset = graph.weight(`${layer.name}/offset`, shape, () => affine.offset);
  return graph.node('Add', [graph.node('Mul', [x, scale]), offset]);
}

/** Whether channels last and channels second are the same elements in the same order. */
const isSameInBoth = (shape: Shape) => shape.at(-1) === 1 || shape.slice(0, -1).every((size) => size === 1);

/** Elements keep the order that they have with channels last. */
function emitReshape(_: AnyLayer, { graph, x, inputShape, outputShape }: Emission): string {
  const last = isSameInBoth(inputShape)
    ? x
    : graph.node('Transpose', [x], { perm: { ints: toChannelsLast(inputShape.length + 1) } });
  const order = toChannelsSecond(outputShape.length + 1);
  const batch = [0, ...outputShape]; // 0: as it was
  if (!isSameInBoth(outputShape))
    return graph.node('Transpose', [graph.node('Reshape', [last, graph.ints(batch)])], { perm: { ints: order } });
  return graph.node('Reshape', [last, graph.ints(order.map((axis) => batch[axis] as number))]);
}

/** By half-pixel centres, as ours. The batch's size is read from x. */
function emitResizing({ options }: Resizing, { graph, x, inputShape }: Emission): string {
  const { height, width, interpolation = 'bilinear' } = options;
  const batch = graph.node('Shape', [x], { start: { int: 0 }, end: { int: 1 } });
  const sizes = graph.node('Concat', [batch, graph.ints([inputShape[2] as number, height, width])], {
    axis: { int: 0 },
  });
  return graph.node('Resize', [x, '', '', sizes], {
    coordinate_transformation_mode: 'half_pixel',
    ...(interpolation === 'bilinear' ? { mode: 'linear' } : { mode: 'nearest', nearest_mode: 'round_prefer_ceil' }),
  });
}

function emitZeroPadding2D({ borders: [[top, bottom], [left, right]] }: ZeroPadding2D, { graph, x }: Emission): string {
  return graph.node('Pad', [x, graph.ints([0, 0, top, left, 0, 0, bottom, right])]);
}
