/** @file Losses. */
import { type Dense, dense, size } from './dense.ts';
import { folds, logSoftmax } from './reduce.ts';

export interface CrossEntropySettings {
  readonly labelSmoothing?: number;
  readonly classWeights?: readonly number[];
}

/** @param labels [N], or probabilities [N, classes] */
export const softmaxCrossEntropy =
  ({ labelSmoothing = 0, classWeights }: CrossEntropySettings = {}) =>
  (logits: Dense, labels: Dense): Dense => {
    const [rows, classes] = [size(logits, 0), size(logits, 1)];
    const logProbabilities = logSoftmax(logits).values;
    const target = (row: number, c: number) =>
      labels.shape.length === 1 ? Number(labels.values[row] === c) : (labels.values[row * classes + c] as number);
    const losses = Array.from({ length: rows }, (_, row) => {
      let loss = 0;
      let weight = 0;
      for (let c = 0; c < classes; c++) {
        const smooth = target(row, c) * (1 - labelSmoothing) + labelSmoothing / classes;
        loss -= smooth * (logProbabilities[row * classes + c] as number);
        weight += target(row, c) * (classWeights?.[c] ?? 1);
      }
      return classWeights ? loss * weight : loss;
    });
    return dense([], [folds.mean(losses)]);
  };

export const mse = (a: Dense, b: Dense): Dense =>
  dense([], [folds.mean(Array.from(a.values, (x, i) => (x - (b.values[i] as number)) ** 2))]);
