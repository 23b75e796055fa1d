/** @file The optimizers. */
export { Adam, Adamax, type AdamOptions, AdamW, RAdam } from './adam.ts';
export type { Clipping } from './clipping.ts';
export type { Lookahead } from './lookahead.ts';
export { noDecay, Optimizer, type OptimizerOptions, type ParameterGroup } from './optimizer.ts';
export { RMSProp, type RMSPropOptions } from './rmsprop.ts';
export { SGD, type SGDOptions } from './sgd.ts';
