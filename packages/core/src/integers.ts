/** @file Integers, and which of them int32 tensors hold. They are stored as float32, as all elements are. */

/** Larger integers are not exact in float32, which every kernel computes with. */
export const MAX_INTEGER = 2 ** 24;

/** What is said of values that are none. */
export const INTEGERS = 'integers of at most 2^24 in magnitude';

export function isInt32(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MAX_INTEGER;
}

export const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** The first value that an int32 tensor cannot hold, if there is one. */
export function firstOutsideInt32(values: Float32Array | Float64Array): number | undefined {
  return values.find((value) => !isInt32(value));
}
