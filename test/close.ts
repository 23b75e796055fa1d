/** @file Comparing numbers with a reference. */
import type { Tensor } from '@fer/core';
import { expect } from 'vitest';
import { toleranceOf } from './backends.ts';
import type { Dense } from './reference/dense.ts';

/** The largest difference, relative to the reference's element or to 1, and where it is. NaN differs from every number. */
export function worstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  const worst = { difference: 0, position: 0 };
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    const difference = Object.is(a, e) || a === e ? 0 : Math.abs(a - e) / Math.max(1, Math.abs(e));
    if (!(difference <= worst.difference)) Object.assign(worst, { difference, position: i });
    if (Number.isNaN(difference)) break;
  }
  return worst;
}

export function expectNumbersClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.length);
  const { difference, position } = worstDifference(actual, expected);
  expect(difference, `${what}[${position}] is ${actual[position]}, expected ${expected[position]}`).toBeLessThanOrEqual(
    tolerance,
  );
}

/** Compares shape and elements. */
export async function expectClose(
  actual: Tensor,
  expected: Dense,
  { tolerance = toleranceOf(), what = 'result' }: { tolerance?: number; what?: string } = {},
): Promise<void> {
  expect(actual.shape, `${what}: shape`).toEqual(expected.shape);
  expectNumbersClose(await actual.data(), expected.values, tolerance, what);
}
