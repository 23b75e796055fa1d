/** @file Loss and metrics of a model on data, without training. */
import { ArgumentError, noGrad, type Tensor, tidy } from '@fer/core';
import type { Model } from '../model.ts';
import { type Batch, type Batches, batchesOf, type Data, disposeBatch, sizeOfBatch } from './batches.ts';
import { Pace } from './events.ts';
import { completeObjective, figuresOf, type Logs, type Objective, RunningMeans, totalLoss } from './figures.ts';

/**
 * The means of loss and metrics over all examples, in inference mode. As in Keras, the penalties of regularizers are part
 * of the loss.
 * @throws ArgumentError, ShapeError
 */
export async function evaluate(model: Model, data: Data, objective: Objective = {}): Promise<Logs> {
  return evaluateBatches('evaluate', model, batchesOf('evaluate', data), completeObjective(objective));
}

/**
 * Looks at the first batch of data that are evaluated only after an epoch, which would be lost if they did not fit.
 * @throws ArgumentError, ShapeError
 */
export async function checkFirstBatch(
  name: string,
  batches: Batches,
  model: Model,
  objective: Required<Objective>,
): Promise<void> {
  for await (const batch of batches.epoch(0)) {
    try {
      sizeOfBatch('fit', batch);
      model.checkInput(batch.images, 'fit', `images of ${name}`);
      evaluateBatch(model, batch, objective).dispose();
    } finally {
      disposeBatch(batch);
    }
    return;
  }
  throw new ArgumentError('fit', `${name} has 0 batches but its length is ${batches.length}`);
}

function evaluateBatch(model: Model, { images, labels }: Batch, { loss, metrics }: Required<Objective>): Tensor {
  return noGrad(() =>
    tidy(() => {
      const outputs = model.forward(images);
      return figuresOf(metrics, totalLoss(model, loss, outputs, labels), outputs, labels);
    }),
  );
}

/** @param isInterrupted Ends it early, with the means so far. @throws ArgumentError if there are no examples */
export async function evaluateBatches(
  operator: string,
  model: Model,
  batches: Batches,
  objective: Required<Objective>,
  isInterrupted: () => boolean = () => false,
): Promise<Logs> {
  const means = new RunningMeans(operator, objective);
  try {
    const pace = new Pace();
    for await (const batch of batches.epoch(0)) {
      try {
        means.watch(batch.labels, model.output.shape.at(-1) as number);
        const examples = sizeOfBatch(operator, batch);
        means.add(evaluateBatch(model, batch, objective), examples);
      } finally {
        disposeBatch(batch);
      }
      if (!pace.isDue) continue;
      await means.read();
      await pace.turn();
      if (isInterrupted()) return means.logs;
    }
    await means.read();
    if (means.examples === 0) throw new ArgumentError(operator, 'there are no examples to evaluate');
    return means.logs;
  } finally {
    means.dispose();
  }
}
