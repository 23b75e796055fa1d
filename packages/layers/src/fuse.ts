/** @file Networks with fewer layers that compute the same in inference. */
import { add, mul, neg, type Padding, reshape, rsqrt, type Tensor } from '@fer/core';
import { inKernel } from './activations.ts';
import type { LayerOptions } from './layer.ts';
import {
  Activation,
  BatchNormalization,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  isIdentity,
  ReLU,
  SeparableConv2D,
  ZeroPadding2D,
} from './layers/index.ts';
import type { Model, ModelOptions } from './model.ts';
import { type AnyLayer, argumentOf, input, type SymbolicTensor } from './symbolic.ts';

type ActivationName = Activation['options']['activation'];

/** A layer of the network to come, as it will be made. */
interface Piece {
  /** What it is a copy of, but for options and weights; none for the model's input. */
  readonly layer: AnyLayer | undefined;
  readonly inputs: readonly Piece[];
  readonly options: Record<string, unknown>;
  readonly weights: Map<string, Tensor>;
  /** Whether nothing else uses its result, or its weights: what follows can become part of it. */
  exclusive: boolean;
}

/** What `Model.fuse` makes a model of. */
export function fused(model: Model): ModelOptions {
  const pieces = piecesOf(model);
  const weights = new Map<string, Tensor>();
  const copies = new Map<AnyLayer | undefined, AnyLayer>();
  const results = new Map<Piece, SymbolicTensor>();
  const image = input(model.inputShape);
  for (const piece of new Set(pieces.values())) {
    const { layer } = piece;
    if (!layer) results.set(piece, image);
    else {
      const copy = copies.get(layer) ?? copyOf(layer, piece);
      copies.set(layer, copy);
      for (const [name, value] of piece.weights) weights.set(`${layer.name}/${name}`, value);
      const operands = piece.inputs.map((operand) => results.get(operand) as SymbolicTensor);
      results.set(piece, copy.apply(argumentOf(layer, operands)));
    }
  }
  return {
    input: image,
    output: results.get(pieces.get(model.output) as Piece) as SymbolicTensor,
    trainable: false,
    weights: (name) => aliasOf(weights.get(name) as Tensor),
    ...(model.name !== undefined && { name: model.name }),
  };
}

/** Another tensor on the same elements: they are copied when one of the two is updated. */
const aliasOf = (tensor: Tensor) => reshape(tensor, tensor.shape);

function copyOf(layer: AnyLayer, { options }: Piece): AnyLayer {
  const LayerClass = layer.constructor as new (options: LayerOptions) => AnyLayer;
  return new LayerClass({ ...options, name: layer.name ?? '' });
}

/** For each of the model's results the piece that will compute it. */
function piecesOf(model: Model): Map<SymbolicTensor, Piece> {
  const operands = model.order.flatMap(({ inputs }) => inputs);
  const applications = model.order.flatMap(({ layer }) => layer ?? []);
  const once = <T>(items: readonly T[], item: T) => items.indexOf(item) === items.lastIndexOf(item);
  const pieces = new Map<SymbolicTensor, Piece>();
  for (const symbolic of model.order) {
    const { layer } = symbolic;
    const inputs = symbolic.inputs.map((operand) => pieces.get(operand) as Piece);
    const piece = (layer && absorbed(layer, inputs)) ?? newPiece(layer, inputs, !!layer && once(applications, layer));
    if (!once(operands, symbolic)) piece.exclusive = false;
    pieces.set(symbolic, piece);
  }
  return pieces;
}

/** The piece before a layer, if it can do the layer's work too. */
function absorbed(layer: AnyLayer, [before]: readonly Piece[]): Piece | undefined {
  if (!before) return undefined;
  if (isIdentity(layer)) return before;
  const activation = activationOf(layer);
  const kernel = kernelNames.get(before.layer?.constructor);
  if (!kernel || !before.exclusive || (before.options.activation ?? 'linear') !== 'linear') return undefined;
  if (isA(layer, BatchNormalization)) normalise(before, kernel, layer);
  else if (activation) before.options.activation = activation;
  else return undefined;
  return before;
}

/** Whether a layer is of that very class: one made from it may compute something else. */
function isA<T extends AnyLayer>(
  layer: AnyLayer | undefined,
  LayerClass: abstract new (...options: never) => T,
): layer is T {
  return layer?.constructor === LayerClass;
}

/** The weights that scale each output channel, of the layers that can be scaled and activated. */
const kernelNames = new Map<unknown, string>([
  [Conv2D, 'kernel'],
  [DepthwiseConv2D, 'depthwise_kernel'],
  [SeparableConv2D, 'pointwise_kernel'],
  [Dense, 'kernel'],
]);

/** The activation that a layer is, if kernels can apply it. */
function activationOf(layer: AnyLayer): ActivationName | undefined {
  if (isA(layer, Activation)) return inKernel(layer.options.activation);
  if (!isA(layer, ReLU) || layer.options.negativeSlope || layer.options.threshold) return undefined;
  const { maxValue } = layer.options;
  return maxValue === undefined ? 'relu' : maxValue === 6 ? 'relu6' : undefined;
}

/** (x kernel + bias - mean) factor + beta = x (kernel factor) + ((bias - mean) factor + beta) */
function normalise({ weights, options }: Piece, kernelName: string, layer: BatchNormalization): void {
  const [kernel, bias] = [weights.get(kernelName) as Tensor, weights.get('bias')];
  const [mean, variance] = ['moving_mean', 'moving_variance'].map((name) => layer.weights.get(name) as Tensor);
  const [gamma, beta] = ['gamma', 'beta'].map((name) => layer.weights.get(name));
  const inverse = rsqrt(add(variance as Tensor, layer.epsilon));
  const factor = gamma ? mul(gamma, inverse) : inverse;
  const centred = bias ? add(bias, neg(mean as Tensor)) : neg(mean as Tensor);
  const offset = mul(centred, factor);
  // a depthwise kernel's output channels are its last two axes
  const channels = kernelName === 'depthwise_kernel' ? kernel.shape.slice(2) : kernel.shape.slice(-1);
  weights.set(kernelName, mul(kernel, reshape(factor, channels)));
  weights.set('bias', beta ? add(offset, beta) : offset);
  options.useBias = true;
}

function newPiece(layer: AnyLayer | undefined, inputs: readonly Piece[], exclusive: boolean): Piece {
  const weights = new Map<string, Tensor>(layer?.weights);
  const options = { ...layer?.options } as Record<string, unknown>;
  const [before] = inputs;
  const zeros = before?.layer;
  const padding = exclusive && isA(zeros, ZeroPadding2D) && paddingAround(layer, zeros);
  if (!before || !padding) return { layer, inputs, options, weights, exclusive };
  return { layer, inputs: before.inputs, options: { ...options, padding }, weights, exclusive };
}

/** A convolution's own padding and the zeros before it, together; nothing for other layers, and for 'same'. */
function paddingAround(layer: AnyLayer | undefined, { borders }: ZeroPadding2D): Padding | undefined {
  const isConvolution = isA(layer, Conv2D) || isA(layer, DepthwiseConv2D) || isA(layer, SeparableConv2D);
  if (!isConvolution) return undefined;
  const { padding = 'valid' } = layer.options;
  if (padding === 'same') return undefined;
  const own = padding === 'valid' ? 0 : padding;
  const [[top, bottom], [left, right]] = borders;
  const [[ownTop, ownBottom], [ownLeft, ownRight]] =
    typeof own === 'number'
      ? [
          [own, own],
          [own, own],
        ]
      : own;
  return [
    [top + ownTop, bottom + ownBottom],
    [left + ownLeft, right + ownRight],
  ];
}
