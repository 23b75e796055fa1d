/** @file What a model says about data. */
import { ArgumentError, checkInteger, concat, noGrad, slice, Tensor, tidy } from '@fer/core';
import type { Model } from '../model.ts';
import { type Batches, disposeBatch } from './batches.ts';
import { Pace } from './events.ts';

export interface PredictOptions {
  /** Examples at a time, for tensors; 32 unless given. */
  readonly batchSize?: number;
}

/**
 * The model's outputs for all examples, in inference mode.
 * @param data A tensor [N, ...inputShape], or batches, whose labels are not looked at
 * @returns [N, ...output.shape], which the caller disposes
 * @throws ArgumentError, ShapeError
 */
export async function predict(
  model: Model,
  data: Tensor | Batches,
  { batchSize = 32 }: PredictOptions = {},
): Promise<Tensor> {
  checkInteger('predict', 'batchSize', batchSize, 1);
  const outputs: Tensor[] = [];
  const pace = new Pace();
  try {
    for await (const images of data instanceof Tensor ? slices(data, batchSize) : imagesOf(data)) {
      outputs.push(noGrad(() => tidy(() => model.forward(images))));
      if (pace.isDue) await pace.turn();
    }
    if (outputs.length === 0) throw new ArgumentError('predict', 'there are no examples');
    return noGrad(() => concat(outputs));
  } finally {
    for (const output of outputs) output.dispose();
  }
}

async function* slices(x: Tensor, size: number): AsyncGenerator<Tensor> {
  const [count = 0, ...rest] = x.shape;
  for (let start = 0; start < count; start += size) {
    const begin = x.shape.map((_, axis) => (axis === 0 ? start : 0));
    using images = noGrad(() => slice(x, begin, [Math.min(size, count - start), ...rest]));
    yield images;
  }
}

async function* imagesOf(batches: Batches): AsyncGenerator<Tensor> {
  for await (const batch of batches.epoch(0)) {
    try {
      yield batch.images;
    } finally {
      disposeBatch(batch);
    }
  }
}
