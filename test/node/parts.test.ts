/** @file Into how many parts gpu.js kernels cut long sums. */
import { expect, it } from 'vitest';
import type { Device } from '../../packages/core/src/backend/gpu/device.ts';
import { sumInParts } from '../../packages/core/src/backend/gpu/kernels/parts.ts';

/** Throws the number of parts, before there is anything to add up. */
function partsOf(pieces: number, pieceLength: number, length: number): number {
  let found = 0;
  const run = (parts: number) => {
    found = parts;
    throw new Error('enough');
  };
  expect(() => sumInParts({} as Device, pieces, pieceLength, length, run)).toThrow('enough');
  return found;
}

it.each([
  ['few results of long sums', 64, 4096, 16, 64],
  ['short sums', 2, 8, 100, 1],
  ['a prime number of pieces', 7, 4096, 100, 7],
  ["a large product: twice its result would exceed the kernels' 2^24", 5000, 1, 3300 * 3300, 1],
  ['a filter of VGG16, 40 images: eight would exceed them, and seven do not divide 40', 40, 28 * 28, 9 * 512 * 512, 5],
])('%s', (_, pieces, pieceLength, length, expected) => {
  expect(partsOf(pieces, pieceLength, length)).toBe(expected);
});
