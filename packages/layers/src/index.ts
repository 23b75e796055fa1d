/** @file @fer/layers: layers, blocks, models of them, optimizers, schedules and training. */
export type { ActivationName } from './activations.ts';
export * from './blocks/index.ts';
export type { LayerConfig, ModelConfig, NodeConfig } from './config.ts';
export type { Constraint } from './constraints.ts';
export { modelFromConfig } from './from-config.ts';
export type { Initializer } from './initializers.ts';
export { type Context, Layer, type LayerOptions, type WeightSource } from './layer.ts';
export * from './layers/index.ts';
export { Model, type ModelOptions } from './model.ts';
export type { Regularizer } from './regularizers.ts';
export { encodeModel, type FileSource, loadModel, loadWeights, type SaveOptions, saveModel } from './save.ts';
export { Sequential, type SequentialOptions } from './sequential.ts';
export { type Misshapen, type NameDifferences, WeightsError } from './state.ts';
export { type AnyLayer, type Applicable, input, SymbolicTensor } from './symbolic.ts';
