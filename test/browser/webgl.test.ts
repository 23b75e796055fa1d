import {
  add,
  batchNormTraining,
  conv2d,
  matMul,
  maxPool2d,
  relu,
  setBackend,
  softmax,
  sum,
  transpose,
} from '@fer/core';
import { beforeAll, describe, expect } from 'vitest';
import { distinct, uniform } from '../inputs.ts';
import { conv2d as convolution } from '../reference/conv.ts';
import { broadcast, map } from '../reference/elementwise.ts';
import { matMul as product } from '../reference/matmul.ts';
import { batchNormTraining as normalised } from '../reference/norm.ts';
import { maxPool2d as pooled } from '../reference/pool.ts';
import { folds, softmax as probabilities, reduce } from '../reference/reduce.ts';
import { transpose as transposed } from '../reference/shape.ts';
import { testOp } from '../testOp.ts';

/** webgl shares all but the context with webgl2, which every test runs on: one operator of each kind suffices. */
describe('webgl', () => {
  beforeAll(async () => {
    expect(await setBackend('webgl')).toBe('webgl');
  });

  testOp('relu', { inputs: [distinct([3, 5])], op: relu, reference: map((x) => Math.max(x, 0)) });
  testOp('add', {
    inputs: [uniform([3, 1, 4]), uniform([5, 1])],
    op: add,
    reference: broadcast((a = 0, b = 0) => a + b),
  });
  testOp('sum', { inputs: [uniform([3, 70])], op: (x) => sum(x, 1), reference: reduce(folds.sum, [1]) });
  testOp('softmax', { inputs: [uniform([3, 7])], op: softmax, reference: probabilities });
  testOp('transpose', { inputs: [uniform([3, 5])], op: (x) => transpose(x), reference: transposed([1, 0]) });
  testOp('matMul', {
    inputs: [uniform([4, 8]), uniform([8, 4])],
    op: (a, b) => matMul(a, b),
    reference: (a, b) => product(a, b),
  });
  testOp('conv2d', {
    inputs: [uniform([1, 5, 5, 3]), uniform([3, 3, 3, 4])],
    op: (x, filter) => conv2d(x, filter, { strides: 2, padding: 'same' }),
    reference: convolution({ strides: [2, 2], padding: 'same', dilation: [1, 1] }),
  });
  testOp('maxPool2d', {
    inputs: [distinct([1, 4, 4, 3])],
    op: (x) => maxPool2d(x),
    reference: pooled({ poolSize: [2, 2], strides: [2, 2], padding: 'valid' }),
  });
  testOp('batchNormTraining', {
    inputs: [uniform([5, 3]), uniform([3]), uniform([3])],
    op: (x, gamma, beta) => batchNormTraining(x, gamma, beta).output,
    reference: normalised(1e-3),
  });
});
