/** @file Files that Keras and tfjs-layers write: HDF5, or JSON with shards beside it. */
import { FormatError } from '@fer/core';
import type { StoredWeight } from './assign.ts';
import { type KerasSource, openFile, type ReadFile } from './files.ts';
import { isHdf5, withHdf5 } from './hdf5.ts';
import { parseLayersModel } from './layers-model.ts';

/** What both kinds of files hold. */
export interface KerasFile {
  /** The topology, as parsed JSON, if the file has one. */
  readonly topology: unknown;
  /** Of the Keras that wrote the file, such as 2.15.0, if it says so. */
  readonly kerasVersion: string | undefined;
  readonly weights: readonly StoredWeight[];
}

/** Opens a file for as long as `use` runs. @throws FormatError if it is neither HDF5 nor JSON, or damaged */
export async function withKerasFile<T>(
  operator: string,
  source: KerasSource,
  read: ReadFile | undefined,
  use: (file: KerasFile) => T,
): Promise<T> {
  const { bytes, beside } = await openFile(operator, source, read);
  if (isHdf5(bytes)) return withHdf5(operator, bytes, use);
  const file = await parseLayersModel(operator, parseJson(operator, bytes), beside);
  try {
    return use(file);
  } catch (error) {
    // the end of the call stack, or of memory
    if (error instanceof RangeError) throw new FormatError(operator, `no model can be that large: ${error.message}`);
    throw error;
  }
}

function parseJson(operator: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FormatError(
      operator,
      `the file is neither HDF5 nor JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
}
