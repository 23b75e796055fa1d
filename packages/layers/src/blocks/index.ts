/** @file All blocks. */
export type { BatchNormOptions, BlockOptions } from './block.ts';
export { DenseBlock, type DenseBlockOptions, Transition, type TransitionOptions } from './dense-block.ts';
export { DepthwiseSeparableConv, type DepthwiseSeparableConvOptions } from './depthwise-separable-conv.ts';
export { InceptionModule, type InceptionModuleOptions } from './inception-module.ts';
export { InvertedResidual, type InvertedResidualOptions } from './inverted-residual.ts';
export { efficientNetInitializer, MBConv, type MBConvOptions } from './mb-conv.ts';
export { ResidualV2, type ResidualV2Options } from './residual-v2.ts';
export { SqueezeExcite, type SqueezeExciteOptions } from './squeeze-excite.ts';
