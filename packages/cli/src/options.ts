/** @file Options that several commands have, and how values are read. */
import { type BackendName, setBackend } from '@fer/core';
import { type Command, InvalidArgumentError } from 'commander';
import type { Crops } from './experiment.ts';

/** NaN for blank text, which JavaScript takes for 0. */
export const numberOf = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));

/** An integer of at least 1. */
export function positiveInteger(text: string): number {
  const value = numberOf(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be an integer of at least 1.');
  return value;
}

export function integer(text: string): number {
  const value = numberOf(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('It must be an integer.');
  return value;
}

export function positive(text: string): number {
  const value = numberOf(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** From 0 up to 1, without 1. */
export function share(text: string): number {
  const value = numberOf(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError('It must be at least 0 and below 1.');
  return value;
}

export function crops(text: string): Crops {
  if (text !== '1' && text !== '10') throw new InvalidArgumentError('It must be 1 or 10.');
  return Number(text) as Crops;
}

/** For options that may come several times. */
export const collected = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Starts the backend that --backend names. @returns its name */
export function startBackend(command: Command): Promise<BackendName> {
  const { backend } = command.optsWithGlobals<{ backend: BackendName | 'auto' }>();
  return setBackend(backend);
}

/** What the data of a command may be, for its help. */
export const DATA_HELP = "FER2013's .csv, a folder of images or of CK+, .npy files, or synthetic[:COUNT[:SEED]]";

export const SKIP_DAMAGED_HELP = 'leave damaged rows and files out';

/** What --skip-damaged means to sources. */
export const damagedOf = ({ skipDamaged }: { readonly skipDamaged?: true }) =>
  skipDamaged ? { damaged: 'skip' as const } : {};
