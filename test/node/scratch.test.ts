/** @file What does not fit a thread's own memory on simd, or not as usual. */
import { BackendError, conv2d, localResponseNormalization, ones, setBackend, tensor } from '@fer/core';
import { expect, it } from 'vitest';

it.each([
  [80, 64, 3],
  [110, 96, 8],
])(
  'an image of %i by a filter of %i pixels and %i channels changes no other tensor',
  async (size, kernel, channels) => {
    await setBackend('simd', { threads: 1 });
    const other = ones([2 ** 21]);
    const image = ones([1, size, size, channels]);
    const values = new Float32Array(kernel * kernel * channels).fill(1 / 64);
    const y = conv2d(image, tensor(values, [kernel, kernel, channels, 1]));
    const expected = (kernel * kernel * channels) / 64;
    expect((y.dataSync() as Float32Array).every((value) => value === expected)).toBe(true);
    expect((other.dataSync() as Float32Array).every((value) => value === 1)).toBe(true);
  },
);

it('channels that are too many to be normalised by their neighbours are refused', async () => {
  await setBackend('simd', { threads: 1 });
  const normalise = () => localResponseNormalization(ones([1, 1, 1, 300_000]));
  expect(normalise).toThrow(BackendError);
  expect(normalise).toThrow("localResponseNormalization: 300000 channels do not fit the kernels' memory");
});
