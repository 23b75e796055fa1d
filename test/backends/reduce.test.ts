import { argMax, logSumExp, max, mean, min, reshape, sum, type Tensor, tensor, variance } from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { expectNumbersClose } from '../close.ts';
import { constant, distinct, fixed, integers, uniform } from '../inputs.ts';
import { folds, reduce } from '../reference/reduce.ts';
import { derivativesAt, testOp } from '../testOp.ts';

type Reduction = (x: Tensor, axes?: number | readonly number[], keepDims?: boolean) => Tensor;

const reductions: [name: Exclude<keyof typeof folds, 'argMax'>, op: Reduction][] = [
  ['sum', sum],
  ['max', max],
  ['min', min],
  ['mean', mean],
  ['variance', variance],
  ['logSumExp', logSumExp],
];

const layouts: [shape: number[], axes: number[] | undefined, keepDims: boolean][] = [
  [[13], undefined, false],
  [[3, 5, 7], undefined, true],
  [[3, 5, 7], [0], false],
  [[3, 5, 7], [1], true],
  [[3, 5, 7], [0, 2], false],
  [[4, 8], [1], false],
];

onEveryBackend(() => {
  for (const [name, op] of reductions) {
    describe(name, () => {
      for (const [shape, axes, keepDims] of layouts) {
        testOp(`of [${shape}] over ${axes ? `[${axes}]` : 'all axes'}${keepDims ? ', kept' : ''}`, {
          inputs: [distinct(shape)],
          op: (x) => op(x, axes, keepDims),
          reference: reduce(folds[name], axes, keepDims),
        });
      }
    });
  }

  describe('any reduction', () => {
    testOp('takes one axis, and counts negative ones from the end', {
      inputs: [uniform([3, 5])],
      op: (x) => sum(x, -2),
      reference: reduce(folds.sum, [0]),
    });
    testOp('of a scalar is the scalar', { inputs: [uniform([])], op: (x) => max(x), reference: reduce(folds.max, []) });
    testOp('over no axis changes nothing', {
      inputs: [uniform([2, 3])],
      op: (x) => sum(x, []),
      reference: reduce(folds.sum, []),
    });
    testOp('over axes of size 1', {
      inputs: [uniform([1, 5, 1])],
      op: (x) => sum(x, [0, 2]),
      reference: reduce(folds.sum, [0, 2]),
    });
    // more elements than one thread folds, once and twice
    testOp('of 5000 elements', {
      inputs: [distinct([5000])],
      op: (x) => max(x),
      reference: reduce(folds.max, undefined),
    });
    testOp('of 4100 elements', {
      inputs: [uniform([2, 4100], -0.1, 0.1)],
      op: (x) => sum(x, 1),
      reference: reduce(folds.sum, [1]),
    });
    testOp('of 130 rows', {
      inputs: [uniform([3, 130, 5], -0.5, 0.5)],
      op: (x) => sum(x, 1),
      reference: reduce(folds.sum, [1]),
    });
    testOp('of large numbers', {
      inputs: [fixed([2, 3], [1e4, -1e4, 0, -1e4, -1e4, -1e4])],
      op: (x) => logSumExp(x, 1),
      reference: reduce(folds.logSumExp, [1]),
    });
    it('logSumExp of infinite numbers', async () => {
      const infinity = Number.POSITIVE_INFINITY;
      const x = tensor([
        [-infinity, -infinity],
        [-infinity, 2],
        [infinity, -infinity],
        [infinity, infinity],
      ]);
      expect(await logSumExp(x, 1).array()).toEqual([-infinity, 2, infinity, infinity]);
    });
    it('shares the gradient among equal extremes', async () => {
      expect(await derivativesAt(max, [1, 3, 3, 2])).toEqual([0, 0.5, 0.5, 0]);
      expect(await derivativesAt(min, [1, 1, 1, 1])).toEqual([0.25, 0.25, 0.25, 0.25]);
      // along axes that are no neighbours, too
      const apart = (x: Tensor) => sum(max(reshape(x, [2, 1, 2]), [0, 2]));
      expectNumbersClose(await derivativesAt(apart, [5, 5, 5, 1]), [1 / 3, 1 / 3, 1 / 3, 0], 1e-6, 'derivative');
    });
  });

  describe('argMax', () => {
    const along = (axis: number, keepDims: boolean) => (x: Tensor) => argMax(x, axis, keepDims);
    const cases: [shape: number[], axis: number, keepDims: boolean][] = [
      [[7], 0, false],
      [[3, 5, 7], 0, false],
      [[3, 5, 7], 1, true],
      [[3, 5, 7], 2, false],
      [[4, 8], 1, false],
    ];
    for (const [shape, axis, keepDims] of cases) {
      testOp(`of [${shape}] along ${axis}${keepDims ? ', kept' : ''}`, {
        inputs: [constant(distinct(shape))],
        op: along(axis, keepDims),
        reference: reduce(folds.argMax, [axis], keepDims),
      });
    }
    testOp('gives the first of equal ones', {
      inputs: [integers([13, 5], 0, 3, 'float32')],
      op: (x) => argMax(x),
      reference: reduce(folds.argMax, [1]),
    });
    it('is int32', async () => {
      const position = argMax(tensor([[1, 3, 2]]));
      expect(position.dtype).toBe('int32');
      expect(await position.data()).toEqual(Int32Array.of(1));
    });
  });
});
