/** @file Keras' HDF5 files: whole models, and weights alone. */
import { FerError, FormatError } from '@fer/core';
import type { Dataset, File } from 'h5wasm';
import type { StoredWeight } from './assign.ts';
import { isObject } from './json.ts';
import type { KerasFile } from './keras-file.ts';
import { namesOf } from './weight-names.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export const isHdf5 = (bytes: Uint8Array) => SIGNATURE.every((byte, i) => bytes[i] === byte);

let opened = 0;

/** Opens an HDF5 file for as long as `use` runs. @throws FormatError if it is damaged, or not as Keras writes them */
export async function withHdf5<T>(operator: string, bytes: Uint8Array, use: (file: KerasFile) => T): Promise<T> {
  const hdf5 = await import('h5wasm');
  const module = await hdf5.ready;
  const path = `/keras-${opened++}.h5`;
  module.FS.writeFile(path, bytes);
  // without it, errors are printed and numbers made up; the library is shared, so it is only for what follows at once
  module.activate_throwing_error_handler();
  let file: File | undefined;
  try {
    file = new hdf5.File(path, 'r');
    return use(contentOf(operator, file));
  } catch (error) {
    if (error instanceof FerError) throw error;
    throw new FormatError(operator, `the HDF5 file is damaged: ${error instanceof Error ? error.message : error}`);
  } finally {
    close(file);
    module.deactivate_throwing_error_handler();
    module.FS.unlink(path);
  }
}

/** A file that does not open has none to close; one that does not close is forgotten with its bytes. */
function close(file: File | undefined): void {
  try {
    file?.close();
  } catch {}
}

function contentOf(operator: string, file: File): KerasFile {
  const { model_config, keras_version } = file.attrs;
  const isWhole = file.keys().includes('model_weights');
  const root = isWhole ? 'model_weights/' : '';
  const datasets = file
    .paths()
    .filter((path) => path.startsWith(root))
    .flatMap((path) => {
      const entity = file.get(path);
      return isDataset(entity) ? [{ path: path.slice(root.length), dataset: entity }] : [];
    });
  const unnamed = datasets.find(({ path }) => /(^|\/)vars\/\d+$/.test(path));
  if (unnamed)
    throw new FormatError(
      operator,
      `the weights have numbers in place of names ('${unnamed.path}'), as in .weights.h5 of Keras 3; save the whole model as .h5`,
    );
  return {
    topology: model_config && parseConfig(operator, text(model_config.value)),
    kerasVersion: keras_version && text(keras_version.value),
    weights: datasets.map(({ path, dataset }) => storedWeight(operator, path, dataset)),
  };
}

/** By what it has: its class is loaded only with the library. */
const isDataset = (entity: unknown): entity is Dataset => isObject(entity) && entity.type === 'Dataset';

/** Strings of one element come as arrays. */
const text = (value: unknown) => String(value);

function parseConfig(operator: string, config: string): unknown {
  try {
    return JSON.parse(config);
  } catch (error) {
    throw new FormatError(operator, `model_config is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function storedWeight(operator: string, path: string, dataset: Dataset): StoredWeight {
  return {
    path,
    names: namesOf(path),
    shape: dataset.shape ?? [],
    read() {
      const { value } = dataset;
      // numbers of one element come bare
      const values = typeof value === 'number' ? [value] : value;
      if (values instanceof Float32Array) return values;
      if (values instanceof Float64Array || values instanceof Int32Array || Array.isArray(values))
        return Float32Array.from(values as ArrayLike<number>);
      throw new FormatError(operator, `weight '${path}' has elements of type ${dataset.dtype}, which are not floats`);
    },
  };
}
