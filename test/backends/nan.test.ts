/** @file Numbers that are none: what comes of them must not look like a result. */
import {
  abs,
  clip,
  conv2d,
  elu,
  equal,
  exp,
  gelu,
  greater,
  greaterEqual,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  less,
  lessEqual,
  log,
  logSoftmax,
  logSumExp,
  matMul,
  max,
  maximum,
  maxPool2d,
  min,
  minimum,
  mul,
  neg,
  notEqual,
  ones,
  Parameter,
  pow,
  reciprocal,
  relu,
  relu6,
  rsqrt,
  sigmoid,
  sign,
  softmax,
  softmaxCrossEntropy,
  softplus,
  sqrt,
  square,
  sum,
  swish,
  type Tensor,
  tanh,
  tensor,
} from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';

const unary: Record<string, (x: Tensor) => Tensor> = {
  ...{ abs, exp, log, neg, reciprocal, rsqrt, sign, sqrt, square },
  ...{ elu, gelu, hardSigmoid, hardSwish, leakyRelu, relu, relu6, sigmoid, softplus, swish, tanh },
  'clip to an interval': (x) => clip(x, -1, 1),
  'clip from below': (x) => clip(x, 0, Number.POSITIVE_INFINITY),
};

const activations = ['relu', 'relu6', 'hardSigmoid', 'hardSwish', 'tanh', 'gelu', 'softplus'] as const;

const NaNs = (count: number) => new Array<number>(count).fill(Number.NaN);
const values = async (x: Tensor) => [...(await x.data())];

onEveryBackend(() => {
  describe('NaN', () => {
    it.each(Object.keys(unary))('stays NaN through %s', async (name) => {
      const [a, b, c] = await values((unary[name] as (x: Tensor) => Tensor)(tensor([Number.NaN, 1, Number.NaN])));
      expect([a, c]).toEqual(NaNs(2));
      expect(b).not.toBeNaN();
    });

    it('does not come of infinities by hardSwish, whose derivative it stays NaN in', async () => {
      const x = new Parameter(tensor([Number.NEGATIVE_INFINITY, -3, 3, Number.NaN]));
      const y = hardSwish(x);
      expect((await values(y)).map(Math.abs)).toEqual([0, 0, 3, Number.NaN]);
      sum(y).backward();
      expect(await values(x.grad as Tensor)).toEqual([0, 0, 1, Number.NaN]);
      x.dispose();
    });

    it('stays NaN in the derivative of abs', async () => {
      const x = new Parameter(tensor([Number.NaN, -2, 2]));
      sum(abs(x)).backward();
      expect(await values(x.grad as Tensor)).toEqual([Number.NaN, -1, 1]);
      x.dispose();
    });

    it.each([log, sqrt, rsqrt])('comes of a negative number by %o', async (op) => {
      expect(await values(op(tensor([-1, -5, -1e30])))).toEqual(NaNs(3));
    });

    it('comes of either operand', async () => {
      const [a, b] = [tensor([Number.NaN, 1, Number.NaN]), tensor([1, Number.NaN, Number.NaN])];
      for (const op of [maximum, minimum]) expect(await values(op(a, b))).toEqual(NaNs(3));
      expect(await values(pow(tensor([Number.NaN, 2]), tensor([2, Number.NaN])))).toEqual(NaNs(2));
    });

    it('is not equal to itself, and neither more nor less', async () => {
      const x = tensor([Number.NaN, 1]);
      expect(await values(notEqual(x, x))).toEqual([1, 0]);
      for (const op of [equal, lessEqual, greaterEqual]) expect(await values(op(x, x))).toEqual([0, 1]);
      for (const op of [less, greater]) expect(await values(op(x, x))).toEqual([0, 0]);
    });

    it.each([3, 4])('comes of an axis that has it in any place, of %i columns', async (columns) => {
      const rows = Array.from({ length: columns }, (_, place) =>
        Array.from({ length: columns }, (_, i) => (i === place ? Number.NaN : i)),
      );
      for (const op of [sum, max, min, logSumExp]) {
        expect(await values(op(tensor(rows), 1))).toEqual(NaNs(columns));
        expect(await values(op(tensor(rows), 0))).toEqual(NaNs(columns));
      }
      for (const op of [softmax, logSoftmax]) expect(await values(op(tensor(rows)))).toEqual(NaNs(columns ** 2));
    });

    it.each([1, 4])('comes of a window that has it, of %i channels', async (channels) => {
      const image = (pixels: number[]) =>
        tensor(new Float32Array(pixels.flatMap((pixel) => new Array<number>(channels).fill(pixel))), [
          1,
          2,
          2,
          channels,
        ]);
      for (const pixels of [[Number.NaN, 1, 2, 3], [1, Number.NaN, 2, 3], [3, 2, 1, Number.NaN], NaNs(4)])
        expect(await values(maxPool2d(image(pixels)))).toEqual(NaNs(channels));
    });

    it.each([1, 20])('does not swallow the gradient of a window that has it, of %i channels', async (channels) => {
      for (const pixels of [[Number.NaN, 1, 2, 3], [1, Number.NaN, 2, 3], [3, 2, 1, Number.NaN], NaNs(4)]) {
        const repeated = pixels.flatMap((pixel) => new Array<number>(channels).fill(pixel));
        const image = new Parameter(tensor(new Float32Array(repeated), [1, 2, 2, channels]));
        sum(mul(maxPool2d(image), 5)).backward();
        expect(await values(sum(image.grad as Tensor, [0, 1, 2]))).toEqual(new Array<number>(channels).fill(5));
        image.dispose();
      }
    });

    it.each(activations)('stays NaN where %s follows a product or a convolution', async (activation) => {
      const product = matMul(tensor([NaNs(4)]), ones([4, 4]), { activation });
      expect(await values(product)).toEqual(NaNs(4));
      const convolved = conv2d(tensor(new Float32Array(36).fill(Number.NaN), [1, 3, 3, 4]), ones([3, 3, 4, 4]), {
        activation,
      });
      expect(await values(convolved)).toEqual(NaNs(4));
    });

    it('in the weights of a network shows in its loss and gradients', async () => {
      const weights = new Parameter(tensor(new Float32Array(32).fill(Number.NaN), [4, 8]));
      const classifier = new Parameter(ones([8, 3]));
      const logits = matMul(relu(matMul(tensor([[1, 2, 3, 4]]), weights)), classifier);
      const loss = softmaxCrossEntropy(logits, tensor([1], [1], 'int32'));
      loss.backward();
      expect(await values(loss)).toEqual(NaNs(1));
      expect(await values(classifier.grad as Tensor)).toEqual(NaNs(24));
      weights.dispose();
      classifier.dispose();
    });
  });

  it('numbers beside tensors are float32 too', async () => {
    expect(await values(equal(tensor([0.1]), 0.1))).toEqual([1]);
    expect(await values(greaterEqual(tensor([0.7]), 0.7))).toEqual([1]);
  });
});
