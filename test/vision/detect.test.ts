/** @file The detector finds what OpenCV 4.6 finds, box by box. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentError, BackendError, DTypeError, ShapeError } from '@fer/core';
import { CascadeClassifier } from '@fer/vision';
import ndarray from 'ndarray';
import { describe, expect, it, vi } from 'vitest';
import { picture, readFixture, reference, sorted } from './cases.ts';

const haar = join(process.env.FER_DATA ?? '../shared/data', 'haar');
const hasCascades = existsSync(haar);
if (!hasCascades) console.warn(`SKIPPED: ${haar} does not exist, so that only two of three cascades are compared`);
const readCascade = (name: string) => readFileSync(join(haar, `haarcascade_frontalface_${name}.xml`), 'utf8');

const frontalFace = await CascadeClassifier.frontalFace();
const classifiers: Record<string, CascadeClassifier> = {
  default: frontalFace,
  tilted: CascadeClassifier.load(await readFixture('tilted.xml')),
  ...(hasCascades && { alt2: CascadeClassifier.load(readCascade('alt2')) }),
};

describe.each(Object.entries(classifiers))('detectMultiScale with the cascade %s', (cascade, classifier) => {
  const results = reference.results.filter((result) => result.cascade === cascade);

  it('is compared on boxes, and on images without', () => {
    expect(results.reduce((sum, { boxes }) => sum + boxes.length, 0)).toBeGreaterThan(100);
    expect(results.some(({ boxes }) => boxes.length === 0)).toBe(true);
  });

  it.each(Object.keys(reference.images))("finds OpenCV's boxes in %s", (name) => {
    for (const { options, boxes } of results.filter((result) => result.image === name))
      expect(sorted(classifier.detectMultiScale(picture(name), options)), JSON.stringify(options)).toEqual(boxes);
  });
});

describe('detectMultiScale', () => {
  it.skipIf(!hasCascades)('finds the same with the cascade that is shipped and with the file it was made of', () => {
    const image = picture('a camera frame');
    const options = { minNeighbors: 0 };
    const found = frontalFace.detectMultiScale(image, options);
    expect(found.length).toBeGreaterThan(100);
    expect(CascadeClassifier.load(readCascade('default')).detectMultiScale(image, options)).toEqual(found);
  });

  it("turns colors gray as OpenCV's COLOR_RGB2GRAY does, and ignores alpha", () => {
    const face = picture('lisa1');
    const [height = 0, width = 0] = face.shape;
    const gray = Uint8Array.from(face.data);
    const frame = new Uint8ClampedArray(4 * gray.length);
    gray.forEach((value, i) => {
      frame.set([value, value, value, i % 256], 4 * i);
    });
    const found = frontalFace.detectMultiScale(face);
    expect(found).toHaveLength(1);
    const rgba = ndarray(frame, [height, width, 4]);
    expect(frontalFace.detectMultiScale(rgba)).toEqual(found);
    expect(frontalFace.detectMultiScale(rgba.hi(height, width, 3))).toEqual(found);
  });

  it('looks at views as at copies', () => {
    const face = picture('lisa1');
    const mirrored = picture('lisa1, mirrored');
    const view = ndarray(face.data as Uint8Array, [...face.shape]).step(1, -1, 1);
    expect(frontalFace.detectMultiScale(view)).toEqual(frontalFace.detectMultiScale(mirrored));
  });

  it('finds the same whatever it looked at before', () => {
    const frames = ['lisa1', 'noise', 'astronaut, half', 'lisa1'].map(picture);
    const [first, , , last] = frames.map((frame) => frontalFace.detectMultiScale(frame));
    expect(first).toHaveLength(1);
    expect(last).toEqual(first);
  });

  it('tells of how many windows a box is the mean', () => {
    const image = picture('lisa1');
    const [face] = frontalFace.detectMultiScale(image);
    expect(face?.neighbors).toBeGreaterThan(3);
    expect(frontalFace.detectMultiScale(image, { minNeighbors: face?.neighbors ?? 0 })).toEqual([]);
    expect(frontalFace.detectMultiScale(image, { minNeighbors: (face?.neighbors ?? 0) - 1 })).toEqual([face]);
  });

  it('finds the same in the corner of 16 million bright pixels, whose integrals wrap around', () => {
    const photo = picture('astronaut, half');
    const [height = 0, width = 0] = photo.shape;
    const side = 4096;
    const [top, left] = [side - height, side - width];
    const large = ndarray(new Uint8Array(side ** 2).fill(255), [side, side, 1]);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) large.set(top + y, left + x, 0, photo.data[y * width + x] as number);
    const options = { minNeighbors: 0, maxSize: 30 };
    const found = frontalFace.detectMultiScale(photo, options).filter(({ width }) => width === 24); // at scale 1
    expect(found.length).toBeGreaterThan(0);
    const inLarge = frontalFace.detectMultiScale(large, { minNeighbors: 0, maxSize: 24 });
    const inside = inLarge.filter(({ x, y }) => x >= left && y >= top);
    expect(inside.map(({ x, y, ...box }) => ({ x: x - left, y: y - top, ...box }))).toEqual(found);
  });

  it('takes sizes as numbers or as width and height', () => {
    const image = picture('lisa1');
    const found = frontalFace.detectMultiScale(image, { minSize: 100, maxSize: 200 });
    const sizes = { minSize: { width: 100, height: 100 }, maxSize: { width: 200, height: 200 } };
    expect(found).toHaveLength(1);
    expect(frontalFace.detectMultiScale(image, sizes)).toEqual(found);
  });

  it('says so if memory does not suffice, and goes on afterwards', async () => {
    const classifier = await CascadeClassifier.frontalFace();
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
      throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
    });
    const image = picture('lisa1');
    const [height, width] = image.shape;
    expect(() => classifier.detectMultiScale(image)).toThrow(BackendError);
    expect(() => classifier.detectMultiScale(image)).toThrow(`which ${width}x${height} pixels need`);
    grow.mockRestore();
    expect(classifier.detectMultiScale(image)).toHaveLength(1);
  });

  const byte = (...shape: number[]) => ndarray(new Uint8Array(shape.reduce((a, b) => a * b, 1)), shape);

  it.each([
    ['an image without channels', byte(40, 40), {}, ShapeError],
    ['two channels', byte(40, 40, 2), {}, ShapeError],
    ['no pixels', byte(0, 40, 1), {}, ShapeError],
    ['fewer bytes than pixels', ndarray(new Uint8Array(10), [48, 64, 1]), {}, ShapeError],
    ['a batch', byte(1, 40, 40, 1), {}, ShapeError],
    ['floats', ndarray(new Float32Array(1600), [40, 40, 1]), {}, DTypeError],
    ['no image', null as unknown as ReturnType<typeof byte>, {}, ArgumentError],
    ['a scale factor of 1', byte(40, 40, 1), { scaleFactor: 1 }, ArgumentError],
    ['a scale factor that is no number', byte(40, 40, 1), { scaleFactor: Number.NaN }, ArgumentError],
    ['half a neighbor', byte(40, 40, 1), { minNeighbors: 0.5 }, ArgumentError],
    ['negative neighbors', byte(40, 40, 1), { minNeighbors: -1 }, ArgumentError],
    ['a negative size', byte(40, 40, 1), { minSize: -3 }, ArgumentError],
    ['half a pixel', byte(40, 40, 1), { maxSize: { width: 30, height: 30.5 } }, ArgumentError],
  ])('refuses %s', (_, image, options, error) => {
    expect(() => frontalFace.detectMultiScale(image, options)).toThrow(error);
    expect(() => frontalFace.detectMultiScale(image, options)).toThrow(/^detectMultiScale: /);
  });
});
