/** @file Training, evaluation and prediction. */
export type { Batch, Batches, Data, TensorData } from './batches.ts';
export type { Callback, CallbackState } from './callback.ts';
export { CSVLogger } from './callbacks/csv-logger.ts';
export { EarlyStopping, type EarlyStoppingOptions } from './callbacks/early-stopping.ts';
export { ModelCheckpoint, type ModelCheckpointOptions } from './callbacks/model-checkpoint.ts';
export type { MonitorOptions } from './callbacks/monitor.ts';
export { ProgressBar, type ProgressBarOptions, type TextStream } from './callbacks/progress-bar.ts';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './callbacks/reduce-lr-on-plateau.ts';
export { TerminateOnNaN } from './callbacks/terminate-on-nan.ts';
export { evaluate } from './evaluate.ts';
export type { Logs, Objective } from './figures.ts';
export { fit, type History, training } from './fit.ts';
export type { FitOptions } from './options.ts';
export { type PredictOptions, predict } from './predict.ts';
export type { Run } from './run.ts';
