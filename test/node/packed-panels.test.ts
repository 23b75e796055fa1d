/** @file Right sides of products that simd keeps packed: one buffer may be used in several ways. */
import {
  conv2d,
  grad,
  matMul,
  mul,
  Random,
  randomNormal,
  reshape,
  setBackend,
  sum,
  type Tensor,
  tidy,
} from '@fer/core';
import { describe, expect, it } from 'vitest';

await setBackend('simd', { threads: 1 });

/** Uses the weights in all ways several times over, so that every form is kept, and compares with weights used once. */
async function expectTheSame(weights: Tensor, ways: ((weights: Tensor) => Tensor)[]): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const way of ways) {
      using actual = tidy(() => way(weights));
      using expected = tidy(() => way(mul(weights, 1)));
      expect(await actual.data()).toEqual(await expected.data());
    }
  }
}

const random = new Random(1);
const squares = (y: Tensor) => sum(mul(y, y));

describe('one filter', () => {
  const images = randomNormal([1, 13, 13, 8], random);
  /** The derivative by the images, for which the filter is packed by phases of the stride. */
  const byImages = (shape: number[], strides: number) => (filter: Tensor) =>
    grad((x: Tensor) => squares(conv2d(x, reshape(filter, shape), { strides })))(images);

  it('with several strides', async () => {
    const filter = randomNormal([5, 5, 8, 8], random);
    await expectTheSame(filter, [byImages([5, 5, 8, 8], 2), byImages([5, 5, 8, 8], 3)]);
  });

  it('of several widths', async () => {
    const filter = randomNormal([3, 5, 8, 8], random);
    await expectTheSame(filter, [byImages([3, 5, 8, 8], 3), byImages([5, 3, 8, 8], 3)]);
  });

  it('that is a batch of matrices as well', async () => {
    const filter = randomNormal([3, 3, 8, 8], random);
    const rows = randomNormal([9, 20, 8], random);
    const product = (filter: Tensor) => matMul(rows, reshape(filter, [9, 8, 8]), { transposeB: true });
    await expectTheSame(filter, [product, byImages([3, 3, 8, 8], 3)]);
  });
});
