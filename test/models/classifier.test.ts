/** @file Trained networks in files, and classifying pictures with them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentError, FormatError, full, memory, type Parameter, setBackend, type Tensor } from '@fer/core';
import { DataError, encodePng, type Image, npyPair, syntheticFaces, type Transform } from '@fer/data';
import { Dense, encodeModel, evaluate, Flatten, Sequential, Softmax } from '@fer/layers';
import {
  decodePretrained,
  encodePretrained,
  expressionClassifier,
  type ImageSource,
  listPretrained,
  loadPretrained,
  type PretrainedName,
} from '@fer/models';
import ndarray from 'ndarray';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/files.ts';
import { brightness } from './brightness.ts';

beforeAll(async () => {
  await setBackend('simd');
});

const saved = temporaryFolder();

describe('a trained network in a file', () => {
  it.each(['float32', 'float16'] as const)('comes back as it was, in %s', async (dtype) => {
    const original = brightness();
    const { model, labels, preprocess, card } = await decodePretrained(await encodePretrained(original, { dtype }));
    expect({ labels, card }).toEqual({ labels: ['dark', 'bright'], card: '# Brightness' });
    expect(preprocess.config).toEqual(original.preprocess.config);
    const [before, after] = [original.model, model].map(({ weights }) =>
      [...weights].map(([, w]) => [...w.dataSync()]),
    );
    expect(after).toEqual(before);
    for (const one of [model, original.model]) one.dispose();
  });

  it.each([
    ['weights alone', () => encodeModel(brightness().model), "has no 'classifier' in its metadata"],
    ['no JSON', () => encodeModel(brightness().model, { metadata: { classifier: '{' } }), 'must be JSON of labels'],
    ['no labels', () => encodeModel(brightness().model, { metadata: { classifier: '{}' } }), 'must be JSON of labels'],
    [
      'too few labels',
      () => {
        const { model, preprocess, card } = brightness();
        const classifier = JSON.stringify({ labels: ['dark'], preprocess: preprocess.config, card });
        return encodeModel(model, { metadata: { classifier } });
      },
      '1 labels for an output [2]',
    ],
  ])('is refused if it holds %s', async (_, encode, message) => {
    const bytes = await encode();
    const before = memory();
    await expect(decodePretrained(bytes)).rejects.toThrow(FormatError);
    await expect(decodePretrained(bytes)).rejects.toThrow(message);
    expect(memory()).toEqual(before);
  });
});

it('is not written if it could not be read', async () => {
  const writing = encodePretrained({ ...brightness(), labels: ['dark'] });
  await expect(writing).rejects.toThrow(ArgumentError);
  await expect(writing).rejects.toThrow('encodePretrained: there are 1 labels for an output [2]');
  const withoutConfig = { ...brightness(), preprocess: ((image: Image) => image) as unknown as Transform };
  await expect(encodePretrained(withoutConfig)).rejects.toThrow('preprocess a transform of @fer/data');
});

describe('expressionClassifier', () => {
  const gray = (level: number) => ndarray(new Uint8Array(35).fill(level), [5, 7, 1]);
  const rgba = new Uint8ClampedArray(5 * 7 * 4).fill(240);
  const bright: [string, () => ImageSource | Promise<ImageSource>][] = [
    ['an ndarray [H,W,1]', () => gray(240)],
    ['an ndarray [H,W]', () => ndarray(new Uint8Array(35).fill(240), [5, 7])],
    ['an ndarray [H,W,3] of floats', () => ndarray(new Float32Array(105).fill(240), [5, 7, 3])],
    ['an ndarray of plain numbers', () => ndarray(new Array(35).fill(240), [5, 7])],
    ['ImageData', () => ({ data: rgba, width: 7, height: 5, colorSpace: 'srgb' }) as ImageData],
    ['the bytes of a PNG file', () => encodePng(gray(240))],
    ['a Blob of them', async () => new Blob([new Uint8Array(await encodePng(gray(240)))])],
    ['the path of a file', async () => saved('bright.png', await encodePng(gray(240)))],
  ];

  it.each(bright)('takes %s', async (_, source) => {
    const classify = await expressionClassifier(brightness());
    const [first, second] = await classify(await source());
    expect(first?.label).toBe('bright');
    // e^1.75 against e^-1.75
    expect(first?.probability).toBeCloseTo(1 / (1 + Math.exp(-3.5)), 5);
    expect((first?.probability ?? 0) + (second?.probability ?? 0)).toBeCloseTo(1, 6);
    classify.dispose();
  });

  it('sorts by probability', async () => {
    const classify = await expressionClassifier(brightness());
    expect((await classify(gray(10))).map(({ label }) => label)).toEqual(['dark', 'bright']);
    expect({ labels: classify.labels, card: classify.card }).toEqual({
      labels: ['dark', 'bright'],
      card: '# Brightness',
    });
    classify.dispose();
  });

  it.each([
    ['a softmax as its activation', () => [new Dense({ units: 2, activation: 'softmax' })]],
    ['a layer of softmax', () => [new Dense({ units: 2 }), new Softmax()]],
    [
      'a model that does',
      () => [new Sequential([new Dense({ units: 2, activation: 'softmax' })], { inputShape: [16] })],
    ],
  ] as const)('takes the outputs of a network that ends in %s for probabilities', async (_, ends) => {
    const logits = brightness();
    const model = new Sequential([new Flatten(), ...ends()], { inputShape: [4, 4, 1] });
    const kernel = [...model.weights.values()].find(({ rank }) => rank === 2);
    kernel?.assign(logits.model.weights.get('dense/kernel') as Tensor);
    const image = ndarray(new Uint8Array(16).fill(130), [4, 4, 1]);
    const classify = await expressionClassifier({ ...logits, model });
    const expected = await expressionClassifier(logits);
    const [found, wanted] = [await classify(image), await expected(image)];
    expect(found.map(({ label }) => label)).toEqual(wanted.map(({ label }) => label));
    found.forEach(({ probability }, i) => {
      expect(probability).toBeCloseTo(wanted[i]?.probability as number, 6);
    });
    classify.dispose();
    expected.dispose();
  });

  it('does not sort NaN', async () => {
    const network = brightness();
    const kernel = network.model.weights.get('dense/kernel') as Parameter;
    kernel.assign(full(kernel.shape, Number.NaN));
    const classify = await expressionClassifier(network);
    await expect(classify(gray(10))).rejects.toThrow("classify: the network's outputs are NaN");
    classify.dispose();
  });

  it('leaves nothing behind', async () => {
    const before = memory();
    const classify = await expressionClassifier(brightness());
    const during = memory();
    for (let i = 0; i < 3; i++) await classify(gray(10 * i));
    expect(memory()).toEqual(during);
    classify.dispose();
    expect(memory()).toEqual(before);
  });

  it('refuses what is no picture', async () => {
    const classify = await expressionClassifier(brightness());
    await expect(classify({} as ImageSource)).rejects.toThrow('classify: expected an image but got [object Object]');
    await expect(classify(null as unknown as ImageSource)).rejects.toThrow(ArgumentError);
    await expect(classify(ndarray(new Uint8Array(5), [5]))).rejects.toThrow(
      'expected an image [H,W] or [H,W,C] but got [5]',
    );
    await expect(classify(ndarray([0, Number.NaN, 0, 0], [2, 2]))).rejects.toThrow(
      'pixels must be from 0 to 255 but one is NaN',
    );
    await expect(classify(ndarray(Float32Array.of(0, -500, 0, 0), [2, 2]))).rejects.toThrow('but one is -500');
    await expect(classify(ndarray(new Uint8Array(5), [48, 48, 1]))).rejects.toThrow(
      'classify: pixels [48,48,1] by strides [48,1,1] from 0 do not lie in their 5 numbers',
    );
    await expect(classify(ndarray(new Float32Array(4).fill(0.5), [2, 2]))).rejects.toThrow(
      'classify: pixels must be from 0 to 255 but all are at most 1: multiply them by 255',
    );
    const rgb = { data: new Uint8ClampedArray(300), width: 10, height: 10 } as ImageData;
    await expect(classify(rgb)).rejects.toThrow(
      'classify: an ImageData of 10x10 must have 4 bytes a pixel but has 300',
    );
    await expect(classify(Uint8Array.of(1, 2, 3))).rejects.toThrow(DataError);
    await expect(classify('/nowhere.png')).rejects.toThrow(ArgumentError);
    await expect(classify('/nowhere.png')).rejects.toThrow("classify: cannot read '/nowhere.png': ENOENT");
    classify.dispose();
    await expect(classify(ndarray([0, 0, 0, 0], [2, 2]))).rejects.toThrow('classify: the classifier was disposed');
  });
});

describe('networks that come with the package', () => {
  it('see all pixels of a large picture, not those alone that a smaller one would have', async () => {
    const face = syntheticFaces({ seed: 1, count: 1 }).image(0);
    const small = ndarray(new Float32Array(48 * 48), [48, 48, 1]);
    const large = ndarray(new Float32Array(16 * 48 * 48), [192, 192, 1]);
    for (let y = 0; y < 192; y++)
      for (let x = 0; x < 192; x++) {
        const pixel = 20 + 0.6 * face.get(y >> 2, x >> 2, 0);
        const isCentre = (y + 1) % 4 > 1 && (x + 1) % 4 > 1; // of the sixteen that are one pixel of the face
        small.set(y >> 2, x >> 2, 0, pixel);
        large.set(y, x, 0, isCentre ? pixel + 60 : pixel - 20);
      }
    const classify = await expressionClassifier('mobi-express-net');
    const [expected, found] = [await classify(small), await classify(large)];
    for (const [i, { label, probability }] of found.entries()) {
      expect(label).toBe(expected[i]?.label);
      expect(probability).toBeCloseTo(expected[i]?.probability ?? 0, 4);
    }
    classify.dispose();
  });

  it.each(listPretrained())('%s classifies, and has a card', async (name) => {
    const { model, labels, preprocess, card } = await loadPretrained(name);
    expect(model.name).toBe(name);
    expect(labels).toHaveLength(7);
    expect(preprocess.config.name).toBe('compose');
    expect(card).toContain('PublicTest');
    model.dispose();
  });

  const images = join(process.env.FER_DATA ?? '../shared/data', 'fer2013/public_test_images.npy');
  if (!existsSync(images)) console.warn(`SKIPPED: ${images} does not exist, so that no accuracy is measured`);

  it.skipIf(!existsSync(images)).each(listPretrained())('%s is as good as its card says', async (name) => {
    const faces = await npyPair(images, images.replace('images', 'labels'));
    const { model, labels, preprocess, card } = await loadPretrained(name);
    const { accuracy = 0 } = await evaluate(model, faces.keepClasses(labels).map(preprocess).batch(256));
    const said = Number(/([\d.]+) % of FER2013's PublicTest/.exec(card)?.[1]);
    expect(Math.abs(100 * accuracy - said)).toBeLessThan(0.1);
    model.dispose();
  });

  it('are named', async () => {
    await expect(loadPretrained('lenet' as PretrainedName)).rejects.toThrow(
      'there are weights for fer-net, mobilenet-v2, mobi-express-net',
    );
  });
});
