/** @file Optimizers and callbacks from their plans. */
import { ArgumentError } from '@fer/core';
import {
  Adam,
  Adamax,
  AdamW,
  type Callback,
  CSVLogger,
  EarlyStopping,
  ModelCheckpoint,
  type Optimizer,
  ProgressBar,
  RAdam,
  RMSProp,
  type Schedule,
  SGD,
  TerminateOnNaN,
  type TextStream,
} from '@fer/layers';
import type { OptimizerPlan, TrainingPlan } from './experiment.ts';

const OPTIMIZERS = { SGD, Adam, AdamW, Adamax, RAdam, RMSProp };

export const OPTIMIZER_NAMES = Object.keys(OPTIMIZERS) as OptimizerPlan['name'][];

/** @param stepsPerEpoch What a schedule in epochs is measured by. */
export function createOptimizer(plan: TrainingPlan, stepsPerEpoch: number): Optimizer {
  const { name, ...options } = plan.optimizer;
  const Class = OPTIMIZERS[name] as new (options: object) => Optimizer;
  if (!Class) throw new ArgumentError('optimizer', `must be one of ${OPTIMIZER_NAMES.join(', ')} but is ${name}`);
  return new Class({ ...options, ...(plan.cosine && { learningRate: schedule(plan, stepsPerEpoch) }) });
}

/** The warm-up begins at a hundredth of the learning rate. */
function schedule({ optimizer, cosine, epochs }: TrainingPlan, stepsPerEpoch: number): Schedule {
  const { learningRate } = optimizer;
  const steps = epochs * stepsPerEpoch;
  const warmupSteps = Math.min((cosine?.warmupEpochs ?? 0) * stepsPerEpoch, Math.floor(steps / 2));
  return {
    name: 'cosine',
    initialLearningRate: learningRate / 100,
    warmupTarget: learningRate,
    warmupSteps,
    decaySteps: steps - warmupSteps,
  };
}

/** Where a training writes. */
export interface TrainingFiles {
  readonly log: string;
  readonly last: string;
  readonly best: string;
  readonly progress: TextStream;
}

export function createCallbacks(plan: TrainingPlan, files: TrainingFiles, stopwatch: Stopwatch): Callback[] {
  const { earlyStopping, selection } = plan;
  return [
    new ProgressBar({ stream: files.progress }),
    stopwatch,
    new CSVLogger(files.log),
    ...(earlyStopping ? [new EarlyStopping(earlyStopping)] : []),
    new ModelCheckpoint({
      last: files.last,
      ...(selection !== 'last' && { monitor: selection, best: files.best }),
    }),
    new TerminateOnNaN(),
  ];
}

/** The time that epochs took, without that between the parts of a resumed run. */
export class Stopwatch implements Callback {
  readonly className = 'Stopwatch';
  /** Of each epoch that is done, validation included. */
  readonly seconds: number[] = [];
  /** Of the epoch at hand, before the run was resumed. */
  #before = 0;
  #start = 0;

  onTrainBegin(): void {
    this.#start = performance.now();
  }

  onEpochEnd(): void {
    this.seconds.push(this.#elapsed);
    this.#before = 0;
    this.#start = performance.now();
  }

  get #elapsed(): number {
    return this.#before + (performance.now() - this.#start) / 1000;
  }

  state() {
    return { values: { seconds: this.seconds, before: this.#elapsed } };
  }

  restore({ values }: { readonly values?: unknown }): void {
    const { seconds, before } = values as { seconds: number[]; before: number };
    this.seconds.push(...seconds);
    this.#before = before;
  }
}
