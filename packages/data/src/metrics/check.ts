/** @file Checks of labels, predictions and probabilities. */
import { ArgumentError, ShapeError } from '@fer/core';

/** Class indices: a plain or typed array. */
export type Labels = ArrayLike<number>;

/** For every sample the probability of every class. */
export type ProbabilityRows = ArrayLike<ArrayLike<number>>;

export function checkPairs(operator: string, labels: Labels, predictions: ArrayLike<unknown>): void {
  if (labels.length !== predictions.length) {
    throw new ShapeError(operator, `there are ${labels.length} labels but ${predictions.length} predictions`);
  }
  if (labels.length === 0) throw new ArgumentError(operator, 'labels must not be empty');
}

export function checkClasses(operator: string, name: string, values: Labels, classes: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isInteger(value) || value < 0 || value >= classes) {
      throw new ArgumentError(operator, `${name}[${i}] must be an integer from 0 to ${classes - 1} but is ${value}`);
    }
  }
}

/** How far from 1 a row's sum may be: float32 leaves it a few millionths off. */
const SUM_TOLERANCE = 1e-3;

/** @returns the number of classes. */
export function checkProbabilities(operator: string, labels: Labels, probabilities: ProbabilityRows): number {
  checkPairs(operator, labels, probabilities);
  const classes = probabilities[0]?.length ?? 0;
  for (let i = 0; i < probabilities.length; i++) {
    const row = probabilities[i] as ArrayLike<number>;
    if (row.length !== classes) {
      throw new ShapeError(operator, `probabilities[${i}] has ${row.length} classes but the first row has ${classes}`);
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += (row[c] as number) >= 0 ? (row[c] as number) : Number.NaN;
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
      const came = Array.from(row).join(', ');
      throw new ArgumentError(operator, `probabilities[${i}] must be from 0 to 1 with sum 1 but are ${came}`);
    }
  }
  checkClasses(operator, 'labels', labels, classes);
  return classes;
}
