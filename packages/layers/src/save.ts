/** @file Models in files: safetensors with the configuration in the metadata. */
import { ArgumentError, decodeSafetensors, encodeSafetensors, FormatError, type StoredTensor } from '@fer/core';
import type { ModelConfig } from './config.ts';
import { readBytes, writeAtomically } from './files.ts';
import { modelFromConfig } from './from-config.ts';
import type { Model } from './model.ts';
import { dequantized, quantized } from './quantization.ts';
import { checkNumbers, misshapenOf, type NameDifferences, WeightsError } from './state.ts';
import { uploaded } from './stored.ts';
import type { AnyLayer } from './symbolic.ts';

export interface SaveOptions {
  /**
   * Of the weights in the file: 'float16' halves its size, and rounds; 'uint8' quarters it, with 256 levels for each channel of
   * a kernel. 'float32' unless given.
   */
  readonly dtype?: 'float32' | 'float16' | 'uint8';
  /** What else the file should say. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of a file, its path in Node, or its address anywhere. */
export type FileSource = Uint8Array | string | URL;

/** Where the metadata keep the configuration, as JSON. */
const CONFIG = 'model';

/**
 * A model as the bytes of a safetensors file.
 * @throws ArgumentError if a weight is too large for float16 or not finite for uint8, a layer's options are not JSON, or metadata
 *   has an entry `model`
 */
export async function encodeModel(
  model: Model,
  { dtype = 'float32', metadata }: SaveOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (metadata && CONFIG in metadata)
    throw new ArgumentError('encodeModel', `metadata must not have '${CONFIG}', which is where the configuration goes`);
  const config = JSON.stringify(model.toConfig());
  return encodeSafetensors(storedAs(dtype, await model.stateDict()), { ...metadata, [CONFIG]: config });
}

function storedAs(dtype: SaveOptions['dtype'], weights: Record<string, StoredTensor>): Record<string, StoredTensor> {
  if (dtype === 'uint8') return quantized(weights);
  const tensors = Object.entries(weights).map(([name, tensor]) => [name, { ...tensor, dtype } as StoredTensor]);
  return Object.fromEntries(tensors);
}

/** Writes a model to a file, in Node. An older file of that name stays whole until the new one is. */
export async function saveModel(model: Model, path: string, options?: SaveOptions): Promise<void> {
  await writeAtomically(path, await encodeModel(model, options));
}

/**
 * The model in a file.
 * @throws ArgumentError if the file cannot be read, FormatError for bytes that are no such file, WeightsError if its weights are
 *   not its model's
 */
export async function loadModel(source: FileSource): Promise<Model> {
  const { metadata, ...file } = decodeSafetensors(await bytesOf('loadModel', source));
  const tensors = dequantized(file.tensors);
  const unused = new Set(Object.keys(tensors));
  const model = modelFromConfig(parseConfig(metadata[CONFIG]), (name, shape) => {
    const tensor = unused.delete(name) ? tensors[name] : undefined;
    if (!tensor) throw new WeightsError('loadModel', { missing: [name] });
    const misshapen = misshapenOf(name, shape, tensor);
    if (misshapen) throw new WeightsError('loadModel', { misshapen: [misshapen] });
    checkNumbers('loadModel', name, tensor);
    return uploaded(tensor);
  });
  if (unused.size === 0) return model;
  model.dispose();
  throw new WeightsError('loadModel', { unexpected: [...unused] });
}

/**
 * Loads the weights in a file into a model that exists, or into a layer. See Layer.loadStateDict.
 * @throws ArgumentError if the file cannot be read, FormatError for bytes that are no such file, WeightsError
 */
export async function loadWeights(
  target: AnyLayer,
  source: FileSource,
  options?: { readonly strict?: boolean },
): Promise<NameDifferences> {
  return target.loadStateDict(dequantized(decodeSafetensors(await bytesOf('loadWeights', source)).tensors), options);
}

async function bytesOf(operator: string, source: FileSource): Promise<Uint8Array> {
  return source instanceof Uint8Array ? source : readBytes(operator, source);
}

function parseConfig(json: string | undefined): ModelConfig {
  if (json === undefined) throw new FormatError('loadModel', 'the file has weights but no model; use loadWeights');
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new FormatError('loadModel', `the model's configuration is not JSON: ${error}`);
  }
}
