/** @file What samples tell that were taken on a machine which others use too. */

/** A median, and the samples nearest to 10 and 90 %: of ten and more what eight tenths lie between, of five or fewer the range. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const last = sorted.length - 1;
  const at = (position: number) => sorted[position] as number;
  const median = (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2;
  return { median, low: at(Math.round(last * 0.1)), high: at(Math.round(last * 0.9)) };
}

export const median = (samples: readonly number[]): number => spreadOf(samples).median;

/** By how much the first is faster, round by round: what slows the machine down for a while slows both. */
export const ratioOf = (ours: readonly number[], theirs: readonly number[]): Spread =>
  spreadOf(theirs.map((milliseconds, round) => milliseconds / (ours[round] as number)));

/** The largest difference from `expected`, in parts of its largest element. NaN where one of the two holds NaN, or more elements. */
export function differenceOf(output: Float32Array, expected: Float32Array): number {
  if (output.length !== expected.length) return Number.NaN;
  let [largest, scale] = [0, 0];
  for (const [i, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs((output[i] as number) - value));
    scale = Math.max(scale, Math.abs(value));
  }
  return largest / scale;
}

/** The largest difference of outputs that compute the same. */
export const TOLERANCE = 1e-3;
