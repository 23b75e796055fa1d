/** @file Weights of PyTorch networks, in safetensors files. */
import { decodeSafetensors, FormatError, type Shape, type StoredTensor } from '@fer/core';
import { Flatten, type Model } from '@fer/layers';
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
 * form. Kernels are transposed, and those behind a Flatten take a map's pixels in our order.
 * @returns which weights were loaded, and which were not
 * @throws ArgumentError if the file cannot be read, FormatError if it is damaged; WeightsError, if strict, naming the weights
 *   that are missing, unexpected or misshapen. No weight is changed then.
 */
export async function loadTorchWeights(
  model: Model,
  source: string | URL | Uint8Array | ArrayBuffer,
  { names = {}, read, strict = true }: LoadTorchWeightsOptions = {},
): Promise<WeightReport> {
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
    return { path, names, shape: tensor.shape, read: () => new Float32Array() };
  const { torch, view, order } = layoutOf(name, ours, flattenedBy(model, layer));
  const fits = `${torch}` === `${tensor.shape}`;
  return {
    path,
    names,
    shape: fits ? ours : tensor.shape,
    read: () => transposed(floatsOf(path, tensor), view, order),
  };
}

interface Layout {
  /** PyTorch's shape of the weight. */
  readonly torch: Shape;
  /** The same elements with all axes apart. */
  readonly view: Shape;
  /** Those axes as they are in ours. */
  readonly order: readonly number[];
}

/** @param flattened The map, if any, that the layer's input vectors were. */
function layoutOf(name: string, ours: Shape, flattened: Shape | undefined): Layout {
  const [a = 0, b = 0, c = 0, d = 0] = ours;
  if (name.endsWith('/depthwise_kernel')) return { torch: [c * d, 1, a, b], view: [c, d, a, b], order: [2, 3, 0, 1] };
  if (ours.length === 4) return { torch: [d, c, a, b], view: [d, c, a, b], order: [2, 3, 1, 0] };
  if (ours.length !== 2) return { torch: ours, view: ours, order: ours.map((_, axis) => axis) };
  if (flattened === undefined) return { torch: [b, a], view: [b, a], order: [1, 0] };
  const [height = 0, width = 0, channels = 0] = flattened;
  return { torch: [b, a], view: [b, channels, height, width], order: [2, 3, 1, 0] };
}

/** The shape [H, W, C] that a Flatten before the layer made vectors of, with nothing but functions of elements in between. */
function flattenedBy(model: Model, layerName: string): Shape | undefined {
  let at = model.order.find(({ layer }) => layer?.name === layerName)?.inputs[0];
  while (at && at.inputs.length === 1) {
    const [before] = at.inputs;
    if (at.layer instanceof Flatten) return before?.shape.length === 3 ? before.shape : undefined;
    if (`${before?.shape}` !== `${at.shape}`) return undefined;
    at = before;
  }
  return undefined;
}

/** @throws FormatError for integers */
function floatsOf(path: string, { dtype, data }: StoredTensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return new Float32Array(data);
  throw new FormatError('loadTorchWeights', `weights are floats but '${path}' is ${dtype}`);
}
