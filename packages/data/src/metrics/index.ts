/** @file Metrics: plain functions of arrays of labels, predictions and probabilities. */
export { type AccuracyInterval, type BootstrapOptions, bootstrapAccuracy } from './bootstrap.ts';
export type { Labels, ProbabilityRows } from './check.ts';
export {
  type Average,
  accuracy,
  averageScores,
  balancedAccuracy,
  type ConfusionMatrix,
  classScores,
  confusionMatrix,
  f1,
  precision,
  recall,
  type ScoreOptions,
  type Scores,
} from './confusion.ts';
export {
  type CalibrationOptions,
  expectedCalibrationError,
  logLoss,
  predictedClasses,
  topKAccuracy,
} from './probabilities.ts';
export { type ClassificationReport, classificationReport, type ReportOptions } from './report.ts';
