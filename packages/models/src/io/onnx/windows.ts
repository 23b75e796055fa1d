/** @file Convolutions and poolings as ONNX operators. */
import { type Pair, pair, type Shape, window2d } from '@fer/core';
import type { Conv2D, DepthwiseConv2D, Pooling2DOptions, SeparableConv2D } from '@fer/layers';
import { transposed } from '../transposed.ts';
import { emitActivation } from './activations.ts';
import type { Emission } from './emission.ts';
import type { Attributes } from './graph.ts';

interface WindowOptions extends Pick<Pooling2DOptions, 'padding'> {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly dilationRate: Pair;
}

/** How the window slides over images of that shape. */
function windowAttributes(label: string, [height, width, channels]: Shape, options: WindowOptions): Attributes {
  const { kernelSize, strides, padding = 'valid', dilationRate: dilation } = options;
  const [kernelHeight, kernelWidth] = pair(label, 'kernelSize', kernelSize);
  const window = window2d(
    label,
    { shape: [1, height ?? 0, width ?? 0, channels ?? 0] },
    { kernelHeight, kernelWidth, outChannels: 1 },
    { strides, padding, dilation },
  );
  const { strideY, strideX, dilationY, dilationX, padTop, padLeft, inHeight, inWidth, outHeight, outWidth } = window;
  // as much as the last window needs
  const after = (out: number, stride: number, reach: number, size: number, before: number) =>
    Math.max(0, (out - 1) * stride + reach - size - before);
  const padBottom = after(outHeight, strideY, (kernelHeight - 1) * dilationY + 1, inHeight, padTop);
  const padRight = after(outWidth, strideX, (kernelWidth - 1) * dilationX + 1, inWidth, padLeft);
  return {
    kernel_shape: { ints: [kernelHeight, kernelWidth] },
    strides: { ints: [strideY, strideX] },
    pads: { ints: [padTop, padLeft, padBottom, padRight] },
    ...((dilationY > 1 || dilationX > 1) && { dilations: { ints: [dilationY, dilationX] } }),
  };
}

function convolutionAttributes(layer: Conv2D | DepthwiseConv2D | SeparableConv2D, inputShape: Shape): Attributes {
  const { kernelSize, strides = 1, padding = 'valid', dilationRate = 1 } = layer.options;
  return windowAttributes(layer.label, inputShape, { kernelSize, strides, padding, dilationRate });
}

/** The kernel [kh, kw, in, out] as [out, in, kh, kw]. */
function kernel({ graph, weight }: Emission, name: string): string {
  const { name: full, shape, data } = weight(name);
  const order = [3, 2, 0, 1];
  return graph.weight(
    full,
    order.map((axis) => shape[axis] as number),
    () => transposed(data, shape, order),
  );
}

/** The kernel [kh, kw, in, multiplier] as [in * multiplier, 1, kh, kw]. */
function depthwiseKernel({ graph, weight }: Emission): string {
  const { name, shape, data } = weight('depthwise_kernel');
  const [height = 0, width = 0, channels = 0, multiplier = 0] = shape;
  return graph.weight(name, [channels * multiplier, 1, height, width], () => transposed(data, shape, [2, 3, 0, 1]));
}

/** One input less without a bias. */
function biasOf({ graph, weight }: Emission, useBias = true): string[] {
  if (!useBias) return [];
  const { name, shape, data } = weight('bias');
  return [graph.weight(name, shape, () => data)];
}

export function emitConv2D(layer: Conv2D, emission: Emission): string {
  const { graph, x, inputShape } = emission;
  const inputs = [x, kernel(emission, 'kernel'), ...biasOf(emission, layer.options.useBias)];
  const y = graph.node('Conv', inputs, convolutionAttributes(layer, inputShape));
  return emitActivation(graph, y, layer.options.activation);
}

export function emitDepthwiseConv2D(layer: DepthwiseConv2D, emission: Emission): string {
  const inputs = [emission.x, depthwiseKernel(emission), ...biasOf(emission, layer.options.useBias)];
  const y = emission.graph.node('Conv', inputs, depthwiseAttributes(layer, emission.inputShape));
  return emitActivation(emission.graph, y, layer.options.activation);
}

export function emitSeparableConv2D(layer: SeparableConv2D, emission: Emission): string {
  const { graph, x, inputShape } = emission;
  const between = graph.node('Conv', [x, depthwiseKernel(emission)], depthwiseAttributes(layer, inputShape));
  const inputs = [between, kernel(emission, 'pointwise_kernel'), ...biasOf(emission, layer.options.useBias)];
  return emitActivation(graph, graph.node('Conv', inputs), layer.options.activation);
}

function depthwiseAttributes(layer: DepthwiseConv2D | SeparableConv2D, inputShape: Shape): Attributes {
  return { ...convolutionAttributes(layer, inputShape), group: { int: inputShape[2] ?? 0 } };
}

/** ONNX's averages leave padding out by default, as ours. */
export function emitPooling(
  operator: 'MaxPool' | 'AveragePool',
  { poolSize = 2, strides = poolSize, padding = 'valid' }: Pooling2DOptions,
  { graph, x, inputShape }: Emission,
): string {
  const options = { kernelSize: poolSize, strides, padding, dilationRate: 1 };
  // onnxruntime merges a Pad into the MaxPool after it, where what is padded is no zero any more: Max of one keeps them apart
  const input = operator === 'MaxPool' && x.startsWith('Pad_') ? graph.node('Max', [x]) : x;
  return graph.node(operator, [input], windowAttributes(operator, inputShape, options));
}
