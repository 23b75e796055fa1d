import {
  add,
  argMax,
  concat,
  flip,
  gather,
  logSoftmax,
  matMul,
  mean,
  memory,
  mul,
  Parameter,
  pad,
  pow,
  relu,
  setBackend,
  slice,
  softmax,
  sum,
  tensor,
  tidy,
  tile,
  transpose,
} from '@fer/core';
import { beforeAll, describe, expect, inject, it } from 'vitest';

describe.each(inject('backends'))('%s', (name) => {
  beforeAll(async () => {
    await setBackend(name);
  });
  it('computes', async () => {
    const x = tensor([
      [1, -2, 3],
      [4, 5, -6],
    ]);
    expect(await relu(x).array()).toEqual([
      [1, 0, 3],
      [4, 5, 0],
    ]);
    expect(await add(x, tensor([10, 20, 30])).array()).toEqual([
      [11, 18, 33],
      [14, 25, 24],
    ]);
    expect(await transpose(x).array()).toEqual([
      [1, 4],
      [-2, 5],
      [3, -6],
    ]);
    expect(await matMul(x, transpose(x)).array()).toEqual([
      [14, -24],
      [-24, 77],
    ]);
    const a = tensor(
      Float32Array.from({ length: 64 }, (_, i) => i),
      [8, 8],
    );
    const p = await matMul(a, a).data();
    expect(p[9]).toBe([8, 9, 10, 11, 12, 13, 14, 15].reduce((s, v, i) => s + v * (i * 8 + 1), 0));
    expect(await sum(x).item()).toBe(5);
    expect(await sum(x, 0).array()).toEqual([5, 3, -3]);
    expect(await mean(x, 1).array()).toEqual([2 / 3, 1].map(Math.fround));
    expect(await argMax(x, 1).array()).toEqual([2, 1]);
    expect((await sum(softmax(x), 1).data())[0]).toBeCloseTo(1, 4);
    expect((await logSoftmax(x).data())[0]).toBeCloseTo(-2.133, 3);
    expect(await concat([x, x, x], 1).array()).toEqual([
      [1, -2, 3, 1, -2, 3, 1, -2, 3],
      [4, 5, -6, 4, 5, -6, 4, 5, -6],
    ]);
    expect(await flip(x, [0, 1]).array()).toEqual([
      [-6, 5, 4],
      [3, -2, 1],
    ]);
    expect(await slice(x, [0, 1], [2, 2]).array()).toEqual([
      [-2, 3],
      [5, -6],
    ]);
    expect(
      await pad(
        x,
        [
          [1, 0],
          [0, 1],
        ],
        7,
      ).array(),
    ).toEqual([
      [7, 7, 7, 7],
      [1, -2, 3, 7],
      [4, 5, -6, 7],
    ]);
    expect(await tile(x, [1, 2]).array()).toEqual([
      [1, -2, 3, 1, -2, 3],
      [4, 5, -6, 4, 5, -6],
    ]);
    expect(await gather(x, tensor([1, 1, 0], undefined, 'int32')).array()).toEqual([
      [4, 5, -6],
      [4, 5, -6],
      [1, -2, 3],
    ]);
    expect((await pow(x, 2).data())[1]).toBeCloseTo(4, 3);
    const w = new Parameter(x);
    tidy(() => sum(mul(w, w)).backward());
    expect(await w.grad?.array()).toEqual([
      [2, -4, 6],
      [8, 10, -12],
    ]);
    console.log(name, memory());
  });
});
