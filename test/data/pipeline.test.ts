/** @file Data sets and their batches: what comes, in which order, and that neither depends on workers or on the past. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ArgumentError, BackendError, memory, ShapeError, setBackend } from '@fer/core';
import {
  affine,
  type Batches,
  brightness,
  compose,
  Dataset,
  decodeImage,
  flip,
  fromArrays,
  type Item,
  normalise,
  randomCrop,
  rotate,
} from '@fer/data';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { beforeAll, describe, expect, it } from 'vitest';
import { values } from './images.ts';

const CLASSES = ['a', 'b', 'c'];

/** Image i is 6x5 and begins with pixel i. */
const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, i) => ({
    image: ndarray(
      Uint8Array.from({ length: 30 }, (_, k) => (i + 11 * k) % 256),
      [6, 5, 1],
    ),
    label: i % 3,
    usage: i < count / 2 ? 'Training' : 'PublicTest',
    subject: `S${i % 4}`,
  }));
const dataset = (count: number) => new Dataset({ classes: CLASSES, items: items(count) });

/** Which items these are: the first pixels of the images. */
const identities = (data: Dataset) => data.items.map(({ image }) => image.get(0, 0, 0));

interface Read {
  readonly shape: readonly number[];
  readonly images: readonly number[];
  readonly labels: readonly number[];
}

async function read(batches: Batches, epoch: number, firstBatch?: number): Promise<Read[]> {
  const result: Read[] = [];
  for await (const { images, labels } of batches.epoch(epoch, firstBatch)) {
    expect([images.dtype, labels.dtype]).toEqual(['float32', 'int32']);
    result.push({ shape: images.shape, images: [...(await images.data())], labels: [...(await labels.data())] });
    images.dispose();
    labels.dispose();
  }
  return result;
}

const firstPixels = (batches: readonly Read[], size = 30) =>
  batches.map(({ images }) => images.filter((_, i) => i % size === 0));

const augment = compose(
  affine({ rotation: 20, widthShift: 0.2, heightShift: 0.2, zoom: 0.2, fillMode: 'nearest' }),
  flip(),
  brightness({ factor: 0.3 }),
);

beforeAll(async () => {
  await setBackend('cpu');
});

describe('targets', () => {
  const soft = dataset(6).withTargets(({ label }, index) => [label / 4, index / 8]);

  it('take the place of labels in batches, wherever their items go', async () => {
    const batches = soft
      .filter((_, i) => i !== 2)
      .map(flip())
      .shuffle({ seed: 4 })
      .batch(3);
    const seen: number[] = [];
    for await (const { images, labels } of batches.epoch(1)) {
      expect(labels.dtype).toBe('float32');
      expect(labels.shape).toEqual([images.shape[0], 2]);
      const rows = Array.from(await labels.data());
      for (let i = 0; i < rows.length; i += 2) {
        const index = (rows[i + 1] as number) * 8;
        expect(rows[i]).toBe((index % 3) / 4);
        seen.push(index);
      }
      images.dispose();
      labels.dispose();
    }
    expect(seen.sort()).toEqual([0, 1, 3, 4, 5]);
    expect([...soft.labels]).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('must be as many for each item, from 0 to 1, and given after classes are chosen', () => {
    const data = dataset(3);
    expect(() => data.withTargets((_, i) => [0.5, 0.5, 0.5].slice(i))).toThrow('but item 0 has 3 and item 1 2');
    expect(() => data.withTargets(() => [])).toThrow('targets must not be empty');
    expect(() => data.withTargets(() => [0.5, Number.NaN])).toThrow('one of item 0 is NaN');
    expect(() => data.withTargets((_, i) => [i])).toThrow('one of item 2 is 2');
    const mixed = [...items(1), ...data.withTargets(() => [1]).items];
    expect(() => new Dataset({ classes: CLASSES, items: mixed })).toThrow('but item 0 has none and item 1 1');
    expect(() => soft.keepClasses(['a'])).toThrow('keepClasses: the items have targets');
  });
});

describe('Dataset', () => {
  it('selects items, and leaves the data set that it came from as it was', () => {
    const data = dataset(10);
    expect(identities(data.usage('PublicTest'))).toEqual([5, 6, 7, 8, 9]);
    expect(identities(data.filter(({ label, subject }) => label === 0 && subject !== 'S0'))).toEqual([3, 6, 9]);
    expect(identities(data.select([4, 4, 1]))).toEqual([4, 4, 1]);
    expect(identities(data.take(3))).toEqual([0, 1, 2]);
    expect(identities(data.take(100))).toHaveLength(10);
    expect(identities(data.select([7, 8]).repeat(3))).toEqual([7, 8, 7, 8, 7, 8]);
    expect(data.length).toBe(10);
  });

  it('keeps classes under new labels', () => {
    const data = dataset(7).keepClasses(['c', 'a']);
    expect(data.classes).toEqual(['c', 'a']);
    expect(identities(data)).toEqual([0, 2, 3, 5, 6]);
    expect([...data.labels]).toEqual([1, 0, 1, 0, 1]);
    expect(data.items[1]).toMatchObject({ usage: 'Training', subject: 'S2' });
  });

  it('takes what the seed draws after shuffle, the same in every epoch', async () => {
    const data = dataset(40).shuffle({ seed: 3 }).take(10);
    const drawn = identities(data).sort((a, b) => a - b);
    expect(drawn).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const epoch of [0, 1, 5]) {
      const seen = firstPixels(await read(data.batch(10), epoch)).flat();
      expect(seen.sort((a, b) => a - b)).toEqual(drawn);
    }
  });

  it('applies transforms in order, with other random numbers for each item and epoch', () => {
    const data = dataset(4).map((image) =>
      ndarray(
        Float32Array.from(values(image), (v) => v + 1),
        [6, 5, 1],
      ),
    );
    const twice = data.map((image) =>
      ndarray(
        Float32Array.from(values(image), (v) => 2 * v),
        [6, 5, 1],
      ),
    );
    expect(twice.image(3).get(0, 0, 0)).toBe(8);
    const random = dataset(1)
      .repeat(3)
      .map((image, random) => ndarray(new Float32Array(image.size).fill(random.uniform()), image.shape));
    const drawn = [0, 1, 2].flatMap((epoch) => [0, 1, 2].map((index) => random.image(index, epoch).get(0, 0, 0)));
    expect(new Set(drawn).size).toBe(9);
    expect(random.image(1, 2).get(0, 0, 0)).toBe(drawn[7]);
    const otherSeed = random.shuffle({ seed: 1 }).image(1, 2).get(0, 0, 0);
    expect(drawn).not.toContain(otherSeed);
  });

  it('caches what was mapped so far', () => {
    let calls = 0;
    const data = dataset(5).map((image, random) => {
      calls++;
      return ndarray(new Float32Array(image.size).fill(random.uniform()), image.shape);
    });
    const cached = data.cache();
    expect(calls).toBe(5);
    const first = cached.image(2, 0).get(0, 0, 0);
    expect(cached.image(2, 7).get(0, 0, 0)).toBe(first);
    expect(
      cached
        .map((image) => image.hi(1, 1, 1))
        .image(2, 3)
        .get(0, 0, 0),
    ).toBe(first);
    expect(calls).toBe(5);
    expect(cached.items[2]).toMatchObject({ label: 2, subject: 'S2' });
  });

  it('describes itself, and shows itself as PNG', async () => {
    expect(dataset(7).describe()).toEqual({
      items: 7,
      classes: { a: 3, b: 2, c: 2 },
      usages: { Training: 4, PublicTest: 3 },
      subjects: 4,
      shapes: { '6x5x1': 7 },
      bytes: 210,
      damaged: [],
    });
    const photograph = fromArrays(ndarray(new Uint8Array(300 * 200), [1, 200, 300]), [0]);
    const thumbnail = await decodeImage(await photograph.preview({ scale: 1, gap: 0 }));
    expect(thumbnail.shape).toEqual([64 * 7, 96, 1]); // a row for each of seven classes
    const sheet = await decodeImage(await dataset(7).preview({ perClass: 2, scale: 1, gap: 1 }));
    expect(sheet.shape).toEqual([3 * 7 + 1, 2 * 6 + 1, 1]);
    expect(() => dataset(7).preview({ perClass: 1.5 })).toThrow('perClass must be an integer of at least 1 but is 1.5');
    // row b holds images 1 and 4, each with a white frame
    expect([7, 8].map((y) => [0, 1, 6, 7].map((x) => sheet.get(y, x, 0)))).toEqual([
      [255, 255, 255, 255],
      [255, 1, 255, 4],
    ]);
  });

  it('refuses what makes no sense', () => {
    const data = dataset(4);
    const errors: [() => unknown, string][] = [
      [
        () => new Dataset({ classes: ['a'], items: items(2) }),
        'Dataset: the label of item 1 must be from 0 to 0 but is 1',
      ],
      [() => data.usage('PrivateTest'), 'usage: no item is for PrivateTest: there are Training, PublicTest'],
      [() => data.select([4]), 'select: indices must be from 0 to 3 but one is 4'],
      [() => data.select([0.5]), 'select: indices must be from 0 to 3 but one is 0.5'],
      [
        () => new Dataset({ classes: ['a', 'b', 'a'], items: items(2) }),
        "Dataset: the names of classes must differ but 'a' comes twice",
      ],
      [() => data.keepClasses(['b', 'b']), "keepClasses: the names of classes must differ but 'b' comes twice"],
      [() => data.keepClasses(['x']), 'keepClasses: x is not a class: there are a, b, c'],
      [() => data.take(-1), 'take: count must be an integer of at least 0 but is -1'],
      [() => data.repeat(0), 'repeat: times must be an integer of at least 1 but is 0'],
      [() => data.shuffle({ seed: Number.NaN }), 'shuffle: seed must be an integer but is NaN'],
      [() => data.image(4), 'image: index must be from 0 to 3 but is 4'],
      [() => data.batch(0), 'batch: size must be an integer of at least 1 but is 0'],
      [() => data.batch(5, { dropRemainder: true }), 'batch: 4 items do not fill a batch of 5'],
      [() => data.take(0).batch(5), 'batch: 0 items do not fill a batch of 5'],
      [() => data.batch(2).epoch(-1), 'epoch: epoch must be an integer of at least 0 but is -1'],
      [() => data.batch(2).epoch(0, 3), 'epoch: firstBatch must be from 0 to 2 but is 3'],
      [() => data.batch(2).prefetch({ workers: 0 }), 'prefetch: workers must be an integer of at least 1 but is 0'],
      [
        () =>
          data
            .map((x) => x)
            .batch(2)
            .prefetch(),
        'prefetch: a function without a config was mapped, which workers cannot run',
      ],
    ];
    for (const [act, message] of errors) {
      expect(act).toThrow(ArgumentError);
      expect(act).toThrow(message);
    }
  });
});

describe('batches', () => {
  it('hold images and labels side by side, the last ones what is left', async () => {
    const batches = dataset(7).batch(3);
    expect([batches.length, batches.size, batches.batchSize]).toEqual([3, 7, 3]);
    const all = await read(batches, 0);
    expect(all.map(({ shape }) => shape)).toEqual([
      [3, 6, 5, 1],
      [3, 6, 5, 1],
      [1, 6, 5, 1],
    ]);
    expect(all.flatMap(({ images }) => images)).toEqual(items(7).flatMap(({ image }) => values(image)));
    expect(all.map(({ labels }) => labels)).toEqual([[0, 1, 2], [0, 1, 2], [0]]);
    const whole = dataset(7).batch(3, { dropRemainder: true });
    expect([whole.length, whole.size, (await read(whole, 0)).length]).toEqual([2, 6, 2]);
  });

  it('visit every item once an epoch, each epoch in another order that the seed alone decides', async () => {
    const batches = dataset(50).shuffle({ seed: 9 }).batch(8);
    const epochs = [await read(batches, 0), await read(batches, 1), await read(batches, 2)];
    const orders = epochs.map((epoch) => firstPixels(epoch).flat());
    for (const order of orders)
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(new Set(orders.map(String)).size).toBe(3);
    expect(await read(dataset(50).shuffle({ seed: 9 }).batch(8), 2)).toEqual(epochs[2]);
    expect(firstPixels(await read(dataset(50).shuffle({ seed: 10 }).batch(8), 0)).flat()).not.toEqual(orders[0]);
  });

  it('come the same when resumed within an epoch, whatever was computed before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          count: fc.integer({ min: 1, max: 30 }),
          size: fc.integer({ min: 1, max: 9 }),
          seed: fc.integer(),
          epoch: fc.nat(1000),
          from: fc.nat(30),
        }),
        async ({ count, size, seed, epoch, from }) => {
          const batches = dataset(count).map(augment).shuffle({ seed }).batch(size);
          const firstBatch = from % (batches.length + 1);
          const whole = await read(batches, epoch);
          expect(await read(batches, epoch, firstBatch)).toEqual(whole.slice(firstBatch));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('compute nothing for what was seen already', async () => {
    const seen: number[] = [];
    const batches = dataset(12)
      .map((image) => {
        seen.push(image.get(0, 0, 0));
        return image;
      })
      .batch(4);
    await read(batches, 0, 2);
    expect(seen).toEqual([8, 9, 10, 11]);
  });

  it('read images that are strided views, of bytes and floats', async () => {
    const bytes = ndarray(
      Uint8Array.from({ length: 60 }, (_, i) => i),
      [4, 5, 3],
    );
    const floats = ndarray(
      Float32Array.from({ length: 60 }, (_, i) => i / 2),
      [4, 5, 3],
    );
    const views = [bytes, bytes.step(-1, -1, 1), bytes.transpose(0, 1, 2), floats.step(1, -1, 1)];
    const data = new Dataset({ classes: CLASSES, items: views.map((image) => ({ image, label: 0 })) });
    const [batch] = await read(data.batch(4), 0);
    expect(batch?.images).toEqual(views.flatMap(values));
    const cropped = data.map((image) => image.lo(1, 2, 0).hi(2, 3, 3));
    expect((await read(cropped.batch(4), 0))[0]?.images).toEqual(
      views.flatMap((v) => values(v.lo(1, 2, 0).hi(2, 3, 3))),
    );
    expect(await read(cropped.batch(4), 0)).toEqual(await read(cropped.cache().batch(3).prefetch(), 0).then(merged));
  });

  it('refuse images of different shapes', async () => {
    const odd = { image: ndarray(new Uint8Array(12), [3, 4, 1]), label: 0 };
    const data = new Dataset({ classes: CLASSES, items: [...items(2), odd] });
    const message = 'batch: image 2 is [3,4,1] but image 0 is [6,5,1]: bring them to one [height, width, channels]';
    for (const batches of [data.batch(3), data.batch(3).prefetch()]) {
      await expect(read(batches, 0)).rejects.toThrow(ShapeError);
      await expect(read(batches, 0)).rejects.toThrow(message);
    }
  });

  it('belong to the consumer, and leave nothing behind if an epoch ends early', async () => {
    const before = memory();
    for (const batches of [dataset(20).batch(2), dataset(20).batch(2).prefetch({ ahead: 4 })]) {
      for await (const { images, labels } of batches.epoch(0)) {
        expect(memory().tensors).toBe(before.tensors + 2);
        images.dispose();
        labels.dispose();
        break;
      }
    }
    expect(memory()).toEqual(before);
  });
});

/** Batches of any sizes as one. */
const merged = (batches: readonly Read[]): Read[] => [
  {
    shape: [batches.reduce((sum, { shape }) => sum + (shape[0] as number), 0), ...(batches[0]?.shape.slice(1) ?? [])],
    images: batches.flatMap(({ images }) => images),
    labels: batches.flatMap(({ labels }) => labels),
  },
];

describe('prefetch', () => {
  it.each([{}, { workers: 1, ahead: 1 }, { workers: 2 }, { workers: 3, ahead: 7 }])(
    'gives the same batches, bit for bit: %o',
    async (options) => {
      const batches = dataset(33)
        .map(augment)
        .map(normalise({ mean: 127.5, deviation: 127.5 }))
        .shuffle({ seed: 4 })
        .batch(4);
      for (const [epoch, firstBatch] of [
        [0, 0],
        [1, 0],
        [1, 5],
        [2, 9],
      ])
        expect(await read(batches.prefetch(options), epoch as number, firstBatch)).toEqual(
          await read(batches, epoch as number, firstBatch),
        );
    },
  );

  it('serves several epochs at once', async () => {
    const batches = dataset(12).map(flip()).shuffle({ seed: 1 }).batch(5);
    const both = await Promise.all([read(batches.prefetch(), 0), read(batches.prefetch(), 1)]);
    expect(both).toEqual([await read(batches, 0), await read(batches, 1)]);
  });

  it("throws a transform's own error", async () => {
    const batches = dataset(6)
      .map(randomCrop({ size: 40 }))
      .batch(2)
      .prefetch();
    const [error, expected] = await Promise.all(
      [
        batches,
        dataset(6)
          .map(randomCrop({ size: 40 }))
          .batch(2),
      ].map((b) => read(b, 0).catch((error) => error)),
    );
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.message).toBe(expected.message);
  });

  it('lets the program end by itself, at once', async () => {
    const program = `
      import { setBackend } from '@fer/core';
      import { flip, syntheticFaces } from '@fer/data';
      await setBackend('cpu');
      const batches = syntheticFaces({ seed: 1, count: 7, size: 8 }).map(flip()).batch(2).prefetch();
      let images = 0;
      for await (const batch of batches.epoch(0)) images += batch.images.shape[0];
      console.log(images, Date.now());`;
    const { stdout } = await promisify(execFile)(
      'node',
      ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: fileURLToPath(new URL('..', import.meta.url)) },
    );
    const [images, finished] = stdout.split(' ').map(Number);
    expect(images).toBe(7);
    expect(Date.now() - (finished as number)).toBeLessThan(5000); // workers that are idle would wait for 10 s
  });

  it('needs threads', async () => {
    const { getBuiltinModule } = process;
    try {
      Object.assign(process, { getBuiltinModule: undefined });
      await expect(read(dataset(2).batch(2).prefetch({ workers: 5 }), 0)).rejects.toThrow(BackendError);
    } finally {
      Object.assign(process, { getBuiltinModule });
    }
  });
});

describe('rotate in a pipeline', () => {
  it('does not touch the images of the data set', async () => {
    const data = dataset(4).map(rotate({ rotation: [90, 90] }));
    await read(data.batch(2), 0);
    expect(data.items.map(({ image }) => values(image))).toEqual(items(4).map(({ image }) => values(image)));
  });
});
