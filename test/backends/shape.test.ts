import {
  broadcastTo,
  concat,
  expandDims,
  flip,
  gather,
  neg,
  Parameter,
  pad,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  sum,
  type Tensor,
  tensor,
  tile,
  transpose,
} from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { fixed, integers, uniform } from '../inputs.ts';
import * as expected from '../reference/shape.ts';
import { testOp } from '../testOp.ts';

onEveryBackend(() => {
  describe('reshape', () => {
    testOp('[3,4] as [2,6]', {
      inputs: [uniform([3, 4])],
      op: (x) => reshape(x, [2, 6]),
      reference: expected.reshape([2, 6]),
    });
    testOp('completes a size', {
      inputs: [uniform([3, 5, 2])],
      op: (x) => reshape(x, [5, -1]),
      reference: expected.reshape([5, 6]),
    });
    testOp('to a scalar', { inputs: [uniform([1, 1])], op: (x) => reshape(x, []), reference: expected.reshape([]) });
    testOp('expandDims', {
      inputs: [uniform([3, 5])],
      op: (x) => expandDims(x, 1),
      reference: expected.reshape([3, 1, 5]),
    });
    testOp('expandDims at the end', {
      inputs: [uniform([3])],
      op: (x) => expandDims(x, -1),
      reference: expected.reshape([3, 1]),
    });
    testOp('squeeze', { inputs: [uniform([1, 3, 1])], op: (x) => squeeze(x), reference: expected.reshape([3]) });
    testOp('squeeze of one axis', {
      inputs: [uniform([1, 3, 1])],
      op: (x) => squeeze(x, -1),
      reference: expected.reshape([1, 3]),
    });
  });

  describe('transpose', () => {
    const permutations = [
      [0],
      [1, 0],
      [2, 0, 1],
      [0, 2, 1],
      [0, 2, 1, 3],
      [3, 1, 0, 2],
      [4, 2, 0, 3, 1],
      [5, 4, 3, 2, 1, 0],
    ];
    const sizes = [3, 2, 5, 1, 4, 2];
    for (const permutation of permutations) {
      testOp(`by [${permutation}]`, {
        inputs: [uniform(sizes.slice(0, permutation.length))],
        op: (x) => transpose(x, permutation),
        reference: expected.transpose(permutation),
      });
    }
    testOp('reverses the axes unless told otherwise', {
      inputs: [uniform([2, 3, 5])],
      op: (x) => transpose(x),
      reference: expected.transpose([2, 1, 0]),
    });
    testOp('of whole cells', {
      inputs: [uniform([8, 4])],
      op: (x) => transpose(x, [-1, 0]),
      reference: expected.transpose([1, 0]),
    });
  });

  describe('broadcastTo', () => {
    const cases: [from: number[], to: number[]][] = [
      [[], [5]],
      [
        [3, 1],
        [3, 4],
      ],
      [
        [1, 3],
        [2, 5, 3],
      ],
      [[5], [5]],
      [
        [2, 1, 3, 1],
        [2, 4, 3, 5],
      ],
    ];
    for (const [from, to] of cases) {
      testOp(`[${from}] to [${to}]`, {
        inputs: [uniform(from)],
        op: (x) => broadcastTo(x, to),
        reference: expected.broadcastTo(to),
      });
    }
  });

  describe('concat', () => {
    const cases: [axis: number, ...shapes: number[][]][] = [
      [0, [3]],
      [0, [3], [5]],
      [0, [2, 3], [1, 3], [4, 3]],
      [1, [3, 2], [3, 5]],
      [2, [2, 3, 1], [2, 3, 4], [2, 3, 2]],
      [1, [2, 4, 4], [2, 8, 4]],
    ];
    for (const [axis, ...shapes] of cases) {
      testOp(`of ${shapes.map((shape) => `[${shape}]`).join()} along ${axis}`, {
        inputs: shapes.map((shape) => uniform(shape)),
        op: (...tensors) => concat(tensors, axis),
        reference: expected.concat(axis),
      });
    }
    testOp('counts a negative axis from the end', {
      inputs: [uniform([2, 3]), uniform([2, 1])],
      op: (...tensors) => concat(tensors, -1),
      reference: expected.concat(1),
    });
    for (const axis of [0, 1, 2]) {
      testOp(`stack along ${axis}`, {
        inputs: [uniform([3, 5]), uniform([3, 5]), uniform([3, 5])],
        op: (...tensors) => stack(tensors, axis),
        reference: expected.stack(axis),
      });
    }
  });

  describe('slice', () => {
    const cases: [shape: number[], begin: number[], size: number[]][] = [
      [[7], [2], [3]],
      [
        [3, 5],
        [1, 0],
        [2, 5],
      ],
      [
        [3, 5, 7],
        [0, 2, 3],
        [3, 1, 4],
      ],
      [
        [2, 3, 5, 7],
        [1, 1, 1, 1],
        [1, 2, 3, 6],
      ],
      [
        [4, 8],
        [1, 4],
        [2, 4],
      ],
    ];
    for (const [shape, begin, size] of cases) {
      testOp(`[${size}] of [${shape}] from [${begin}]`, {
        inputs: [uniform(shape)],
        op: (x) => slice(x, begin, size),
        reference: expected.slice(begin, size),
      });
    }
    testOp('to the end', {
      inputs: [uniform([3, 5])],
      op: (x) => slice(x, [1, 2], [-1, -1]),
      reference: expected.slice([1, 2], [2, 3]),
    });
    testOp('split into equal parts', {
      inputs: [uniform([3, 6])],
      op: (x) => split(x, 3, 1)[1] as Tensor,
      reference: expected.slice([0, 2], [3, 2]),
    });
    testOp('split into parts of given sizes', {
      inputs: [uniform([7, 2])],
      op: (x) => split(x, [1, 4, 2])[2] as Tensor,
      reference: expected.slice([5, 0], [2, 2]),
    });
    it('split gives as many parts as asked for', () => {
      expect(split(tensor([[1, 2, 3, 4]]), 2, -1).map(({ shape }) => shape)).toEqual([
        [1, 2],
        [1, 2],
      ]);
      expect(split(tensor([1, 2, 3]), [2, 1]).map(({ shape }) => shape)).toEqual([[2], [1]]);
    });
  });

  describe('pad', () => {
    type Paddings = [number, number][];
    const cases: [shape: number[], paddings: Paddings, value: number][] = [
      [[5], [[2, 1]], 0],
      [
        [3, 4],
        [
          [0, 0],
          [1, 3],
        ],
        -1.5,
      ],
      [
        [2, 3, 5],
        [
          [1, 0],
          [0, 0],
          [2, 2],
        ],
        0,
      ],
      [
        [1, 3, 3, 2],
        [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ],
        7,
      ],
      [[4], [[0, 0]], 1],
      [[], [], 1],
      [
        [2, 4],
        [
          [4, 0],
          [4, 4],
        ],
        1,
      ],
    ];
    for (const [shape, paddings, value] of cases) {
      testOp(`[${shape}] by ${JSON.stringify(paddings)} of ${value}`, {
        inputs: [uniform(shape)],
        op: (x) => pad(x, paddings, value),
        reference: expected.pad(paddings, value),
      });
    }
  });

  describe('flip and tile', () => {
    const flips: [shape: number[], axes: number[]][] = [
      [[7], [0]],
      [[3, 5], [1]],
      [
        [2, 3, 5],
        [0, 2],
      ],
      [[2, 3, 4, 4], [2]],
    ];
    for (const [shape, axes] of flips) {
      testOp(`flip of [${shape}] along [${axes}]`, {
        inputs: [uniform(shape)],
        op: (x) => flip(x, axes),
        reference: expected.flip(axes),
      });
    }
    const tilings: [shape: number[], repeats: number[]][] = [
      [[3], [2]],
      [
        [3, 2],
        [1, 3],
      ],
      [
        [2, 1, 4],
        [2, 3, 2],
      ],
    ];
    for (const [shape, repeats] of tilings) {
      testOp(`[${repeats}] times [${shape}]`, {
        inputs: [uniform(shape)],
        op: (x) => tile(x, repeats),
        reference: expected.tile(repeats),
      });
    }
  });

  describe('gather', () => {
    const cases: [shape: number[], indices: number[], axis: number][] = [
      [[7], [5], 0],
      [[5, 3], [4], 0],
      [[3, 5], [7], 1],
      [[3, 4, 5], [2, 3], 1],
      [[2, 3, 8], [4], 2],
      [[5, 2], [], 0],
    ];
    for (const [shape, indices, axis] of cases) {
      testOp(`[${indices}] indices along ${axis} of [${shape}]`, {
        inputs: [uniform(shape), integers(indices, 0, shape[axis] as number)],
        op: (x, at) => gather(x, at, axis),
        reference: expected.gather(axis),
      });
    }
    // more than the 1000 turns after which gpu.js ends loops whose bound it does not recognise
    testOp('1030 indices', {
      inputs: [uniform([3, 2]), integers([1030], 0, 3)],
      op: (x, at) => gather(x, at),
      reference: expected.gather(0),
    });
    it('gives NaN for an index that does not exist', async () => {
      const x = tensor([
        [1, 2],
        [3, 4],
      ]);
      const indices = tensor([1, 2, -1, 0], [4], 'int32');
      const nothing = Number.NaN;
      expect(await gather(x, indices).array()).toEqual([
        [3, 4],
        [nothing, nothing],
        [nothing, nothing],
        [1, 2],
      ]);
      expect(await gather(x, indices, 1).array()).toEqual([
        [2, nothing, nothing, 1],
        [4, nothing, nothing, 3],
      ]);
    });
  });

  describe('integers', () => {
    const labels = () =>
      tensor(
        [
          [1, 2, 3],
          [4, 5, 16_777_216],
        ],
        undefined,
        'int32',
      );
    const moved: [name: string, op: (x: Tensor) => Tensor, values: number[]][] = [
      ['reshape', (x) => reshape(x, [-1]), [1, 2, 3, 4, 5, 16_777_216]],
      ['transpose', (x) => transpose(x), [1, 4, 2, 5, 3, 16_777_216]],
      ['slice', (x) => slice(x, [1, 1], [1, 2]), [5, 16_777_216]],
      ['concat', (x) => concat([x, x], 1), [1, 2, 3, 1, 2, 3, 4, 5, 16_777_216, 4, 5, 16_777_216]],
      ['flip', (x) => flip(x, 1), [3, 2, 1, 16_777_216, 5, 4]],
      [
        'pad',
        (x) =>
          pad(
            x,
            [
              [0, 0],
              [1, 0],
            ],
            9,
          ),
        [9, 1, 2, 3, 9, 4, 5, 16_777_216],
      ],
      ['gather', (x) => gather(x, tensor([1], [1], 'int32')), [4, 5, 16_777_216]],
      ['broadcastTo', (x) => broadcastTo(slice(x, [0, 0], [1, 3]), [2, 3]), [1, 2, 3, 1, 2, 3]],
      ['tile', (x) => tile(x, [1, 2]), [1, 2, 3, 1, 2, 3, 4, 5, 16_777_216, 4, 5, 16_777_216]],
    ];
    it.each(moved)('%s keeps their type and values', async (_name, op, values) => {
      const result = op(labels());
      expect(result.dtype).toBe('int32');
      expect(await result.data()).toEqual(Int32Array.from(values));
    });
  });

  describe('of a scalar', () => {
    testOp('slice', { inputs: [uniform([])], op: (x) => slice(x, [], []), reference: expected.slice([], []) });
  });

  describe("the caller's arrays", () => {
    it('may change afterwards', async () => {
      const [begin, shape, wide] = [[1], [1, 2], [3, 2]];
      const x = new Parameter(tensor([1, 2, 3]));
      const piece = slice(x, begin, [2]);
      const seen = reshape(piece, shape);
      const repeated = broadcastTo(seen, wide);
      for (const numbers of [begin, shape, wide]) numbers.fill(7);
      expect([seen.shape, repeated.shape]).toEqual([
        [1, 2],
        [3, 2],
      ]);
      sum(repeated).backward();
      expect(await x.grad?.array()).toEqual([0, 3, 3]);
    });
  });

  describe('large tensors', () => {
    // 4.4 million elements, whose numbers take part in the arithmetic of indices
    it('keep every element at its place', async () => {
      const side = 2100;
      const values = Float32Array.from({ length: side * side }, (_, i) => i);
      const misplaced = (actual: ArrayLike<number>, at: (row: number, column: number) => number) => {
        let count = 0;
        for (let i = 0; i < values.length; i++) if (actual[i] !== at(Math.floor(i / side), i % side)) count++;
        return count;
      };
      using x = tensor(values, [side, side]);
      using transposed = transpose(x);
      expect(misplaced(await transposed.data(), (row, column) => column * side + row)).toBe(0);
      using negated = neg(x);
      expect(misplaced(await negated.data(), (row, column) => -(row * side + column))).toBe(0);
    });
  });

  describe('structures of five axes and more', () => {
    testOp('transpose then slice', {
      inputs: [fixed([1, 2, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])],
      op: (x) => slice(transpose(x, [3, 4, 0, 1, 2]), [1, 0, 0, 0, 0], [1, 3, 1, 2, 1]),
      reference: (x) => expected.slice([1, 0, 0, 0, 0], [1, 3, 1, 2, 1])(expected.transpose([3, 4, 0, 1, 2])(x)),
    });
  });
});
