/** @file Losses by name, as recipes give them, and of one's own. */
import { ArgumentError, type CrossEntropyOptions, mse, ShapeError, softmaxCrossEntropy, type Tensor } from '@fer/core';
import { checkFields } from './checks.ts';

type LossName = 'softmaxCrossEntropy' | 'meanSquaredError';

/** What each takes. */
const OPTIONS: Readonly<Record<LossName, readonly string[]>> = {
  softmaxCrossEntropy: ['labelSmoothing', 'classWeights', 'gamma'] satisfies (keyof CrossEntropyOptions)[],
  meanSquaredError: [],
};

/** Plain JSON. */
export type Loss =
  | LossName
  | ({ readonly name: 'softmaxCrossEntropy' } & CrossEntropyOptions)
  | { readonly name: 'meanSquaredError' };

/**
 * A loss of one's own, made of operators: from what the model gave for a batch, [N, ...], and the batch's labels or targets to their
 * mean over the examples, a scalar.
 */
export type LossFunction = (outputs: Tensor, targets: Tensor) => Tensor;

/** Whether the loss takes logits of classes, and labels that are classes. */
export const isOfClasses = (loss: Loss | LossFunction): boolean =>
  typeof loss !== 'function' && nameOfLoss(loss) === 'softmaxCrossEntropy';

/** @throws ArgumentError for a loss that does not exist, or an option that it does not have */
export function nameOfLoss(loss: Loss): LossName {
  const name = typeof loss === 'string' ? loss : loss?.name;
  if (!Object.hasOwn(OPTIONS, name)) throw new ArgumentError('loss', `there is no loss ${JSON.stringify(loss)}`);
  if (typeof loss === 'object') checkFields('loss', `'${name}'`, loss, ['name', ...OPTIONS[name]]);
  return name;
}

/**
 * The loss of a batch, a scalar.
 * @param outputs What the model gave, [N, ...]: logits [N, classes] for softmaxCrossEntropy
 * @param targets int32 labels [N] or probabilities [N, classes] for softmaxCrossEntropy, else shaped as the outputs
 * @throws ArgumentError for a loss that does not exist, ShapeError
 */
export function lossOf(loss: Loss | LossFunction, outputs: Tensor, targets: Tensor): Tensor {
  if (typeof loss === 'function') return scalarOf('loss', loss(outputs, targets));
  switch (nameOfLoss(loss)) {
    case 'softmaxCrossEntropy':
      return softmaxCrossEntropy(outputs, targets, typeof loss === 'string' ? {} : (loss as CrossEntropyOptions));
    case 'meanSquaredError':
      return mse(outputs, targets);
  }
}

/** What a function of one's own gave. @throws ShapeError unless it is a scalar */
export function scalarOf(name: string, value: Tensor): Tensor {
  if (value.rank !== 0) throw new ShapeError(name, `the function must give a scalar but gave [${value.shape}]`);
  return value;
}
