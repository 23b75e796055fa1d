/** @file @fer/models: networks, pretrained weights, import and export. */
export * from './networks/index.ts';
export { createModel, listModels, type ModelName, type ModelOptionsOf } from './registry.ts';
