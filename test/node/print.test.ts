import { gather, range, reshape, setBackend, tensor, zeros } from '@fer/core';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await setBackend('cpu');
});

describe('a tensor as text', () => {
  it('of one number', () => {
    expect(`${tensor(2.5)}`).toBe('float32 []\n2.5000');
    expect(`${tensor(3)}`).toBe('float32 []\n3');
  });

  it('has its elements in columns', () => {
    expect(
      `${tensor([
        [1, -20],
        [300, 4],
      ])}`,
    ).toBe('float32 [2,2]\n[[  1, -20],\n [300,   4]]');
    expect(`${tensor([0.5, -1.25])}`).toBe('float32 [2]\n[ 0.5000, -1.2500]');
  });

  it('separates matrices by an empty line', () => {
    const text = String(
      tensor([
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ]),
    );
    expect(text).toBe('float32 [2,2,2]\n[[[1, 2],\n  [3, 4]],\n\n [[5, 6],\n  [7, 8]]]');
  });

  it('shortens long axes', () => {
    expect(`${range(0, 7)}`).toBe('float32 [7]\n[0, 1, 2, ..., 4, 5, 6]');
    expect(`${range(0, 6)}`).toBe('float32 [6]\n[0, 1, 2, 3, 4, 5]');
    const table = String(reshape(range(0, 80), [8, 10]));
    expect(table.split('\n')).toEqual([
      'float32 [8,10]',
      '[[ 0,  1,  2, ...,  7,  8,  9],',
      ' [10, 11, 12, ..., 17, 18, 19],',
      ' [20, 21, 22, ..., 27, 28, 29],',
      ' ...,',
      ' [50, 51, 52, ..., 57, 58, 59],',
      ' [60, 61, 62, ..., 67, 68, 69],',
      ' [70, 71, 72, ..., 77, 78, 79]]',
    ]);
  });

  it('writes large, small and special numbers', () => {
    const special = [1e-4, 123_456.5, 1_000_000, Number.NaN, Number.POSITIVE_INFINITY, 0];
    const texts = ['1.000e-4', '1.235e+5', '1.000e+6', 'NaN', 'Infinity', '0'].map((text) => text.padStart(8));
    expect(`${tensor(special)}`).toBe(`float32 [6]\n[${texts.join(', ')}]`);
  });

  it('tells integers, and what was disposed', () => {
    expect(`${tensor([1, 20], [2], 'int32')}`).toBe('int32 [2]\n[ 1, 20]');
    expect(`${tensor([1_234_567, -5], [2], 'int32')}`).toBe('int32 [2]\n[1234567,      -5]');
    const outside = gather(tensor([5], [1], 'int32'), tensor([0, 1], [2], 'int32'));
    expect(`${outside}`).toBe('int32 [2]\n[  5, NaN]');
    const x = zeros([2, 3]);
    x.dispose();
    expect(`${x}`).toBe('float32 [2,3] (disposed)');
  });
});
