/** @file @fer/layers: layers, blocks, models of them, optimizers, schedules and training. */
export {};
