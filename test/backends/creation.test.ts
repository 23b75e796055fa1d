import {
  full,
  getBackend,
  oneHot,
  ones,
  Random,
  randomNormal,
  randomUniform,
  range,
  tensor,
  truncatedNormal,
  zeros,
} from '@fer/core';
import ndarray, { type NdArray } from 'ndarray';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';

onEveryBackend(() => {
  describe('tensor', () => {
    it('takes a number', async () => {
      const x = tensor(2.5);
      expect([x.shape, x.rank, x.size, x.dtype]).toEqual([[], 0, 1, 'float32']);
      expect(await x.item()).toBe(2.5);
      expect(await x.array()).toBe(2.5);
    });

    it('takes nested arrays', async () => {
      const values = [
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        [
          [7, 8],
          [9, 10],
          [11, 12],
        ],
      ];
      const x = tensor(values);
      expect(x.shape).toEqual([2, 3, 2]);
      expect(await x.array()).toEqual(values);
    });

    it('takes arrays of typed arrays', async () => {
      const x = tensor([Float32Array.of(1, 2), Float64Array.of(3, 4)]);
      expect(await x.array()).toEqual([
        [1, 2],
        [3, 4],
      ]);
    });

    it('takes flat values and a shape', async () => {
      expect(await tensor([1, 2, 3, 4, 5, 6], [3, 2]).array()).toEqual([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
      expect(await tensor(Uint8Array.of(1, 2, 3), [1, 3]).array()).toEqual([[1, 2, 3]]);
    });

    it('copies what it takes', async () => {
      const values = Float32Array.of(1, 2, 3, 4);
      const x = tensor(values);
      values.fill(0);
      expect(await x.data()).toEqual(Float32Array.of(1, 2, 3, 4));
      (await x.data()).fill(0);
      expect(await x.data()).toEqual(Float32Array.of(1, 2, 3, 4));
    });

    it('keeps float32 numbers exactly, and the special ones', async () => {
      const values = [
        0.1,
        -1e-30,
        3.4e38,
        16_777_217,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.NaN,
        0,
      ];
      expect([...(await tensor(values).data())]).toEqual(values.map(Math.fround));
    });

    it('keeps integers', async () => {
      const x = tensor([0, -1, 2 ** 24, -(2 ** 24)], undefined, 'int32');
      expect(x.dtype).toBe('int32');
      expect(await x.data()).toEqual(Int32Array.of(0, -1, 16_777_216, -16_777_216));
    });

    it.each([1, 3, 4, 5, 1000, 4099])('of %i elements comes back whole', async (size) => {
      const values = Float32Array.from({ length: size }, (_, i) => i - size / 2);
      expect(await tensor(values).data()).toEqual(values);
    });
  });

  describe('ndarray', () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i);
    /** [2, 3, 4], of 0 to 23. */
    const image = () => tensor(values, [2, 3, 4]).ndarray();

    it('becomes a tensor and back', async () => {
      const back = await tensor(await image()).ndarray();
      expect(back.shape).toEqual([2, 3, 4]);
      expect(back.data).toEqual(values);
      expect(back.get(1, 2, 3)).toBe(23);
    });

    it('may be any strided view', async () => {
      const x = await image();
      expect(await tensor(x.pick(1)).array()).toEqual([
        [12, 13, 14, 15],
        [16, 17, 18, 19],
        [20, 21, 22, 23],
      ]);
      expect(await tensor(x.pick(0).transpose(1, 0)).array()).toEqual([
        [0, 4, 8],
        [1, 5, 9],
        [2, 6, 10],
        [3, 7, 11],
      ]);
      expect(await tensor(x.pick(0).step(-1, -2)).array()).toEqual([
        [11, 9],
        [7, 5],
        [3, 1],
      ]);
      expect(await tensor(x.lo(1, 1, 1).hi(1, 2, 2)).array()).toEqual([
        [
          [17, 18],
          [21, 22],
        ],
      ]);
    });

    it('may keep its numbers behind get and set', async () => {
      const store = { length: 3, get: (i: number) => 10 * i, set: () => 0 };
      expect(await tensor(ndarray(store, [3]) as NdArray).array()).toEqual([0, 10, 20]);
    });

    it('may be given another shape, or integers', async () => {
      expect(await tensor((await image()).pick(0).transpose(1, 0), [2, 6]).array()).toEqual([
        [0, 4, 8, 1, 5, 9],
        [2, 6, 10, 3, 7, 11],
      ]);
      const labels = await tensor([3, 1, 2], [3], 'int32').ndarray();
      expect(labels.data).toEqual(Int32Array.of(3, 1, 2));
      expect(await tensor(labels.step(-1), undefined, 'int32').data()).toEqual(Int32Array.of(2, 1, 3));
    });
  });

  describe('functions', () => {
    it('full, zeros and ones', async () => {
      expect(await full([2, 2], 7).array()).toEqual([
        [7, 7],
        [7, 7],
      ]);
      expect(await zeros([3]).data()).toEqual(new Float32Array(3));
      expect(await ones([2], 'int32').data()).toEqual(Int32Array.of(1, 1));
      expect(await full([], -1.5).item()).toBe(-1.5);
    });

    it('range', async () => {
      expect(await range(0, 5).array()).toEqual([0, 1, 2, 3, 4]);
      expect(await range(1, 2, 0.25).array()).toEqual([1, 1.25, 1.5, 1.75]);
      expect(await range(3, 0, -1, 'int32').data()).toEqual(Int32Array.of(3, 2, 1));
      expect(() => range(0, 1e12)).toThrow('range: [1000000000000] has more elements than');
    });

    it('oneHot', async () => {
      expect(await oneHot([2, 0], 3).array()).toEqual([
        [0, 0, 1],
        [1, 0, 0],
      ]);
      expect(await oneHot(Int32Array.of(1), 2).array()).toEqual([[0, 1]]);
    });

    it('random numbers as their generator draws them', async () => {
      const drawn = (draw: (random: Random) => number) => {
        const random = new Random(3);
        return Float32Array.from({ length: 6 }, () => draw(random));
      };
      expect(await randomUniform([2, 3], new Random(3), -1, 1).data()).toEqual(drawn((r) => r.uniform(-1, 1)));
      expect(await randomNormal([6], new Random(3), 5, 0.1).data()).toEqual(drawn((r) => r.normal(5, 0.1)));
      expect(await truncatedNormal([3, 2], new Random(3)).data()).toEqual(drawn((r) => r.truncatedNormal()));
    });
  });

  describe('reading', () => {
    it('at once where the device can, and an error where it cannot', async () => {
      const x = tensor([1, 2]);
      if (getBackend() === 'webgpu') {
        expect(() => x.dataSync()).toThrow('dataSync: webgpu cannot be read synchronously; use `await tensor.data()`');
        expect(String(x)).toBe('float32 [2] on webgpu');
      } else {
        expect(x.dataSync()).toEqual(Float32Array.of(1, 2));
        expect(String(x)).toBe('float32 [2]\n[1, 2]');
      }
      expect(await x.data()).toEqual(Float32Array.of(1, 2));
    });
  });
});
