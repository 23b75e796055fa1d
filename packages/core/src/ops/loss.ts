/** @file Losses, and dropout. */
import { composite } from '../autograd/tape.ts';
import { drawn, fromNumbers } from '../creation.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import type { Random } from '../random.ts';
import { at, broadcastShapes, formatShape, type Shape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { logSoftmax } from './activation.ts';
import { checkDType, checkFinite, checkRange, checkRank, checkTensor } from './check.ts';
import { add, clip, equal, exp, less, mul, neg, pow, square, sub, where } from './elementwise.ts';
import { LARGEST, mean, sum } from './reduce.ts';
import { expandDims, gather } from './shape.ts';

export interface CrossEntropyOptions {
  /** s in [0, 1): each target t becomes t (1 - s) + s / classes (Szegedy et al. 2016). */
  readonly labelSmoothing?: number;
  /** A weight for each class; a row's loss is multiplied by that of its label (by the labels' average if they are soft). */
  readonly classWeights?: readonly number[];
  /**
   * Of the focal loss (Lin et al. 2017): each class' part is multiplied by (1 - its probability)^gamma. 0, which is
   * cross-entropy, unless given; or at least 1.
   */
  readonly gamma?: number;
}

/**
 * The cross-entropy between softmax(logits) and the labels, averaged over the rows. Weighted rows are summed and
 * divided by their number, as in Keras.
 * @param logits [N, classes], of any size: nothing overflows
 * @param labels int32 [N], or probabilities [N, classes]. Gradients flow to the logits and to soft labels. The row of
 * an integer that is no class has the loss NaN.
 * @returns a scalar
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function softmaxCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0, classWeights, gamma = 0 }: CrossEntropyOptions = {},
): Tensor {
  checkRank('softmaxCrossEntropy', 'logits', logits, 2, '[N,classes]');
  checkDType('softmaxCrossEntropy', 'logits', logits);
  const [rows, classes] = [at(logits.shape, 0), at(logits.shape, 1)];
  checkLabels(labels, rows, classes);
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw new ArgumentError('softmaxCrossEntropy', `labelSmoothing must be in [0,1) but is ${labelSmoothing}`);
  if (!(gamma === 0 || (gamma >= 1 && gamma < Number.POSITIVE_INFINITY)))
    // between, the derivative has a pole at probability 1
    throw new ArgumentError('softmaxCrossEntropy', `gamma must be 0 or at least 1 but is ${gamma}`);
  if (classWeights && classWeights.length !== classes) {
    throw new ArgumentError(
      'softmaxCrossEntropy',
      `classWeights must have ${classes} entries but have ${classWeights.length}`,
    );
  }
  for (const [i, weight] of classWeights?.entries() ?? [])
    checkFinite('softmaxCrossEntropy', `classWeights[${i}]`, weight);
  return composite([logits, labels], () => {
    const given = labels.dtype === 'int32' ? oneHotRows(labels, classes) : labels;
    const targets = labelSmoothing > 0 ? add(mul(given, 1 - labelSmoothing), labelSmoothing / classes) : given;
    const logs = finite(logSoftmax(logits));
    const parts = mul(targets, gamma === 0 ? logs : mul(logs, pow(clip(sub(1, exp(logs)), 0, 1), gamma)));
    const losses = neg(sum(parts, 1));
    const weights = rowWeights(labels, classes, classWeights);
    return mean(weights ? mul(losses, weights) : losses);
  });
}

/** A class of probability 0, whose logarithm is infinite, counts nothing where it is no target. NaN stays NaN. */
function finite(logs: Tensor): Tensor {
  const lowest = fromNumbers('softmaxCrossEntropy', Float32Array.of(-LARGEST), [1], 'float32', logs.backend);
  return where(less(logs, -LARGEST), lowest, logs);
}

/** [N, classes] with a 1 at each label. */
function oneHotRows(labels: Tensor, classes: number): Tensor {
  const all = Float32Array.from({ length: classes }, (_, i) => i);
  const numbers = fromNumbers('softmaxCrossEntropy', all, [classes], 'int32', labels.backend);
  return equal(expandDims(labels, 1), numbers);
}

/** What each row counts, NaN for an integer that is no class; undefined if all count alike. */
function rowWeights(labels: Tensor, classes: number, classWeights?: readonly number[]): Tensor | undefined {
  const isHard = labels.dtype === 'int32';
  if (!isHard && !classWeights) return undefined;
  const values = classWeights ? Float32Array.from(classWeights) : new Float32Array(classes).fill(1);
  const weights = fromNumbers('softmaxCrossEntropy', values, [classes], 'float32', labels.backend);
  return isHard ? gather(weights, labels) : sum(mul(labels, weights), 1);
}

function checkLabels(labels: Tensor, rows: number, classes: number): void {
  checkTensor('softmaxCrossEntropy', 'labels', labels);
  const expected = labels.dtype === 'int32' ? [rows] : [rows, classes];
  if (!sameShape(labels.shape, expected)) {
    throw new ShapeError(
      'softmaxCrossEntropy',
      `${labels.dtype} labels must be ${formatShape(expected)} but are ${formatShape(labels.shape)}`,
    );
  }
}

/** The mean squared difference, a scalar. @throws ShapeError, DTypeError */
export function mse(predictions: Tensor, targets: Tensor): Tensor {
  checkDType('mse', 'predictions', predictions);
  checkDType('mse', 'targets', targets);
  if (!sameShape(predictions.shape, targets.shape)) {
    throw new ShapeError(
      'mse',
      `predictions ${formatShape(predictions.shape)} and targets ${formatShape(targets.shape)} differ in shape`,
    );
  }
  return composite([predictions, targets], () => mean(square(sub(predictions, targets))));
}

/**
 * x with elements dropped at random and the others scaled by 1 / (1 - rate), so that the expectation stays
 * (Srivastava et al. 2014). The mask is drawn on the host: the same on every backend.
 * @param noiseShape Drops whole slices where its sizes are 1, e.g. [N, 1, 1, C] for whole feature maps.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function dropout(x: Tensor, rate: number, random: Random, noiseShape: Shape = x.shape): Tensor {
  checkDType('dropout', 'x', x);
  checkRange('dropout', 'rate', rate, 0, 1);
  if (rate === 1) throw new ArgumentError('dropout', 'rate must be below 1: nothing would be left');
  if (!sameShape(broadcastShapes('dropout', x.shape, noiseShape), x.shape)) {
    throw new ShapeError(
      'dropout',
      `noiseShape ${formatShape(noiseShape)} does not broadcast to x ${formatShape(x.shape)}`,
    );
  }
  const scale = 1 / (1 - rate);
  return composite([x], () =>
    mul(
      x,
      drawn('dropout', noiseShape, () => (random.uniform() < rate ? 0 : scale), x.backend),
    ),
  );
}
