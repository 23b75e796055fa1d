import { expect, it } from 'vitest';
import { differenceOf, median, ratioOf, spreadOf } from '../../bench/statistics.ts';

it('a spread has the median, and what eight tenths lie between', () => {
  expect(spreadOf([9, 3, 1, 7, 5, 11, 2, 4, 6, 8, 10])).toEqual({ median: 6, low: 2, high: 10 });
  expect(spreadOf([4])).toEqual({ median: 4, low: 4, high: 4 });
  expect(median([10, 9, 100])).toBe(10); // numbers, not texts, are sorted
  expect(spreadOf([3, 1])).toEqual({ median: 2, low: 1, high: 3 });
});

it('a ratio is that of each round: a slow minute slows both', () => {
  expect(ratioOf([1, 10, 1], [2, 20, 3])).toEqual({ median: 2, low: 2, high: 3 });
});

it('a difference is relative to the largest element, and no number where one is none', () => {
  const expected = Float32Array.of(1, -4);
  expect(differenceOf(Float32Array.of(1, -3), expected)).toBe(0.25);
  expect(differenceOf(Float32Array.of(Number.NaN, -4), expected)).toBeNaN();
  expect(differenceOf(expected, Float32Array.of(1, Number.NaN))).toBeNaN();
  expect(differenceOf(expected, Float32Array.of(1))).toBeNaN();
});
