import { dropout, mse, Random, reshape, softmaxCrossEntropy, sum, type Tensor, tensor } from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { expectNumbersClose } from '../close.ts';
import { constant, type Draw, fixed, integers, uniform } from '../inputs.ts';
import { build, type Dense, get } from '../reference/dense.ts';
import * as reference from '../reference/loss.ts';
import { softmax } from '../reference/reduce.ts';
import { derivativesAt, testOp } from '../testOp.ts';

/** Rows of probabilities, each sum 1. */
const probabilities =
  (shape: readonly number[]): Draw =>
  (random) => {
    const logits = uniform(shape)(random);
    const { values } = softmax(logits);
    return { ...logits, values: values.map(Math.fround) };
  };

onEveryBackend(() => {
  describe('softmaxCrossEntropy', () => {
    const classWeights = [0.5, 1, 2, 0.25, 3, 1, 1.5];
    const variants: [name: string, settings: reference.CrossEntropySettings][] = [
      ['plain', {}],
      ['label smoothing', { labelSmoothing: 0.1 }],
      ['class weights', { classWeights }],
      ['label smoothing and class weights', { labelSmoothing: 0.2, classWeights }],
    ];
    for (const [name, settings] of variants) {
      testOp(`${name}, hard labels`, {
        inputs: [uniform([5, 7], -4, 4), integers([5], 0, 7)],
        op: (logits, labels) => softmaxCrossEntropy(logits, labels, settings),
        reference: reference.softmaxCrossEntropy(settings),
      });
      testOp(`${name}, soft labels`, {
        inputs: [uniform([3, 7], -4, 4), probabilities([3, 7])],
        op: (logits, labels) => softmaxCrossEntropy(logits, labels, settings),
        reference: reference.softmaxCrossEntropy(settings),
      });
    }
    for (const shape of [
      [1, 2],
      [4, 8],
      [13, 1],
    ]) {
      testOp(`of logits [${shape}]`, {
        inputs: [uniform(shape), integers(shape.slice(0, 1), 0, shape[1] as number)],
        op: (logits, labels) => softmaxCrossEntropy(logits, labels),
        reference: reference.softmaxCrossEntropy(),
      });
    }
    // e^1e4 is infinite even in float64
    const large = [1e4, -1e4, 0, -1e4, 1e4, 1e4];
    testOp('of large logits', {
      inputs: [fixed([2, 3], large), integers([2], 1, 2)],
      op: (logits, labels) => softmaxCrossEntropy(logits, labels),
      reference: reference.softmaxCrossEntropy(),
    });
    testOp('of large logits and soft labels', {
      inputs: [fixed([2, 3], large), constant(fixed([2, 3], [0.5, 0.25, 0.25, 0, 0.5, 0.5]))],
      op: (logits, labels) => softmaxCrossEntropy(logits, labels, { labelSmoothing: 0.1 }),
      reference: reference.softmaxCrossEntropy({ labelSmoothing: 0.1 }),
    });
    it.each([{}, { labelSmoothing: 0.1 }, { classWeights: [1, 2, 3] }])(
      'is NaN for labels that are no class, and so are the derivatives of their rows: %o',
      async (settings) => {
        const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        const labels = tensor([0, 3, -1], [3], 'int32');
        const loss = (x: Tensor) => softmaxCrossEntropy(reshape(x, [3, 3]), labels, settings);
        expect(await loss(tensor(values)).item()).toBeNaN();
        const derivatives = await derivativesAt(loss, values);
        expect(derivatives.map(Number.isNaN)).toEqual(values.map((_, i) => i >= 3));
      },
    );
    it('is NaN where a logit is', async () => {
      const logits = tensor([[1, Number.NaN, 0]]);
      expect(await softmaxCrossEntropy(logits, tensor([0], [1], 'int32')).item()).toBeNaN();
    });
    it('leaves out classes that are masked by -Infinity', async () => {
      const labels = tensor([0], [1], 'int32');
      const loss = (x: Tensor) => softmaxCrossEntropy(reshape(x, [1, 3]), labels);
      const logits = [1, Number.NEGATIVE_INFINITY, 0];
      expect(await loss(tensor(logits)).item()).toBeCloseTo(Math.log(1 + Math.exp(-1)), 6);
      const share = 1 / (1 + Math.E);
      expectNumbersClose(await derivativesAt(loss, logits), [-share, 0, share], 1e-6, 'derivative');
    });
    it('is 0 for a certain and right prediction', async () => {
      expect(await softmaxCrossEntropy(tensor([[1e4, -1e4, 0]]), tensor([0], [1], 'int32')).item()).toBeCloseTo(0, 6);
    });
  });

  describe('mse', () => {
    for (const shape of [[], [13], [3, 5, 2], [4, 4]]) {
      testOp(`of [${shape}]`, { inputs: [uniform(shape), uniform(shape)], op: mse, reference: reference.mse });
    }
  });

  describe('dropout', () => {
    /** Draws in row-major order, as the library promises the same mask on every backend. */
    const masked =
      (rate: number, seed: number, noiseShape?: readonly number[]) =>
      (x: Dense): Dense => {
        const random = new Random(seed);
        const mask = build(noiseShape ?? x.shape, () => (random.uniform() < rate ? 0 : 1 / (1 - rate)));
        return build(x.shape, (index) => {
          const place = mask.shape.map((length, axis) => (length === 1 ? 0 : (index[axis] as number)));
          return get(x, index) * get(mask, place);
        });
      };
    testOp('of single elements', {
      inputs: [uniform([3, 5, 7])],
      op: (x) => dropout(x, 0.3, new Random(5)),
      reference: masked(0.3, 5),
    });
    testOp('of feature maps', {
      inputs: [uniform([3, 2, 2, 5])],
      op: (x) => dropout(x, 0.5, new Random(6), [3, 1, 1, 5]),
      reference: masked(0.5, 6, [3, 1, 1, 5]),
    });
    testOp('of nothing at rate 0', {
      inputs: [uniform([7])],
      op: (x) => dropout(x, 0, new Random(7)),
      reference: (x) => x,
    });

    const ones = () => tensor(new Float32Array(10_000).fill(1));
    it('drops as many as it should, and keeps the expectation', async () => {
      const values = await dropout(ones(), 0.25, new Random(1)).data();
      const dropped = values.filter((value) => value === 0).length;
      // a binomial variable: 2500 +- 4 deviations of 43
      expect(Math.abs(dropped - 2500)).toBeLessThan(173);
      expect([...new Set(values)].sort()).toEqual([0, Math.fround(1 / 0.75)]);
    });
    it('draws the same mask from the same seed on every backend, and another one from the next state', async () => {
      const random = new Random(42);
      const x = tensor([1, 2, 3, 4, 5, 6, 7, 8]);
      const twice = [await dropout(x, 0.5, random).data(), await dropout(x, 0.5, random).data()].map((y) => [...y]);
      expect(twice).toEqual(MASKED);
    });
    it('passes the gradient where it passed the element', async () => {
      const values = [1, 2, 3, 4, 5, 6, 7, 8];
      const derivatives = await derivativesAt((x: Tensor) => dropout(x, 0.5, new Random(42)), values);
      expect(derivatives.map((derivative, i) => derivative * (values[i] as number))).toEqual(MASKED[0]);
      expect(await sum(dropout(tensor(values), 0.5, new Random(42))).item()).toBe(MASKED[0]?.reduce((a, b) => a + b));
    });
  });
});

/** What Random(42) leaves of 1 to 8 at a rate of a half, twice. */
const MASKED = [
  [0, 4, 0, 0, 10, 12, 14, 0],
  [2, 4, 0, 8, 10, 12, 0, 16],
];
