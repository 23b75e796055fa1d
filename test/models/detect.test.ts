/** @file Classifying the faces of a picture. test/browser/detect.test.ts does it with a browser's pictures. */
import { fileURLToPath } from 'node:url';
import { ArgumentError, memory, type Random, setBackend } from '@fer/core';
import { encodePng, type Image, type Transform } from '@fer/data';
import { type DetectedFace, expressionClassifier, type ImageSource } from '@fer/models';
import { CascadeClassifier } from '@fer/vision';
import ndarray from 'ndarray';
import { build, type Rollup } from 'vite';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../data/files.ts';
import { picture } from '../vision/cases.ts';
import { brightness } from './brightness.ts';

beforeAll(async () => {
  await setBackend('simd');
});

const saved = temporaryFolder();
const detect = { minSize: 40 };
const array = (name: string) => {
  const { data, shape } = picture(name);
  return ndarray(data as Uint8Array, [...shape]);
};
/** A preprocessing that keeps what it is given. */
function watching(seen: Image[]): Transform {
  const { preprocess } = brightness();
  const watch = (image: Image, random: Random) => {
    seen.push(image);
    return preprocess(image, random);
  };
  return Object.assign(watch, { config: preprocess.config });
}

const boxesOf = (faces: readonly DetectedFace[]) => faces.map(({ box }) => box);

describe('expressionClassifier that detects', () => {
  it('leaves nothing behind if there is no detector', async () => {
    vi.spyOn(CascadeClassifier, 'frontalFace').mockRejectedValueOnce(new Error('no cascade'));
    const before = memory();
    await expect(expressionClassifier(brightness(), { detect })).rejects.toThrow('no cascade');
    expect(memory()).toEqual(before);
  });

  it('tells of each face what it tells of its picture, the largest first', async () => {
    const frame = array('a camera frame');
    const boxes = (await CascadeClassifier.frontalFace()).detectMultiScale(frame, detect);
    boxes.sort((a, b) => b.width - a.width);
    expect(boxes.length).toBeGreaterThan(3);
    const [finds, tells] = [
      await expressionClassifier(brightness(), { detect }),
      await expressionClassifier(brightness(), { detect: false }),
    ];
    const faces = await finds(frame);
    expect(boxesOf(faces)).toEqual(boxes);
    for (const { box, expressions } of faces)
      expect(expressions).toEqual(await tells(frame.lo(box.y, box.x).hi(box.height, box.width)));
    finds.dispose();
    tells.dispose();
  });

  it('takes the same pictures as one that does not', async () => {
    const face = array('lisa1, half');
    const [height = 0, width = 0] = face.shape;
    const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
    face.data.forEach((value, i) => {
      rgba.fill(value, 4 * i, 4 * i + 3);
    });
    const png = await encodePng(face);
    const sources: ImageSource[] = [
      ndarray(face.data, [height, width]),
      ndarray(Float32Array.from(face.data), [height, width, 1]),
      { data: rgba, width, height, colorSpace: 'srgb' } as ImageData,
      ndarray(Uint8Array.from(rgba), [height, width, 4]),
      ndarray(Float32Array.from(rgba), [height, width, 4]),
      png,
      await saved('face.png', png),
    ];
    const classify = await expressionClassifier(brightness(), { detect: true });
    const found = await classify(face);
    expect(found).toHaveLength(1);
    for (const source of sources) expect(await classify(source)).toEqual(found);
    classify.dispose();
  });

  it('gives the network the colours and the pixels that its preprocessing wants', async () => {
    const face = array('lisa1, half');
    const [height = 0, width = 0] = face.shape;
    const colored = ndarray(new Uint8Array(3 * width * height), [height, width, 3]);
    for (let i = 0; i < width * height; i++) colored.data.set([face.data[i] as number, 0, 0], 3 * i);
    const seen: Image[] = [];
    const classify = await expressionClassifier(
      { ...brightness(), preprocess: watching(seen) },
      { detect: { minSize: 20 } },
    );
    const [found] = await classify(colored);
    const { x = 0, y = 0, width: side = 0 } = found?.box ?? {};
    expect(seen.map(({ shape }) => shape)).toEqual([[side, side, 3]]);
    expect(seen[0]?.get(1, 2, 0)).toBe(face.get(y + 1, x + 2, 0));
    expect(seen[0]?.get(1, 2, 1)).toBe(0);
    classify.dispose();
  });

  it('finds none where there is none', async () => {
    const classify = await expressionClassifier(brightness(), { detect: true });
    expect(await classify(array('nothing'))).toEqual([]);
    classify.dispose();
  });

  it.each([-1, 256, Number.NaN])('refuses a pixel of %s', async (pixel) => {
    const classify = await expressionClassifier(brightness(), { detect: true });
    const image = ndarray(new Float32Array(1600).fill(pixel), [40, 40, 1]);
    await expect(classify(image)).rejects.toThrow(ArgumentError);
    await expect(classify(image)).rejects.toThrow(`classify: pixels must be from 0 to 255 but one is ${pixel}`);
    classify.dispose();
  });

  it('leaves nothing behind', async () => {
    const before = memory();
    const classify = await expressionClassifier(brightness(), { detect });
    const during = memory();
    expect(await classify(array('lisa1'))).toHaveLength(1);
    expect(memory()).toEqual(during);
    classify.dispose();
    expect(memory()).toEqual(before);
  });

  it('finds faces for the network that comes with the package', async () => {
    const classify = await expressionClassifier(undefined, { detect });
    const [face] = await classify(array('lisa1'));
    expect(face?.expressions.map(({ label }) => label).sort()).toEqual([...classify.labels].sort());
    classify.dispose();
  });
});

it('is not carried by pages that do not detect', async () => {
  const entry = fileURLToPath(new URL('../../packages/models/src/index.ts', import.meta.url));
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    build: { write: false, minify: true, target: 'es2022', lib: { entry, formats: ['es'] } },
  })) as Rollup.RollupOutput[];
  const chunks = result[0]?.output.filter((file) => file.type === 'chunk') ?? [];
  const entryChunk = chunks.find(({ isEntry }) => isEntry);
  const isFirst = (chunk: Rollup.OutputChunk) => chunk.isEntry || entryChunk?.imports.includes(chunk.fileName);
  const modules = (some: Rollup.OutputChunk[]) => some.flatMap(({ moduleIds }) => moduleIds);
  expect(modules(chunks)).toContainEqual(expect.stringContaining('vision/src/cascade/frontal-face.ts'));
  expect(modules(chunks.filter(isFirst))).toContainEqual(expect.stringContaining('models/src/index.ts'));
  expect(modules(chunks.filter(isFirst))).not.toContainEqual(expect.stringContaining('vision/src'));
});
