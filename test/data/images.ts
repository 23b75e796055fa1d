/** @file Images for tests, and a slow and plain way to look at them. */
import type { Image } from '@fer/data';
import fc from 'fast-check';
import ndarray from 'ndarray';

/** [height, width, channels] from nested rows of single-channel pixels. */
export function gray(rows: readonly (readonly number[])[], kind: 'bytes' | 'floats' = 'bytes'): Image {
  const values = rows.flat();
  const data = kind === 'bytes' ? Uint8Array.from(values) : Float32Array.from(values);
  return ndarray(data, [rows.length, rows[0]?.length ?? 0, 1]);
}

export function image(shape: readonly [number, number, number], values: ArrayLike<number>): Image {
  return ndarray(Float32Array.from(values), [...shape]);
}

/** All pixels in row-major order, by ndarray's own accessor. */
export function values(x: Image): number[] {
  const [height = 0, width = 0, channels = 0] = x.shape;
  const result: number[] = [];
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++) for (let c = 0; c < channels; c++) result.push(x.get(i, j, c));
  return result;
}

/** The first channel as nested rows. */
export function rows(x: Image): number[][] {
  const [height = 0, width = 0] = x.shape;
  return Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => x.get(i, j, 0)));
}

/** Images of bytes or floats from 0 to 255, dense or any view: cropped, mirrored, transposed, of repeated channels. */
export function images(channels: readonly number[] = [1, 3]): fc.Arbitrary<Image> {
  return fc
    .record({
      height: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 9 }),
      channels: fc.constantFrom(...channels),
      bytes: fc.boolean(),
      view: fc.constantFrom('dense', 'mirrored', 'transposed', 'cropped', 'repeated'),
      seed: fc.integer({ min: 1, max: 1e6 }),
    })
    .map(({ height, width, channels, bytes, view, seed }) => {
      const length = (height + 2) * (width + 2) * channels;
      const numbers = Array.from({ length }, (_, i) => (seed * (i + 1) * 7919) % 256);
      const data = bytes ? Uint8Array.from(numbers) : Float32Array.from(numbers);
      const whole: Image = ndarray(data, [height + 2, width + 2, channels]);
      if (view === 'mirrored') return whole.step(-1, -1, 1);
      if (view === 'transposed') return whole.transpose(1, 0, 2);
      if (view === 'cropped') return whole.lo(1, 1, 0).hi(height, width, channels);
      if (view === 'repeated') return ndarray(data, [height, width, channels], [width, 1, 0]);
      return whole;
    });
}
