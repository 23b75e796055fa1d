import { batchNorm, batchNormTraining, localResponseNormalization, tensor } from '@fer/core';
import { describe, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { expectClose } from '../close.ts';
import { constant, uniform } from '../inputs.ts';
import { type Dense, dense } from '../reference/dense.ts';
import * as reference from '../reference/norm.ts';
import { testOp } from '../testOp.ts';

const shapes = [
  [1, 3, 5, 1],
  [3, 5, 3, 4],
  [2, 3, 7, 5],
  [7, 3],
  [5, 8],
  [1, 1, 13],
  // more rows than one thread sums
  [3, 7, 5, 4],
  [3, 7, 5, 3],
];

onEveryBackend(() => {
  describe('batchNorm', () => {
    for (const shape of shapes) {
      const channels = [shape.at(-1) as number];
      testOp(`of [${shape}]`, {
        inputs: [
          uniform(shape),
          constant(uniform(channels)),
          constant(uniform(channels, 0.2, 2)),
          uniform(channels, 0.5, 2),
          uniform(channels),
        ],
        op: (x, mean, variance, gamma, beta) => batchNorm(x, mean, variance, gamma, beta),
        reference: reference.batchNorm(1e-3),
      });
    }
    testOp('with an epsilon', {
      inputs: [uniform([3, 4]), constant(uniform([4])), constant(uniform([4], 0.2, 2)), uniform([4]), uniform([4])],
      op: (x, mean, variance, gamma, beta) => batchNorm(x, mean, variance, gamma, beta, { epsilon: 0.5 }),
      reference: reference.batchNorm(0.5),
    });
  });

  describe('batchNormTraining', () => {
    for (const shape of shapes.filter(([first = 0, second = 0]) => first * second > 1)) {
      const channels = [shape.at(-1) as number];
      testOp(`of [${shape}]`, {
        inputs: [uniform(shape), uniform(channels, 0.5, 2), uniform(channels)],
        op: (x, gamma, beta) => batchNormTraining(x, gamma, beta).output,
        reference: reference.batchNormTraining(1e-3),
      });
      testOp(`mean of [${shape}]`, {
        inputs: [constant(uniform(shape))],
        op: (x) => batchNormTraining(x, ...unit(channels)).mean,
        reference: (x) => reference.moments(x).mean,
      });
      testOp(`variance of [${shape}]`, {
        inputs: [constant(uniform(shape))],
        op: (x) => batchNormTraining(x, ...unit(channels)).variance,
        reference: (x) => reference.moments(x).variance,
      });
    }
    testOp('with an epsilon', {
      inputs: [uniform([5, 3]), uniform([3]), uniform([3])],
      op: (x, gamma, beta) => batchNormTraining(x, gamma, beta, { epsilon: 0.1 }).output,
      reference: reference.batchNormTraining(0.1),
    });

    it('keeps the precision of the variance far from 0', async () => {
      const x = tensor([[1000.5], [999.5], [1000.5], [999.5]]);
      const { mean, variance } = batchNormTraining(x, ...unit([1]));
      await expectClose(mean, dense([1], [1000]));
      await expectClose(variance, dense([1], [0.25]));
    });
  });

  describe('localResponseNormalization', () => {
    const cases: [shape: number[], settings: Partial<reference.LrnSettings>][] = [
      [[1, 3, 2, 7], {}],
      [[2, 3, 3, 4], { depthRadius: 1 }],
      [[1, 2, 2, 13], { depthRadius: 2, bias: 2, alpha: 0.5, beta: 0.75 }],
      [[3, 1, 5, 8], { depthRadius: 2, beta: 1 }],
      [[1, 2, 2, 1], { depthRadius: 5 }],
      [[1, 1, 2, 6], { depthRadius: 1e6 }],
      [[1, 3, 3, 5], { depthRadius: 0, bias: 0.5 }],
    ];
    for (const [shape, settings] of cases) {
      const { depthRadius = 5, bias = 1, alpha = 1, beta = 0.5 } = settings;
      testOp(`of [${shape}], ${JSON.stringify(settings)}`, {
        inputs: [uniform(shape)],
        op: (x) => localResponseNormalization(x, settings),
        reference: (x: Dense) => reference.localResponseNormalization({ depthRadius, bias, alpha, beta })(x),
      });
    }
  });
});

/** A gamma of 1 and a beta of 0. */
function unit([channels = 1]: readonly number[]) {
  return [tensor(new Float32Array(channels).fill(1)), tensor(new Float32Array(channels))] as const;
}
