/** @file All layers. */
export * from './activation.ts';
export * from './augmentation.ts';
export * from './batch-normalization.ts';
export * from './conv2d.ts';
export * from './dense.ts';
export * from './depthwise-conv2d.ts';
export * from './dropout.ts';
export * from './layer-normalization.ts';
export * from './local-response-normalization.ts';
export * from './merge.ts';
export * from './pooling.ts';
export * from './preprocessing.ts';
export * from './reshaping.ts';
export * from './separable-conv2d.ts';
