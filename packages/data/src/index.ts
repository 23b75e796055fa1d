/** @file @fer/data: sources, pipelines, transforms, splits, metrics and plots. */

export { Dataset, type DatasetOptions, type Item, type ShuffleOptions } from './dataset.ts';
export type { Description } from './describe.ts';
export { type Duplicate, type DuplicateOptions, duplicates } from './duplicates.ts';
export { type DamagedItem, DataError } from './errors.ts';
export * from './history/index.ts';
export type { Image, Sample, Transform, TransformConfig } from './image.ts';
export * from './metrics/index.ts';
export type { Batch, Batches, BatchOptions, DatasetBatches } from './pipeline/batches.ts';
export type { ImageFunction } from './pipeline/host-batch.ts';
export type { PrefetchOptions } from './pipeline/prefetch.ts';
export * from './plots/index.ts';
export { type DatasetPreviewOptions, thumbnail } from './preview.ts';
export { type ArraysOptions, checkScale, fromArrays } from './sources/arrays.ts';
export { CK_PLUS_FRAME, ckPlus } from './sources/ck-plus.ts';
export { FER2013_CLASSES } from './sources/classes.ts';
export type { Progress, SourceOptions } from './sources/damage.ts';
export { type DecodeOptions, decodeImage } from './sources/decode.ts';
export { fer2013 } from './sources/fer2013.ts';
export { type ImageFolderOptions, imageFolder } from './sources/image-folder.ts';
export { npyPair, parseNpy } from './sources/npy.ts';
export { encodePng } from './sources/png.ts';
export { type SyntheticFacesOptions, syntheticFaces } from './sources/synthetic/faces.ts';
export * from './splits.ts';
export * from './transforms/index.ts';
