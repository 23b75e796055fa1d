/** @file What a batch contributes to a step: gradients and figures. */
import { mul, type Random, type Tensor, tidy } from '@fer/core';
import type { Model } from '../model.ts';
import type { Batch } from './batches.ts';
import { figuresOf, type Objective, totalLoss } from './figures.ts';

/**
 * Adds a batch's gradients to those of the model's weights.
 * @param share What the batch's mean counts for in the step, up to 1.
 * @returns its figuresOf
 */
export function accumulate(
  model: Model,
  { loss, metrics }: Required<Objective>,
  { images, labels }: Batch,
  share: number,
  random: Random,
): Tensor {
  return tidy(() => {
    const outputs = model.forward(images, { training: true, random });
    const total = totalLoss(model, loss, outputs, labels);
    (share === 1 ? total : mul(total, share)).backward();
    return figuresOf(metrics, total, outputs, labels);
  });
}
