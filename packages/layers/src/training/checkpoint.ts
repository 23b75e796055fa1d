/** @file Checkpoints: everything that a run depends on, as the bytes of a safetensors file. */
import { decodeSafetensors, encodeSafetensors, FormatError, type StoredTensor } from '@fer/core';
import type { Logs } from './figures.ts';

export type Tensors = Readonly<Record<string, StoredTensor>>;

/** What is not a tensor. */
export interface Progress {
  /** Epochs that are done. */
  readonly epoch: number;
  /** Batches that are done in the epoch at hand. */
  readonly batch: number;
  readonly seed: number;
  /** The generator of dropout, augmentation and mixing. */
  readonly random: readonly number[];
  /** Sums over the epoch at hand. */
  readonly means: { readonly sums: readonly number[]; readonly examples: number };
  readonly history: readonly Logs[];
  /** Why training ended for good. */
  readonly stopped?: string | undefined;
  readonly optimizer: string;
  /** Steps in the moving average. */
  readonly averaged?: number | undefined;
  /** Each callback's class and numbers, in their order. */
  readonly callbacks: readonly { readonly className: string; readonly values: unknown }[];
}

export interface Checkpoint {
  readonly progress: Progress;
  /** By what they belong to: `weights`, `averages`, `optimizer`, `callbacks/0`, ... */
  readonly tensors: Readonly<Record<string, Tensors>>;
}

const FORMAT = 'fer-training-1';

export function encodeCheckpoint({ progress, tensors }: Checkpoint): Uint8Array {
  const named = Object.entries(tensors).flatMap(([owner, entries]) =>
    Object.entries(entries).map(([name, tensor]) => [`${owner}:${name}`, tensor]),
  );
  const metadata = { format: FORMAT, training: JSON.stringify(progress, nonFiniteAsText) };
  return encodeSafetensors(Object.fromEntries(named), metadata);
}

/** @throws FormatError if the bytes are no checkpoint */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors: named, metadata } = decodeSafetensors(bytes);
  if (metadata.format !== FORMAT || metadata.training === undefined)
    throw new FormatError('resume', `the file is no checkpoint of a training: its format is ${metadata.format}`);
  const tensors: Record<string, Record<string, StoredTensor>> = {};
  for (const [key, tensor] of Object.entries(named)) {
    const [owner, name] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)];
    tensors[owner] ??= {};
    tensors[owner][name] = tensor;
  }
  return { progress: parseProgress(metadata.training), tensors };
}

function parseProgress(text: string): Progress {
  try {
    return JSON.parse(text, textAsNonFinite) as Progress;
  } catch (error) {
    throw new FormatError('resume', `the state of the training is not JSON: ${(error as Error).message}`);
  }
}

/** JSON has neither NaN nor infinities, which a loss can be. */
function nonFiniteAsText(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function textAsNonFinite(_key: string, value: unknown): unknown {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
}
