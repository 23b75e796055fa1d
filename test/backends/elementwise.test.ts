import {
  abs,
  add,
  cast,
  clip,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  Parameter,
  pow,
  reciprocal,
  rsqrt,
  sign,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  where,
} from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { awayFrom, constant, type Draw, fixed, integers, uniform } from '../inputs.ts';
import { broadcast, map } from '../reference/elementwise.ts';
import { derivativesAt, testOp } from '../testOp.ts';

const shape = [3, 5, 7];

const unaryCases: [name: string, op: (x: Tensor) => Tensor, f: (x: number) => number, input: Draw][] = [
  ['neg', neg, (x) => -x, uniform(shape)],
  ['exp', exp, Math.exp, uniform(shape)],
  ['log', log, Math.log, uniform(shape, 0.3, 4)],
  ['sqrt', sqrt, Math.sqrt, uniform(shape, 0.3, 4)],
  ['rsqrt', rsqrt, (x) => 1 / Math.sqrt(x), uniform(shape, 0.3, 4)],
  ['square', square, (x) => x * x, uniform(shape)],
  ['abs', abs, Math.abs, awayFrom([0], shape)],
  ['sign', sign, Math.sign, awayFrom([0], shape)],
  ['reciprocal', reciprocal, (x) => 1 / x, awayFrom([0], shape, -3, 3, 0.3)],
  ['clip', (x) => clip(x, -0.5, 1), (x) => Math.min(Math.max(x, -0.5), 1), awayFrom([-0.5, 1], shape)],
];

type Arithmetic = (a: Tensor | number, b: Tensor | number) => Tensor;
type Range = [from: number, to: number];

const arithmetic: [name: string, op: Arithmetic, f: (...ab: number[]) => number, a: Range, b: Range][] = [
  ['add', add, (a = 0, b = 0) => a + b, [-2, 2], [-2, 2]],
  ['sub', sub, (a = 0, b = 0) => a - b, [-2, 2], [-2, 2]],
  ['mul', mul, (a = 0, b = 0) => a * b, [-2, 2], [-2, 2]],
  ['div', div, (a = 0, b = 0) => a / b, [-2, 2], [0.5, 2]],
  ['pow', pow, (a = 0, b = 0) => a ** b, [0.3, 2], [-2, 2]],
  ['maximum', maximum, (a = 0, b = 0) => Math.max(a, b), [-2, 2], [-2, 2]],
  ['minimum', minimum, (a = 0, b = 0) => Math.min(a, b), [-2, 2], [-2, 2]],
];

const comparisons: [name: string, op: Arithmetic, f: (...ab: number[]) => number][] = [
  ['equal', equal, (a = 0, b = 0) => Number(a === b)],
  ['notEqual', notEqual, (a = 0, b = 0) => Number(a !== b)],
  ['less', less, (a = 0, b = 0) => Number(a < b)],
  ['lessEqual', lessEqual, (a = 0, b = 0) => Number(a <= b)],
  ['greater', greater, (a = 0, b = 0) => Number(a > b)],
  ['greaterEqual', greaterEqual, (a = 0, b = 0) => Number(a >= b)],
];

onEveryBackend(() => {
  describe('unary', () => {
    for (const [name, op, f, input] of unaryCases) testOp(name, { inputs: [input], op, reference: map(f) });

    for (const size of [[], [1], [4], [13], [8, 16], [2, 1, 3, 1, 5]]) {
      testOp(`exp of [${size}]`, { inputs: [uniform(size)], op: exp, reference: map(Math.exp) });
    }

    it('has the derivatives at kinks that it documents', async () => {
      expect(await derivativesAt(abs, [-2, 0, 2])).toEqual([-1, 0, 1]);
      expect(await derivativesAt((x) => clip(x, 0, 1), [-1, 0, 1, 2])).toEqual([0, 1, 1, 0]);
    });
  });

  describe('binary', () => {
    for (const [name, op, f, a, b] of arithmetic) {
      const scalar = 1.25;
      testOp(`${name}, equal shapes`, {
        inputs: [uniform([5, 7], ...a), uniform([5, 7], ...b)],
        op,
        reference: broadcast(f),
      });
      testOp(`${name}, broadcast`, {
        inputs: [uniform([3, 1, 7], ...a), uniform([5, 1], ...b)],
        op,
        reference: broadcast(f),
      });
      testOp(`${name} with a number`, {
        inputs: [uniform([3, 7], ...a)],
        op: (x) => op(x, scalar),
        reference: map((x) => f(x, scalar)),
      });
      testOp(`${name} of a number`, {
        inputs: [uniform([3, 7], ...b)],
        op: (x) => op(scalar, x),
        reference: map((x) => f(scalar, x)),
      });
    }

    const shapes: [number[], number[]][] = [
      [[], [3]],
      [[1], [5, 7]],
      [[13], []],
      [
        [5, 1, 7],
        [3, 1],
      ],
      [
        [2, 3, 1, 5],
        [3, 4, 1],
      ],
      [
        [1, 3, 1, 5],
        [2, 1, 4, 1],
      ],
      [[4], [8, 4]],
      [
        [8, 4],
        [8, 1],
      ],
      [[2, 4, 4, 8], [8]],
      [
        [2, 1, 3, 1, 2],
        [1, 3, 1, 2, 1],
      ],
    ];
    for (const [a, b] of shapes) {
      testOp(`sub of [${a}] and [${b}]`, {
        inputs: [uniform(a), uniform(b)],
        op: sub,
        reference: broadcast((x = 0, y = 0) => x - y),
      });
    }

    for (const exponent of [-2, 0, 1, 2, 3]) {
      testOp(`pow of negative numbers and ${exponent}`, {
        inputs: [awayFrom([0], [3, 5], -2, 2, 0.5)],
        op: (x) => pow(x, exponent),
        reference: map((x) => x ** exponent),
      });
    }

    it('gives the gradient of equal elements to the first operand', async () => {
      const other = tensor([1, 2, 3]);
      expect(await derivativesAt((x) => maximum(x, other), [1, 1, 5])).toEqual([1, 0, 1]);
      expect(await derivativesAt((x) => minimum(other, x), [1, 1, 5])).toEqual([0, 1, 0]);
    });
  });

  describe('comparisons', () => {
    for (const [name, op, f] of comparisons) {
      testOp(`${name}, equal shapes`, {
        inputs: [integers([5, 7], 0, 3, 'float32'), integers([5, 7], 0, 3, 'float32')],
        op,
        reference: broadcast(f),
      });
      testOp(`${name} of integers, broadcast`, {
        inputs: [integers([5, 1], 0, 3), integers([4], 0, 3)],
        op,
        reference: broadcast(f),
      });
      testOp(`${name} with a number`, {
        inputs: [integers([13], 0, 3, 'float32')],
        op: (x) => op(x, 1),
        reference: map((x) => f(x, 1)),
      });
      testOp(`${name} of a number`, {
        inputs: [integers([13], 0, 3, 'float32')],
        op: (x) => op(1, x),
        reference: map((x) => f(1, x)),
      });
    }
  });

  describe('pow', () => {
    it.each([
      [-2, Number.POSITIVE_INFINITY],
      [-2, Number.NEGATIVE_INFINITY],
      [-0, -2],
      [-0, -3],
      [0, -3],
      [Number.NEGATIVE_INFINITY, 3],
      [Number.NEGATIVE_INFINITY, -2],
      [Number.NEGATIVE_INFINITY, 0.5],
      [Number.NEGATIVE_INFINITY, -0.5],
    ])('of %d and %d is as Math.pow has it', async (x, y) => {
      expect(await pow(tensor([x]), tensor([y])).array()).toEqual([x ** y]);
    });

    it('has the derivative 0 where the exponent is 0', async () => {
      const values = [0, 0, -2, 1];
      expect(await derivativesAt((x) => pow(x, 0), values)).toEqual([0, 0, 0, 0]);
      expect(await derivativesAt((x) => pow(x, tensor([0, 2, 0, 2])), values)).toEqual([0, 0, 0, 2]);
    });
    it('has the derivative 0 by the exponent where the base is 0, and none for one below', async () => {
      expect(await derivativesAt((x) => pow(0, x), [1, 2])).toEqual([0, 0]);
      expect(await derivativesAt((x) => pow(tensor([0, 1]), x), [1, 2])).toEqual([0, 0]);
      await expect(derivativesAt((x) => pow(-2, x), [1, 2])).rejects.toThrow('pow: exponents have no derivative');
    });
  });

  describe('where', () => {
    it('has no gradient by its condition', async () => {
      const condition = new Parameter(tensor([0, 1]));
      const a = new Parameter(tensor([5, 7]));
      tidy(() => sum(where(condition, a, mul(a, 2))).backward());
      expect(await a.grad?.array()).toEqual([2, 1]);
      expect(condition.grad).toBeUndefined();
    });

    const reference = broadcast((condition = 0, a = 0, b = 0) => (condition === 0 ? b : a));
    const op = (condition: Tensor, a: Tensor, b: Tensor) => where(condition, a, b);
    testOp('equal shapes', { inputs: [integers([3, 5], 0, 2), uniform([3, 5]), uniform([3, 5])], op, reference });
    testOp('broadcast', { inputs: [integers([3, 1], -1, 2), uniform([4]), uniform([2, 1, 1])], op, reference });
    testOp('float32 condition', {
      inputs: [constant(fixed([4], [0, 0.25, -1, 0])), uniform([4]), uniform([])],
      op,
      reference,
    });
  });

  describe('cast', () => {
    it('drops the fraction', async () => {
      const integers = cast(tensor([-2.75, -1, -0.5, 0, 0.5, 1.5, 2.999, 16_777_216]), 'int32');
      expect(integers.dtype).toBe('int32');
      expect(await integers.data()).toEqual(Int32Array.from([-2, -1, 0, 0, 0, 1, 2, 16_777_216]));
    });

    it('makes float32 of integers', async () => {
      const floats = cast(tensor([-3, 0, 7], [3], 'int32'), 'float32');
      expect(floats.dtype).toBe('float32');
      expect(await floats.data()).toEqual(Float32Array.from([-3, 0, 7]));
    });

    testOp('to the same type keeps values and gradient', {
      inputs: [uniform([5])],
      op: (x) => cast(x, 'float32'),
      reference: map((x) => x),
    });
  });
});
