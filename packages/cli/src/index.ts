/** @file @fer/cli: the fer command, and what it is made of. */
export type { Crops, DataPlan, Experiment, NetworkPlan, OptimizerPlan, SplitPlan, TrainingPlan } from './experiment.ts';
export { figuresOf, type Result } from './figures.ts';
export { createNetwork } from './network.ts';
export { type PreparedData, prepare } from './prepare.ts';
export { main } from './program.ts';
export { findRecipe, type Recipe, type RecipeExperiment, recipes, type Variant } from './recipes/index.ts';
export { parseScale, type Scale, scaled } from './scale.ts';
export { kindOfSource, openSource, type SourceKind } from './source.ts';
export { createOptimizer } from './training.ts';
