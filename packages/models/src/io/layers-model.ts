/**
 * @file tfjs' layers-model format: `model.json` with a topology as Keras writes it and a manifest of weights, whose bytes
 * are in shards beside it, as floats or quantised.
 */
import { FormatError, fromFloat16, type Shape } from '@fer/core';
import type { StoredWeight } from './assign.ts';
import type { ReadFile } from './files.ts';
import { asArray, asNumber, asObject, asShape, asString, fail, isObject, print, type Where } from './json.ts';
import type { KerasFile } from './keras-file.ts';
import { namesOf } from './weight-names.ts';

/** @param beside reads a shard @throws FormatError; ArgumentError for shards that cannot be read */
export async function parseLayersModel(operator: string, json: unknown, beside: ReadFile): Promise<KerasFile> {
  const where = { operator, place: 'model.json' };
  const { format = 'layers-model', modelTopology, weightsManifest = [] } = asObject(where, 'the file', json);
  if (format !== 'layers-model')
    throw new FormatError(operator, `model.json is a ${print(format)}, and only a "layers-model" has layers`);
  const topology = isObject(modelTopology) ? modelTopology : undefined;
  const groups = asArray(where, 'weightsManifest', weightsManifest);
  const weights = await Promise.all(groups.map((group) => parseGroup(where, group, beside)));
  return {
    topology: topology?.model_config ?? topology,
    kerasVersion: typeof topology?.keras_version === 'string' ? topology.keras_version : undefined,
    weights: weights.flat(),
  };
}

/** Weights whose bytes follow each other in the same shards. */
async function parseGroup(where: Where, json: unknown, beside: ReadFile): Promise<StoredWeight[]> {
  const group = asObject(where, 'a group of weightsManifest', json);
  const paths = asArray(where, 'paths', group.paths).map((path) => asString(where, 'a path', path));
  const entries = asArray(where, 'weights', group.weights).map((entry) => parseEntry(where, entry));
  const bytes = joined(await Promise.all(paths.map(beside)));
  const length = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (length !== bytes.length)
    fail(where, `its weights take ${length} bytes but ${paths.join(', ')} have ${bytes.length}`);
  let position = 0;
  return entries.map(({ name, shape, bytes: size, decode }) => {
    const start = position;
    position += size;
    const read = () => decode(bytes.slice(start, start + size).buffer);
    return { path: name, names: namesOf(name), shape, read };
  });
}

function joined(shards: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(shards.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const shard of shards) {
    bytes.set(shard, position);
    position += shard.length;
  }
  return bytes;
}

interface Entry {
  readonly name: string;
  readonly shape: Shape;
  readonly bytes: number;
  readonly decode: Decode;
}

type Decode = (bytes: ArrayBuffer) => Float32Array;

function parseEntry(manifest: Where, json: unknown): Entry {
  const entry = asObject(manifest, 'a weight', json);
  const name = asString(manifest, 'the name of a weight', entry.name);
  const where = { ...manifest, place: `weight '${name}' of ${manifest.place}` };
  const shape = asShape(where, 'shape', entry.shape);
  const size = shape.reduce((product, axis) => product * axis, 1);
  const [width, decode] = entry.quantization
    ? quantised(where, asObject(where, 'quantization', entry.quantization))
    : plain(where, entry.dtype);
  return { name, shape, bytes: width * size, decode };
}

function plain(where: Where, dtype: unknown): [width: number, decode: Decode] {
  if (dtype === 'float32') return [4, (bytes) => new Float32Array(bytes)];
  if (dtype === 'int32') return [4, (bytes) => Float32Array.from(new Int32Array(bytes))];
  return fail(where, `elements of type ${print(dtype)} cannot be weights`);
}

/** Integers are steps from a minimum: value * scale + min. */
function quantised(where: Where, quantization: Readonly<Record<string, unknown>>): [width: number, decode: Decode] {
  const { dtype } = quantization;
  if (dtype === 'float16') return [2, (bytes) => Float32Array.from(new Uint16Array(bytes), fromFloat16)];
  const scale = asNumber(where, 'scale', quantization.scale);
  const min = asNumber(where, 'min', quantization.min);
  const restored = (values: Uint8Array | Uint16Array) => Float32Array.from(values, (value) => value * scale + min);
  if (dtype === 'uint8') return [1, (bytes) => restored(new Uint8Array(bytes))];
  if (dtype === 'uint16') return [2, (bytes) => restored(new Uint16Array(bytes))];
  return fail(where, `cannot restore weights quantised as ${print(dtype)}`);
}
