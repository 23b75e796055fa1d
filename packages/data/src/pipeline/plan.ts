/** @file What a batch is computed from. */
import type { Dataset } from '../dataset.ts';
import { type HostBatch, hostBatch } from './host-batch.ts';

export interface BatchPlan {
  readonly dataset: Dataset;
  /** Decides, with the data set's seed, on the random numbers. */
  readonly epoch: number;
  /** Of the items, in the order of the batch. */
  readonly indices: Uint32Array;
}

export function compute({ dataset, epoch, indices }: BatchPlan): HostBatch {
  return hostBatch(indices.length, (position) => dataset.image(indices[position] as number, epoch));
}
