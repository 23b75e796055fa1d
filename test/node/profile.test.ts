/** @file Watching a program: how long its kernels take, and whether it leaves tensors behind. */
import {
  assertNoLeaks,
  BackendError,
  conv2d,
  matMul,
  noGrad,
  ones,
  profileKernels,
  relu,
  setBackend,
  tidy,
} from '@fer/core';
import { afterAll, describe, expect, it } from 'vitest';

afterAll(() => setBackend('simd'));

describe.each(['simd', 'cpu'] as const)('profileKernels on %s', (name) => {
  it('tells calls and times of each kernel, the longest first', async () => {
    await setBackend(name);
    using x = ones([2, 12, 12, 4]);
    using filter = ones([3, 3, 4, 8]);
    using a = ones([30, 30]);
    const table = await profileKernels(async () => {
      for (let i = 0; i < 3; i++) relu(conv2d(x, filter, {})).dispose();
      await tidy(() => matMul(a, a)).data();
    });
    const calls = Object.fromEntries(table.map(({ kernel, calls }) => [kernel, calls]));
    expect(calls).toEqual({ conv2d: 3, unary: 3, matMul: 1, other: 0 });
    const times = table.map(({ milliseconds }) => milliseconds);
    expect(times).toEqual([...times].sort((p, q) => q - p));
    expect(table.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  });

  it('leaves the backend as it was, whatever happens', async () => {
    await setBackend(name);
    using a = ones([2, 2]);
    const nested = () => profileKernels(() => profileKernels(() => {}));
    await expect(nested()).rejects.toThrow(BackendError);
    await expect(nested()).rejects.toThrow('a profile is being taken already');
    const fails = () => {
      throw new Error('as it does');
    };
    await expect(profileKernels(fails)).rejects.toThrow('as it does');
    const [first] = await profileKernels(() => noGrad(() => relu(a)).dispose());
    expect(first?.calls).toBeLessThan(2);
  });
});

describe('assertNoLeaks', () => {
  it('gives what the function gave, if it left nothing', async () => {
    await setBackend('cpu');
    const sizeOf = async () => {
      using x = ones([3]);
      return (await x.data()).length;
    };
    expect(await assertNoLeaks(sizeOf)).toBe(3);
    using kept = await assertNoLeaks(() => ones([3]), 1);
    expect(kept.size).toBe(3);
  });

  it('throws if it left tensors, or took some that were there', async () => {
    await setBackend('cpu');
    const leaked = ones([4]);
    await expect(assertNoLeaks(async () => ones([4]))).rejects.toThrow(
      'assertNoLeaks: expected 0 tensors to be left but there are 1, and 16 bytes: [4]',
    );
    const several = assertNoLeaks(() => Array.from({ length: 6 }, (_, i) => ones([i + 1, 2])), 3);
    await expect(several).rejects.toThrow('there are 6, and 168 bytes: [1,2], [2,2], [3,2], [4,2], [5,2], ...');
    const { cause } = await several.catch((error) => error);
    expect(cause.stack).toMatch(/was left was made here[\s\S]*profile\.test/);
    await expect(assertNoLeaks(() => leaked.dispose())).rejects.toThrow('but there are -1, and -16 bytes');
  });
});
