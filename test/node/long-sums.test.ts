/** @file Sums over so many pixels that a float which takes them one by one would lose the later ones. */
import { conv2d, full, ones, Parameter, type Shape, setBackend, sum } from '@fer/core';
import { beforeAll, expect, it } from 'vitest';

beforeAll(() => setBackend('simd', { threads: 1 }));

it.each<[string, Shape]>([
  ['a product', [1, 1, 1, 1]],
  ["Winograd's convolution", [3, 3, 16, 16]],
])("a filter's gradient by %s", async (_, shape) => {
  const [height = 0, , channels = 0] = shape;
  const side = 1024 / Math.sqrt(channels);
  const filter = new Parameter(ones(shape));
  sum(conv2d(full([channels, side, side, channels], 0.1), filter)).backward();
  const pixels = channels * (side - height + 1) ** 2;
  const exact = Math.fround(0.1) * pixels;
  // in sixteen parts, however long: 6e-4 of the product
  for (const value of (await filter.grad?.data()) ?? []) expect(Math.abs(value / exact - 1)).toBeLessThan(1e-4);
});
