import { type Activation, matMul, type Tensor } from '@fer/core';
import { describe } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { awayFrom, uniform } from '../inputs.ts';
import { activations, broadcast, map } from '../reference/elementwise.ts';
import { matMul as matMulOf, type Transposition } from '../reference/matmul.ts';
import { testOp } from '../testOp.ts';

const transpositions: Transposition[] = [
  {},
  { transposeA: true },
  { transposeB: true },
  { transposeA: true, transposeB: true },
];

const nameOf = ({ transposeA, transposeB }: Transposition) =>
  `${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`;

/** The shapes of a product of [..., m, k] and [..., k, n] before their transpositions. */
function shapes(
  [m, k, n]: readonly number[],
  { transposeA, transposeB }: Transposition,
  leadA: number[],
  leadB: number[],
) {
  const a = transposeA ? [k, m] : [m, k];
  const b = transposeB ? [n, k] : [k, n];
  return [[...leadA, ...a] as number[], [...leadB, ...b] as number[]] as const;
}

function testProduct(
  sizes: readonly number[],
  transposition: Transposition = {},
  leadA: number[] = [],
  leadB: number[] = [],
) {
  const [a, b] = shapes(sizes, transposition, leadA, leadB);
  testOp(`[${a}] by [${b}]${nameOf(transposition)}`, {
    inputs: [uniform(a, -1, 1), uniform(b, -1, 1)],
    op: (x, y) => matMul(x, y, transposition),
    reference: (x, y) => matMulOf(x, y, transposition),
  });
}

onEveryBackend(() => {
  describe('more rows than a texture may have', () => {
    testProduct([9000, 4, 4]);
  });

  describe('product', () => {
    testProduct([1, 1, 1]);
    testProduct([17, 13, 5]);
    testProduct([1, 16, 7]);
    testProduct([5, 4, 16]);
    testProduct([16, 12, 1]);
    for (const transposition of transpositions) {
      testProduct([3, 5, 7], transposition);
      testProduct([4, 8, 12], transposition);
    }
    // more terms than the 1000 turns after which gpu.js ends loops whose bound it does not recognise
    testProduct([2, 1030, 3]);
    testProduct([4, 516, 4], { transposeA: true });
    testProduct([4, 512, 4], { transposeB: true });
    testProduct([3, 517, 4], { transposeA: true });
    testProduct([3, 510, 2], { transposeA: true, transposeB: true });
    testProduct([1, 4120, 4]);
  });

  describe('batch of products', () => {
    for (const transposition of transpositions) {
      testProduct([3, 5, 7], transposition, [3], [3]);
      testProduct([4, 8, 4], transposition, [2], []);
      testProduct([5, 3, 2], transposition, [], [3]);
    }
    testProduct([4, 4, 8], {}, [3], [3]);
    testProduct([2, 3, 5], {}, [2, 1], [3]);
    testProduct([2, 3, 4], {}, [2, 3], [1, 1]);
    testProduct([1, 5, 3], {}, [2, 3], [2, 3]);
  });

  describe('bias and activation', () => {
    const biased = broadcast((x = 0, bias = 0) => x + bias);
    const sizes: [m: number, k: number, n: number][] = [
      [3, 5, 7],
      [4, 8, 12],
    ];
    for (const [m, k, n] of sizes) {
      testOp(`bias, [${m},${k}] by [${k},${n}]`, {
        inputs: [uniform([m, k]), uniform([k, n]), uniform([n])],
        op: (a, b, bias) => matMul(a, b, { bias }),
        reference: (a, b, bias) => biased(matMulOf(a, b), bias as typeof a),
      });
      testOp(`bias for a batch, [2,${m},${k}] by [2,${n},${k}]`, {
        inputs: [uniform([2, m, k]), uniform([2, n, k]), uniform([n])],
        op: (a, b, bias) => matMul(a, b, { bias, transposeB: true }),
        reference: (a, b, bias) => biased(matMulOf(a, b, { transposeB: true }), bias as typeof a),
      });
    }
    for (const [name, f] of Object.entries(activations)) {
      const activation = name as Activation;
      testOp(`${name} of [3,1] by [1,4]`, {
        inputs: [awayFrom([0], [3, 1], 0.5, 2), awayFrom([0], [1, 4], -4, 4, 0.2)],
        op: (a: Tensor, b: Tensor) => matMul(a, b, { activation }),
        reference: (a, b) => map(f)(matMulOf(a, b)),
      });
    }
    testOp('bias and activation, sizes of whole cells', {
      inputs: [uniform([4, 4]), uniform([4, 8]), uniform([8])],
      op: (a, b, bias) => matMul(a, b, { bias, activation: 'sigmoid' }),
      reference: (a, b, bias) => map(activations.sigmoid)(biased(matMulOf(a, b), bias as typeof a)),
    });
  });
});
