/** @file Metrics of labels and predicted probabilities. */
import { ArgumentError, checkInteger } from '@fer/core';
import { checkProbabilities, type Labels, type ProbabilityRows } from './check.ts';

/** The most probable class of every row; the first of equals. @throws ArgumentError for a row that is empty or holds NaN */
export function predictedClasses(probabilities: ProbabilityRows): Int32Array {
  return Int32Array.from({ length: probabilities.length }, (_, i) => {
    const row = probabilities[i] as ArrayLike<number>;
    if (row.length === 0 || Array.from(row).some(Number.isNaN)) {
      const came = Array.from(row).join(', ') || 'empty';
      throw new ArgumentError('predictedClasses', `probabilities[${i}] must be a number for each class but is ${came}`);
    }
    return largest(row);
  });
}

function largest(row: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if ((row[c] as number) > (row[best] as number)) best = c;
  return best;
}

/**
 * How often the right class is among the k most probable (scikit-learn's top_k_accuracy_score). Of equally probable
 * classes those with the higher index come first, as there.
 */
export function topKAccuracy(labels: Labels, probabilities: ProbabilityRows, k: number): number {
  checkInteger('topKAccuracy', 'k', k, 1);
  const classes = checkProbabilities('topKAccuracy', labels, probabilities);
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = probabilities[i] as ArrayLike<number>;
    const label = labels[i] as number;
    const own = row[label] as number;
    let before = 0;
    for (let c = 0; c < classes; c++) if ((row[c] as number) > own || (row[c] === own && c > label)) before++;
    if (before < k) right++;
  }
  return right / labels.length;
}

/** The smallest probability whose logarithm is taken: float64's distance between 1 and the next number (scikit-learn). */
const EPSILON = 2 ** -52;

/**
 * The mean of -ln(probability of the right class), in nats (scikit-learn's log_loss). Probabilities are kept within
 * [2^-52, 1 - 2^-52], so that one certain mistake costs 36 and not infinity.
 */
export function logLoss(labels: Labels, probabilities: ProbabilityRows): number {
  checkProbabilities('logLoss', labels, probabilities);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const probability = (probabilities[i] as ArrayLike<number>)[labels[i] as number] as number;
    sum -= Math.log(Math.min(Math.max(probability, EPSILON), 1 - EPSILON));
  }
  return sum / labels.length;
}

export interface CalibrationOptions {
  /** Intervals of equal width that confidences are put into, 15 unless given. */
  readonly bins?: number;
}

/**
 * The mean distance between confidence (the largest probability) and accuracy, over intervals (lower, upper] of
 * confidence weighted by their samples (Guo et al. 2017, "On Calibration of Modern Neural Networks").
 */
export function expectedCalibrationError(
  labels: Labels,
  probabilities: ProbabilityRows,
  { bins = 15 }: CalibrationOptions = {},
): number {
  checkInteger('expectedCalibrationError', 'bins', bins, 1);
  checkProbabilities('expectedCalibrationError', labels, probabilities);
  // confidence less accuracy, summed up
  const gaps = new Float64Array(bins);
  for (let i = 0; i < labels.length; i++) {
    const row = probabilities[i] as ArrayLike<number>;
    const predicted = largest(row);
    const confidence = row[predicted] as number;
    const bin = Math.min(Math.max(Math.ceil(confidence * bins) - 1, 0), bins - 1);
    gaps[bin] = (gaps[bin] as number) + confidence - (predicted === labels[i] ? 1 : 0);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / labels.length;
}
