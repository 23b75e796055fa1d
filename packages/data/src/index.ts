/** @file @fer/data: sources, pipelines, transforms, splits, metrics and plots. */
export type { Image, Sample, Transform, TransformConfig } from './image.ts';
