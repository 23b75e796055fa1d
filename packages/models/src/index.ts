/** @file @fer/models: networks, pretrained weights, import and export. */
export {
  type Classifier,
  type DetectedFace,
  type Expression,
  expressionClassifier,
} from './classifier/expression-classifier.ts';
export type { ImageSource } from './classifier/images.ts';
export {
  decodePretrained,
  encodePretrained,
  type Pretrained,
  toProbabilities,
} from './classifier/pretrained.ts';
export { listPretrained, loadPretrained, type PretrainedName } from './classifier/shipped.ts';
export type { WeightReport } from './io/assign.ts';
export { exportTfjs, type TfjsFiles } from './io/export-tfjs.ts';
export type { Files, KerasSource, ReadFile } from './io/files.ts';
export {
  type LoadKerasWeightsOptions,
  loadKerasWeights,
  type ModelFromKerasOptions,
  modelFromKeras,
} from './io/import.ts';
export { exportOnnx } from './io/onnx/export.ts';
export { type LoadTorchWeightsOptions, loadTorchWeights } from './io/torch.ts';
export * from './networks/index.ts';
export { createModel, listModels, type ModelName, type ModelOptionsOf } from './registry.ts';
