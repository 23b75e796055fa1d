/** @file How certain an accuracy is. */
import { ArgumentError, checkInteger, Random } from '@fer/core';
import { checkPairs, type Labels } from './check.ts';

export interface BootstrapOptions {
  /** How often the samples are drawn anew, 2000 unless given. */
  readonly resamples?: number;
  /** The probability that the interval covers, 0.95 unless given. */
  readonly confidence?: number;
  /** 0 unless given. */
  readonly seed?: number;
}

export interface AccuracyInterval {
  readonly accuracy: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Accuracy with a percentile bootstrap interval (Efron 1979): the same number of samples is drawn with replacement again
 * and again, and the interval holds the middle of the accuracies found. Where all predictions are right, or none, every draw is alike:
 * the interval is then the binomial distribution's own (Clopper & Pearson 1934). Samples count as independent: of several pictures of
 * one person, as CK+ has them, the interval is too narrow.
 */
export function bootstrapAccuracy(
  labels: Labels,
  predictions: Labels,
  { resamples = 2000, confidence = 0.95, seed = 0 }: BootstrapOptions = {},
): AccuracyInterval {
  checkPairs('bootstrapAccuracy', labels, predictions);
  checkInteger('bootstrapAccuracy', 'resamples', resamples, 1);
  if (!(confidence > 0 && confidence < 1)) {
    throw new ArgumentError('bootstrapAccuracy', `confidence must lie between 0 and 1 but is ${confidence}`);
  }
  const size = labels.length;
  const right = Uint8Array.from({ length: size }, (_, i) => (labels[i] === predictions[i] ? 1 : 0));
  const accuracy = right.reduce((sum, value) => sum + value, 0) / size;
  const tail = (1 - confidence) / 2;
  const least = tail ** (1 / size);
  if (accuracy === 1) return { accuracy, lower: least, upper: 1 };
  if (accuracy === 0) return { accuracy, lower: 0, upper: 1 - least };
  const random = new Random(seed);
  const accuracies = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += right[random.integer(size)] as number;
    accuracies[resample] = sum / size;
  }
  accuracies.sort();
  return {
    accuracy,
    lower: quantile(accuracies, tail),
    upper: quantile(accuracies, 1 - tail),
  };
}

/** Linear between the sorted values, as NumPy's. */
function quantile(sorted: Float64Array, probability: number): number {
  const place = probability * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}
