/** @file Normalisation over the last axis' channels. */
import { build, type Dense, get, size } from './dense.ts';
import { folds } from './reduce.ts';

/** Mean and biased variance of each channel over all other axes, each [C]. */
export function moments({ shape, values }: Dense): { mean: Dense; variance: Dense } {
  const channels = shape.at(-1) as number;
  const statistic = (fold: (elements: number[]) => number) =>
    build([channels], ([c]) => fold([...values].filter((_, i) => i % channels === c)));
  return { mean: statistic(folds.mean), variance: statistic(folds.variance) };
}

export const batchNorm =
  (epsilon: number) =>
  (x: Dense, mean: Dense, variance: Dense, gamma: Dense, beta: Dense): Dense =>
    build(x.shape, (index) => {
      const c = [index.at(-1) as number];
      const deviation = Math.sqrt(get(variance, c) + epsilon);
      return ((get(x, index) - get(mean, c)) / deviation) * get(gamma, c) + get(beta, c);
    });

export const batchNormTraining =
  (epsilon: number) =>
  (x: Dense, gamma: Dense, beta: Dense): Dense => {
    const { mean, variance } = moments(x);
    return batchNorm(epsilon)(x, mean, variance, gamma, beta);
  };

export interface LrnSettings {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

export const localResponseNormalization =
  ({ depthRadius, bias, alpha, beta }: LrnSettings) =>
  (x: Dense): Dense =>
    build(x.shape, (index) => {
      const c = index[3] as number;
      let squares = 0;
      for (let i = Math.max(c - depthRadius, 0); i <= Math.min(c + depthRadius, size(x, 3) - 1); i++) {
        squares += get(x, index.with(3, i)) ** 2;
      }
      return get(x, index) / (bias + alpha * squares) ** beta;
    });
