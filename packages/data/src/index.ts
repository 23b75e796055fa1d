/** @file @fer/data: sources, pipelines, transforms, splits, metrics and plots. */

export { Dataset, type DatasetOptions, type Item, type ShuffleOptions } from './dataset.ts';
export type { Description } from './describe.ts';
export { type DamagedItem, DataError } from './errors.ts';
export type { Image, Sample, Transform, TransformConfig } from './image.ts';
export type { Batch, Batches, BatchOptions, DatasetBatches } from './pipeline/batches.ts';
export type { ImageFunction } from './pipeline/host-batch.ts';
export type { PrefetchOptions } from './pipeline/prefetch.ts';
export * from './transforms/index.ts';
