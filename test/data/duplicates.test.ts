import { ArgumentError, assertNoLeaks, Random, setBackend } from '@fer/core';
import {
  brightness,
  contrast,
  Dataset,
  duplicates,
  fromArrays,
  groupSplit,
  type Image,
  type Item,
  syntheticFaces,
  zoom,
} from '@fer/data';
import ndarray from 'ndarray';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => setBackend('simd'));

const changedBy = (change: (image: Image, random: Random) => Image, faces: Dataset) =>
  new Dataset({ ...faces, items: faces.items.map((item) => ({ ...item, image: change(item.image, new Random(1)) })) });

/** Noise, of which no two images are alike. */
function noise(count: number, seed: number, side = 16): Dataset {
  const random = new Random(seed);
  const images = Uint8Array.from({ length: count * side ** 2 }, () => random.integer(256));
  return fromArrays(ndarray(images, [count, side, side]), new Int32Array(count));
}

describe('duplicates', () => {
  it('finds the same faces, brighter, with less contrast or a little larger', async () => {
    const faces = syntheticFaces({ count: 21, seed: 1 });
    const same = faces.items.map((_, index) => ({ index, original: index }));
    for (const change of [brightness({ factor: 0.2 }), contrast({ factor: 0.3 }), zoom({ zoom: [1.02, 1.02] })]) {
      const found = await duplicates(changedBy(change, faces), faces);
      expect(found.map(({ index, original }) => ({ index, original }))).toEqual(same);
    }
  });

  it('agrees with correlations in float64, on either side of a block of products', async () => {
    const [images, others] = [noise(2050, 1), noise(2049, 2)];
    const levels = ({ items }: Dataset, i: number) => {
      const { data, offset } = (items[i] as Item).image;
      const values = Array.from(data.subarray(offset, offset + 256));
      const mean = values.reduce((a, b) => a + b) / 256;
      return values.map((value) => value - mean);
    };
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
    const found = await duplicates(images, others, { similarity: 0.15 });
    expect(found.length).toBeGreaterThan(2000);
    for (const { index, original, similarity } of [0, 1, 500, -2, -1].map((i) => found.at(i) as (typeof found)[0])) {
      const image = levels(images, index);
      const similarities = others.items.map((_, j) => {
        const other = levels(others, j);
        return dot(image, other) / Math.sqrt(dot(image, image) * dot(other, other));
      });
      expect(similarity).toBeCloseTo(Math.max(...similarities), 5);
      expect(similarities[original]).toBe(Math.max(...similarities));
    }
  });

  it('finds what comes again within one data set, and leaves its first image', async () => {
    const faces = noise(2100, 3);
    const found = await duplicates(faces.select([...faces.items.keys(), 7, 2090, 7]), undefined, { similarity: 1 });
    expect(found.map(({ index, original }) => [index, original])).toEqual([
      [2100, 7],
      [2101, 2090],
      [2102, expect.toSatisfy((original) => original === 7 || original === 2100)],
    ]);
    expect(Math.max(...found.map(({ similarity }) => similarity))).toBeLessThanOrEqual(1);
  });

  it('gives groups that keep a photograph on one side of a split', async () => {
    const noisy = noise(60, 5);
    const faces = noisy.select([...noisy.items.keys(), ...noisy.items.keys()]);
    const photograph = faces.items.map((_, index) => index);
    for (const { index, original } of await duplicates(faces)) photograph[index] = photograph[original] as number;
    const [learned = [], watched = []] = groupSplit(faces.labels, photograph, [0.8, 0.2], { seed: 1 });
    expect(watched).toHaveLength(24);
    expect(await duplicates(faces.select(watched), faces.select(learned))).toEqual([]);
  });

  it('takes images of a single gray level for nothing', async () => {
    const flat = ndarray(new Uint8Array(3 * 48 * 48).fill(128), [3, 48, 48]);
    expect(await duplicates(fromArrays(flat, [0, 0, 0]))).toEqual([]);
  });

  it('leaves no tensors, and takes no images for none', async () => {
    const faces = syntheticFaces({ count: 7, seed: 1 });
    await assertNoLeaks(() => duplicates(faces));
    expect(await duplicates(faces.select([]), faces)).toEqual([]);
    expect(await duplicates(faces, faces.select([]))).toEqual([]);
  });

  it('finds nothing like an image of a single gray level', async () => {
    const faces = syntheticFaces({ count: 7, seed: 1 });
    const flat = ndarray(new Uint8Array(48 * 48).fill(90), [48, 48, 1]);
    const items = [{ image: flat, label: 0 }, ...faces.items, { image: flat, label: 0 }];
    const found = await duplicates(new Dataset({ classes: faces.classes, items }), undefined, { similarity: 0 });
    expect(found.every(({ index, original }) => index < 8 && original > 0)).toBe(true);
  });

  it('refuses a similarity that none can have', async () => {
    const faces = syntheticFaces({ count: 7, seed: 1 });
    await expect(duplicates(faces, faces, { similarity: 1.1 })).rejects.toThrow(
      new ArgumentError('duplicates', 'similarity must be from 0 to 1 but is 1.1'),
    );
  });
});
