/** @file Training a model. */
import { readBytes } from '../files.ts';
import type { Model } from '../model.ts';
import { onInterrupt } from './events.ts';
import type { Logs } from './figures.ts';
import type { FitOptions } from './options.ts';
import { Run } from './run.ts';

/** What a training came to. */
export interface History {
  /**
   * The figures of each epoch: `epoch` from 1, `loss` and metrics over the training examples, the same of the validation
   * examples as `valLoss`, ..., and the `learningRate` of the last step.
   */
  readonly epochs: readonly Logs[];
  /** Why it ended for good before the last epoch. */
  readonly stopped: string | undefined;
  /** By Ctrl-C or the signal. */
  readonly interrupted: boolean;
}

/**
 * Trains a model and yields the figures of each epoch; `fit` is the same in one call. At the end, or when the loop is left,
 * the model holds the moving average if there is one, or what callbacks restore. The same seed gives the same run.
 * @throws ArgumentError, ShapeError for data that do not fit; ArgumentError, FormatError, WeightsError for a checkpoint that
 *   cannot be read, is none, or does not fit
 */
export async function* training(model: Model, options: FitOptions): AsyncGenerator<Logs, History, void> {
  const { resume, signal } = options;
  const run = new Run(model, options);
  const stopListening = onInterrupt(signal, () => {
    run.interrupted = true;
  });
  let hasFailed = false;
  try {
    await run.start();
    if (resume !== undefined)
      await run.restore(typeof resume === 'string' ? await readBytes('resume', resume) : resume);
    await run.tell('onTrainBegin');
    while (!run.isOver) {
      const logs = await run.advance();
      if (logs) yield logs;
    }
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    stopListening();
    try {
      if (!hasFailed) await run.end();
    } finally {
      run.dispose();
    }
  }
  return { epochs: run.history, stopped: run.stopped, interrupted: run.interrupted };
}

/**
 * Trains a model. Ctrl-C ends it after the step at hand, when the checkpoint, if a callback writes one, is written.
 * @throws as training()
 */
export async function fit(model: Model, options: FitOptions): Promise<History> {
  const epochs = training(model, options);
  for (;;) {
    const { done, value } = await epochs.next();
    if (done) return value;
  }
}
