import { avgPool2d, globalAveragePool2d, maxPool2d, type PoolOptions, reshape, type Tensor } from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { distinct, uniform } from '../inputs.ts';
import * as reference from '../reference/pool.ts';
import { folds, reduce } from '../reference/reduce.ts';
import type { Padding } from '../reference/window.ts';
import { derivativesAt, testOp } from '../testOp.ts';

type Case = [
  x: readonly [n: number, h: number, w: number, c: number],
  poolSize: readonly [number, number],
  strides: readonly [number, number],
  padding: Padding,
];

const cases: Case[] = [
  [[1, 1, 1, 1], [1, 1], [1, 1], 'valid'],
  [[1, 4, 4, 4], [2, 2], [2, 2], 'valid'],
  [[3, 5, 7, 3], [2, 2], [2, 2], 'same'],
  [[1, 7, 5, 8], [3, 3], [2, 2], 'same'],
  [[3, 6, 5, 5], [3, 3], [1, 1], 'same'],
  [[1, 5, 6, 4], [3, 2], [1, 2], 1],
  [
    [1, 7, 7, 1],
    [3, 3],
    [2, 1],
    [
      [1, 0],
      [2, 1],
    ],
  ],
  [
    [1, 7, 8, 12],
    [2, 3],
    [3, 2],
    [
      [0, 1],
      [1, 2],
    ],
  ],
  [[3, 13, 3, 7], [5, 1], [5, 1], 'same'],
  [[1, 17, 13, 1], [3, 3], [3, 3], 'valid'],
  [[1, 3, 3, 13], [3, 3], [1, 1], 2],
];

onEveryBackend(() => {
  for (const [name, op, referenceOp] of [
    ['maxPool2d', maxPool2d, reference.maxPool2d],
    ['avgPool2d', avgPool2d, reference.avgPool2d],
  ] as const) {
    describe(name, () => {
      for (const [shape, poolSize, strides, padding] of cases) {
        testOp(`of [${shape}], ${poolSize.join('x')} by ${strides}, ${JSON.stringify(padding)}`, {
          inputs: [distinct(shape, -5, -1)],
          op: (x) => op(x, { poolSize, strides, padding }),
          reference: referenceOp({ poolSize, strides, padding }),
        });
      }
      const defaults: [PoolOptions, readonly [number, number], readonly [number, number]][] = [
        [{}, [2, 2], [2, 2]],
        [{ poolSize: 3 }, [3, 3], [3, 3]],
        [{ poolSize: [3, 2], strides: 1 }, [3, 2], [1, 1]],
      ];
      for (const [options, poolSize, strides] of defaults) {
        testOp(`with the options ${JSON.stringify(options)}`, {
          inputs: [distinct([1, 7, 6, 2])],
          op: (x) => op(x, options),
          reference: referenceOp({ poolSize, strides, padding: 'valid' }),
        });
      }
    });
  }

  describe('maxPool2d', () => {
    it('gives the gradient of equal pixels to the first, row by row', async () => {
      const image = [1, 1, 0, 1, 1, 3, 0, 3, 3];
      const expected = [1, 0, 0, 0, 0, 2, 0, 1, 0];
      for (const channels of [1, 4]) {
        const inAll = (pixels: number[]) => pixels.flatMap((pixel) => new Array<number>(channels).fill(pixel));
        const pool = (x: Tensor) => maxPool2d(reshape(x, [1, 3, 3, channels]), { poolSize: 2, strides: 1 });
        expect(await derivativesAt(pool, inAll(image))).toEqual(inAll(expected));
      }
    });
  });

  describe('globalAveragePool2d', () => {
    for (const shape of [
      [1, 1, 1, 1],
      [3, 5, 7, 3],
      [1, 13, 17, 4],
      [2, 4, 4, 16],
    ]) {
      testOp(`of [${shape}]`, {
        inputs: [uniform(shape)],
        op: globalAveragePool2d,
        reference: reduce(folds.mean, [1, 2]),
      });
    }
  });
});
