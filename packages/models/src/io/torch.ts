/** @file Weights of PyTorch networks, in safetensors files. */
import { ArgumentError, decodeSafetensors, FormatError, type Shape, type StoredTensor } from '@fer/core';
import {
  Activation,
  BatchNormalization,
  Dense,
  Dropout,
  Flatten,
  LayerNormalization,
  type Model,
  Normalization,
  ReLU,
  Rescaling,
  Reshape,
  Softmax,
  StochasticDepth,
  type SymbolicTensor,
} from '@fer/layers';
import { assignWeights, type StoredWeight, type WeightReport } from './assign.ts';
import { openFile } from './files.ts';
import type { LoadKerasWeightsOptions } from './import.ts';
import { transposed } from './transposed.ts';

export interface LoadTorchWeightsOptions extends LoadKerasWeightsOptions {
  /** What the model calls a module, such as `features.0.0`; the same unless given. */
  readonly names?: Readonly<Record<string, string>> | ((module: string) => string);
}

/** What our layers may call a module's tensor. */
const WEIGHTS: Readonly<Record<string, readonly string[]>> = {
  weight: ['kernel', 'depthwise_kernel', 'gamma'],
  bias: ['bias', 'beta'],
  running_mean: ['moving_mean'],
  running_var: ['moving_variance'],
};

/** Counts batches, which no layer of ours does. */
const IGNORED = /(^|\.)num_batches_tracked$/;

/**
 * Loads the weights of a PyTorch network, `safetensors.torch.save_file(network.state_dict(), path)`, into a model of the same
 * form. Kernels are transposed; what belongs to a map, flattened or not, takes its pixels in our order.
 * @returns which weights were loaded, and which were not
 * @throws ArgumentError if the file cannot be read, or a layer may have changed the order of a flattened map, or makes one of a vector;
 *   FormatError if it is damaged; WeightsError, if strict, naming the weights that are missing, unexpected or misshapen. No weight
 *   is changed then.
 */
export async function loadTorchWeights(
  model: Model,
  source: string | URL | Uint8Array | ArrayBuffer,
  { names = {}, read, strict = true }: LoadTorchWeightsOptions = {},
): Promise<WeightReport> {
  checkMaps(model);
  const { bytes } = await openFile('loadTorchWeights', source, read);
  const layerOf = typeof names === 'function' ? names : (module: string) => names[module] ?? module;
  const stored = Object.entries(decodeSafetensors(bytes).tensors)
    .filter(([path]) => !IGNORED.test(path))
    .map(([path, tensor]) => storedWeight(model, path, tensor, layerOf));
  return assignWeights('loadTorchWeights', model, stored, strict);
}

function storedWeight(
  model: Model,
  path: string,
  tensor: StoredTensor,
  layerOf: (module: string) => string,
): StoredWeight {
  const [, module = '', kind = path] = /^(.*)\.([^.]*)$/.exec(path) ?? [];
  const layer = layerOf(module);
  const names = (WEIGHTS[kind] ?? [kind]).map((weight) => `${layer}/${weight}`);
  const name = names.find((candidate) => model.weights.has(candidate));
  const ours = name === undefined ? undefined : model.weights.get(name)?.shape;
  if (name === undefined || ours === undefined)
    return { path, names, shape: tensor.shape, read: () => floatsOf(path, tensor) };
  const { torch, view, order } = layoutOf(name, ours, flattenedBefore(model, layer));
  if (`${torch}` === `${tensor.shape}`)
    return { path, names, shape: ours, read: () => transposed(floatsOf(path, tensor), view, order) };
  const read = () => {
    throw new FormatError('loadTorchWeights', `'${path}' is [${tensor.shape}] in place of [${torch}]`);
  };
  return { path, names, shape: inOurOrder(name, tensor.shape), read };
}

/** A shape as ours would be, to be compared with it. */
function inOurOrder(name: string, torch: Shape): Shape {
  const [outputs = 0, inputs = 0, ...pixels] = torch;
  if (isNormalising(name)) return torch.length === 3 ? [inputs, ...pixels, outputs] : torch;
  return torch.length === 2 || torch.length === 4 ? [...pixels, inputs, outputs] : torch;
}

/** Whether it has an element for each that a normalisation sees, in the order of these: that of a map or of others. */
const isNormalising = (name: string) => /\/(gamma|beta)$/.test(name);

interface Layout {
  /** PyTorch's shape of the weight. */
  readonly torch: Shape;
  /** The same elements with all axes apart. */
  readonly view: Shape;
  /** Those axes as they are in ours. */
  readonly order: readonly number[];
}

/** @param map What the layer's input vectors, if that is what it takes, were before a Flatten. */
function layoutOf(name: string, ours: Shape, map: Shape | undefined): Layout {
  const [a = 0, b = 0, c = 0, d = 0] = ours;
  const [height = 0, width = 0, channels = 0] = map ?? [];
  if (name.endsWith('/depthwise_kernel')) return { torch: [c * d, 1, a, b], view: [c, d, a, b], order: [2, 3, 0, 1] };
  if (ours.length === 3 && isNormalising(name)) return { torch: [c, a, b], view: [c, a, b], order: [1, 2, 0] };
  if (ours.length === 4) return { torch: [d, c, a, b], view: [d, c, a, b], order: [2, 3, 1, 0] };
  if (ours.length === 2 && map) return { torch: [b, a], view: [b, channels, height, width], order: [2, 3, 1, 0] };
  if (ours.length === 2 && !isNormalising(name)) return { torch: [b, a], view: [b, a], order: [1, 0] };
  // a factor for each input, but for biases, of which there is one for each output
  if (map && !name.endsWith('/bias')) return { torch: ours, view: [channels, height, width], order: [1, 2, 0] };
  return { torch: ours, view: ours, order: ours.map((_, axis) => axis) };
}

/** Layers that leave the elements of vectors where they are; classes made from these may not. */
const KEEP_ORDER = new Set<unknown>([
  Activation,
  BatchNormalization,
  Dropout,
  Flatten,
  LayerNormalization,
  Normalization,
  ReLU,
  Rescaling,
  Reshape,
  Softmax,
  StochasticDepth,
]);

/**
 * The shape [H, W, C] of the map that a layer's input vectors were.
 * @throws ArgumentError if a layer that may have changed the order comes between
 */
function flattenedBefore(model: Model, layerName: string): Shape | undefined {
  const [before] = model.order.find(({ layer }) => layer?.name === layerName)?.inputs ?? [];
  return before && mapBehind(before);
}

/**
 * A vector made a map: PyTorch's view(C, H, W) of it is another map than ours.
 * @throws ArgumentError unless the elements are in one order either way
 */
function checkMaps(model: Model): void {
  for (const { layer, shape, inputs } of model.order) {
    const [before] = inputs;
    if (!(layer instanceof Reshape) || shape.length !== 3 || !before) continue;
    const map = before.shape.length === 3 ? before.shape : mapBehind(before);
    if (`${map}` === `${shape}` || [shape, map ?? []].every(isInOneOrder)) continue;
    throw new ArgumentError('loadTorchWeights', `in which order ${layer.label} makes a map [${shape}] is not known`);
  }
}

/** Whether a map has one pixel or one channel: its elements are then in the same order in PyTorch. */
const isInOneOrder = ([height = 1, width = 1, channels = 1]: Shape) => height * width === 1 || channels === 1;

function mapBehind({ shape, layer, inputs }: SymbolicTensor): Shape | undefined {
  const [before] = inputs;
  if (shape.length !== 1 || !layer || !before) return undefined;
  if (before.shape.length === 3) return layer instanceof Flatten || layer instanceof Reshape ? before.shape : undefined;
  // its units are in the same order in PyTorch
  if (layer instanceof Dense) return undefined;
  const map = inputs.map(mapBehind).find((shape) => shape !== undefined);
  if (map && !KEEP_ORDER.has(layer.constructor))
    throw new ArgumentError('loadTorchWeights', `in which order ${layer.label} has what was flattened is not known`);
  return map;
}

/** @throws FormatError for integers and booleans */
function floatsOf(path: string, { dtype, data }: StoredTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return new Float32Array(data);
  throw new FormatError('loadTorchWeights', `weights are floats but '${path}' is ${dtype}`);
}
