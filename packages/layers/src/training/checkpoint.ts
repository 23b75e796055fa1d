/** @file Checkpoints: everything that a run depends on, as the bytes of a safetensors file. */
import { ArgumentError, decodeSafetensors, encodeSafetensors, FormatError, type StoredTensor } from '@fer/core';
import type { Logs, MeansState } from './figures.ts';
import type { Trainable } from './trainable.ts';

export type Tensors = Readonly<Record<string, StoredTensor>>;

/** What must be the same in a run that is resumed. */
export interface Identity {
  readonly seed: number;
  /** In an epoch. */
  readonly batches: number;
  /** Where the batches tell; checkpoints of earlier versions have neither. */
  readonly batchSize?: number | undefined;
  readonly examples?: number | undefined;
  readonly figures: string;
  readonly optimizer: string;
  readonly ema: number | null;
  readonly callbacks: string;
  /** JSON of all others that steps depend on. Checkpoints of earlier versions have none. */
  readonly options?: string;
}

/** How far a run has come. */
export interface Progress {
  /** Epochs that are done. */
  readonly epoch: number;
  /** Batches that are done in the epoch at hand. */
  readonly batch: number;
  /** Of the last step. */
  readonly learningRate: number;
  /** The generator of dropout, augmentation and mixing. */
  readonly random: readonly number[];
  /** Of the epoch at hand. */
  readonly means: MeansState;
  readonly history: readonly Logs[];
  /** Why training ended for good. */
  readonly stopped?: string | undefined;
  /** Each callback's values, in their order. */
  readonly callbacks: readonly unknown[];
  /** What is frozen, and what is not. Checkpoints of earlier versions do not tell. */
  readonly trainable?: Trainable;
}

export interface Checkpoint {
  readonly identity: Identity;
  readonly progress: Progress;
  /** By what they belong to: `weights`, `optimizer`, `average`, `callbacks/0`, ... */
  readonly tensors: Readonly<Record<string, Tensors>>;
}

const FORMAT = 'fer-training-1';

/** Tensors are named `owner:name`; identity and progress are JSON in the metadata. */
export function encodeCheckpoint({ tensors, ...training }: Checkpoint): Uint8Array {
  const named = Object.entries(tensors).flatMap(([owner, entries]) =>
    Object.entries(entries).map(([name, tensor]) => [`${owner}:${name}`, tensor]),
  );
  const metadata = { format: FORMAT, training: JSON.stringify(training, nonFiniteAsText) };
  return encodeSafetensors(Object.fromEntries(named), metadata);
}

/** @throws FormatError if the bytes are no checkpoint */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors: named, metadata } = decodeSafetensors(bytes);
  if (metadata.format !== FORMAT || metadata.training === undefined)
    throw new FormatError('resume', `expected a checkpoint in the format ${FORMAT} but it is ${metadata.format}`);
  const tensors: Record<string, Record<string, StoredTensor>> = {};
  for (const [key, tensor] of Object.entries(named)) {
    const colon = key.indexOf(':');
    const owner = key.slice(0, colon);
    tensors[owner] = { ...tensors[owner], [key.slice(colon + 1)]: tensor };
  }
  return { ...parseTraining(metadata.training), tensors };
}

function parseTraining(text: string): Pick<Checkpoint, 'identity' | 'progress'> {
  let training: Partial<Checkpoint> | null;
  try {
    training = JSON.parse(text, textAsNonFinite);
  } catch (error) {
    throw new FormatError('resume', `the checkpoint's progress is not JSON: ${error}`);
  }
  const { identity, progress } = training ?? {};
  const isWhole =
    identity &&
    progress &&
    [progress.epoch, progress.batch, progress.means?.examples].every(Number.isInteger) &&
    Object.values(progress.means.sums ?? [undefined]).every((sum) => typeof sum === 'number') &&
    [progress.random, progress.history, progress.callbacks].every(Array.isArray);
  if (!isWhole) throw new FormatError('resume', "the checkpoint's progress is not complete");
  return { identity, progress };
}

/** JSON has neither NaN nor infinities, which a loss can be. */
function nonFiniteAsText(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function textAsNonFinite(_key: string, value: unknown): unknown {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
}

/** What one side may not know, which is then not compared. */
const OPTIONAL: readonly string[] = ['batchSize', 'examples', 'options'] satisfies (keyof Identity)[];

/** @throws ArgumentError that tells what differs */
export function checkSameRun(saved: Identity, given: Identity): void {
  for (const key of Object.keys(given) as (keyof Identity)[]) {
    const isKnown = saved[key] !== undefined && given[key] !== undefined;
    if (isKnown || !OPTIONAL.includes(key)) checkSame(key, saved[key], given[key]);
  }
}

/** @throws ArgumentError if something is no longer what it was when the checkpoint was written */
export function checkSame(name: string, saved: unknown, given: unknown): void {
  if (saved !== given)
    throw new ArgumentError('resume', `${name} must be '${saved}', as in the checkpoint, but is '${given}'`);
}
