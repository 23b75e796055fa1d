/** @file Losses by name, as recipes and `fit` give them. */
import { ArgumentError, type CrossEntropyOptions, mse, softmaxCrossEntropy, type Tensor } from '@fer/core';

const NAMES = ['softmaxCrossEntropy', 'meanSquaredError'] as const;

type LossName = (typeof NAMES)[number];

/** Plain JSON. */
export type Loss =
  | LossName
  | ({ readonly name: 'softmaxCrossEntropy' } & CrossEntropyOptions)
  | { readonly name: 'meanSquaredError' };

/** @throws ArgumentError for a loss that does not exist */
export function nameOfLoss(loss: Loss): LossName {
  const name = typeof loss === 'string' ? loss : loss?.name;
  if (!NAMES.includes(name)) throw new ArgumentError('loss', `there is no loss ${JSON.stringify(loss)}`);
  return name;
}

/**
 * The loss of a batch, a scalar.
 * @param outputs What the model gave, [N, ...]: logits [N, classes] for softmaxCrossEntropy
 * @param targets int32 labels [N] or probabilities [N, classes] for softmaxCrossEntropy, else shaped as the outputs
 * @throws ArgumentError for a loss that does not exist, ShapeError
 */
export function lossOf(loss: Loss, outputs: Tensor, targets: Tensor): Tensor {
  switch (nameOfLoss(loss)) {
    case 'softmaxCrossEntropy':
      return softmaxCrossEntropy(outputs, targets, typeof loss === 'string' ? {} : (loss as CrossEntropyOptions));
    case 'meanSquaredError':
      return mse(outputs, targets);
  }
}
