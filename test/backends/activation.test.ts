import {
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSoftmax,
  relu,
  relu6,
  sigmoid,
  softmax,
  softplus,
  swish,
  type Tensor,
  tanh,
  tensor,
} from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { expectNumbersClose } from '../close.ts';
import { awayFrom, fixed, uniform } from '../inputs.ts';
import { activations, elu as eluOf, leakyRelu as leakyReluOf, map } from '../reference/elementwise.ts';
import { logSoftmax as logSoftmaxOf, softmax as softmaxOf } from '../reference/reduce.ts';
import { derivativesAt, testOp } from '../testOp.ts';

const cases: [name: string, op: (x: Tensor) => Tensor, f: (x: number) => number, kinks: number[]][] = [
  ['relu', relu, activations.relu, [0]],
  ['relu6', relu6, activations.relu6, [0, 6]],
  ['sigmoid', sigmoid, activations.sigmoid, []],
  ['hardSigmoid', hardSigmoid, activations.hardSigmoid, [-3, 3]],
  ['tanh', tanh, activations.tanh, []],
  ['swish', swish, activations.swish, []],
  ['hardSwish', hardSwish, activations.hardSwish, [-3, 3]],
  ['gelu', gelu, activations.gelu, []],
  ['softplus', softplus, activations.softplus, []],
  ['leakyRelu', leakyRelu, leakyReluOf(0.2), [0]],
  ['leakyRelu with a slope', (x) => leakyRelu(x, 0.01), leakyReluOf(0.01), [0]],
  ['elu', elu, eluOf(1), [0]],
  ['elu with a limit', (x) => elu(x, 0.5), eluOf(0.5), [0]],
];

/** Where e^x overflows float32 or vanishes. */
const extremes = [-1e4, -100, -20, 0, 20, 100, 1e4];

onEveryBackend(() => {
  describe('activations', () => {
    for (const [name, op, f, kinks] of cases) {
      testOp(name, { inputs: [awayFrom(kinks, [5, 17], -7, 7)], op, reference: map(f) });

      it(`${name} is right for large and small numbers, and its derivative finite`, async () => {
        const expected = extremes.map((x) => (name === 'softplus' && x > 50 ? x : f(x)));
        expectNumbersClose(await op(tensor(extremes)).data(), expected, 1e-5, name);
        const derivatives = await derivativesAt(op, extremes);
        expect(derivatives.map(Number.isFinite)).toEqual(extremes.map(() => true));
      });
    }

    it('have the derivatives at kinks that their definitions choose', async () => {
      expect(await derivativesAt(relu, [-1, 0, 1])).toEqual([0, 0, 1]);
      expect(await derivativesAt(relu6, [0, 3, 6])).toEqual([0, 1, 0]);
    });
  });

  describe('softmax', () => {
    for (const shape of [[17], [3, 7], [2, 3, 5], [5, 1], [4, 8]]) {
      testOp(`of [${shape}]`, { inputs: [uniform(shape)], op: softmax, reference: softmaxOf });
      testOp(`logarithm of [${shape}]`, { inputs: [uniform(shape)], op: logSoftmax, reference: logSoftmaxOf });
    }
    const large = fixed([3, 3], [1e4, 0, -1e4, -1e4, -1e4, -1e4, 1e4, 1e4, 0]);
    testOp('of large logits', { inputs: [large], op: softmax, reference: softmaxOf });
    testOp('logarithm of large logits', { inputs: [large], op: logSoftmax, reference: logSoftmaxOf });
    // more classes than the 1000 turns after which gpu.js ends loops whose bound it does not recognise
    testOp('of 1030 classes', { inputs: [uniform([2, 1030])], op: logSoftmax, reference: logSoftmaxOf });
  });
});
