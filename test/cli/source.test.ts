/** @file What a path means, and how data are split. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { kindOfSource, openSource, prepare, type SplitPlan } from '@fer/cli';
import { encodePng, syntheticFaces } from '@fer/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './fer.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function write(name: string, content: Uint8Array | string): Promise<string> {
  const path = folder.file(name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** A .npy file of bytes. */
function npy(shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }\n`;
  const start = [0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8];
  return Buffer.concat([Buffer.from(start), Buffer.from(header), bytes]);
}

const faces = (count: number) => syntheticFaces({ seed: 1, count, size: 8 }).items;
const png = () => encodePng(faces(1)[0]?.image as never);

async function writePair(prefix: string, count: number): Promise<string> {
  const items = faces(count);
  await write(
    `${prefix}labels.npy`,
    npy(
      [count],
      Uint8Array.from(items, ({ label }) => label),
    ),
  );
  const pixels = Buffer.concat(items.map(({ image }) => image.data as Uint8Array));
  return write(`${prefix}images.npy`, npy([count, 8, 8], pixels));
}

describe('openSource', () => {
  it('draws faces', async () => {
    expect(await kindOfSource('synthetic')).toBe('synthetic');
    expect((await openSource('synthetic:9')).length).toBe(9);
    const [a, b] = [await openSource('synthetic:1:5'), syntheticFaces({ count: 1, seed: 5 })];
    expect(a.items[0]?.image.data).toEqual(b.items[0]?.image.data);
  });

  it("reads FER2013's table", async () => {
    const pixels = new Array(48 * 48).fill(7).join(' ');
    const path = await write('fer.csv', `emotion,pixels,Usage\n3,${pixels},PublicTest\n`);
    expect(await kindOfSource(path)).toBe('fer2013');
    expect((await openSource(path)).describe()).toMatchObject({ items: 1, usages: { PublicTest: 1 } });
  });

  it('reads arrays beside their labels, and folders of them by parts', async () => {
    const path = await writePair('arrays/train_', 14);
    expect(await kindOfSource(path)).toBe('npy');
    expect((await openSource(path)).length).toBe(14);
    await writePair('arrays/public_test_', 7);
    await writePair('arrays/mine_', 7);
    expect(await kindOfSource(folder.file('arrays'))).toBe('npy-folder');
    const { usages } = (await openSource(folder.file('arrays'))).describe();
    expect(usages).toEqual({ Training: 14, PublicTest: 7, mine: 7 });
  });

  it('refuses arrays of no part beside some of a part: they would be trained on together', async () => {
    await writePair('mixed/', 7);
    expect((await openSource(folder.file('mixed'))).describe().usages).toEqual({});
    await writePair('mixed/public_test_', 7);
    await expect(openSource(folder.file('mixed'))).rejects.toThrow(
      /^data: '.*mixed.images\.npy' names no part of the data/,
    );
  });

  it('knows parts in any spelling, and refuses two of one name', async () => {
    await writePair('spelled/Train-', 14);
    await writePair('spelled/PUBLIC-TEST_', 7);
    const { usages } = (await openSource(folder.file('spelled'))).describe();
    expect(usages).toEqual({ Training: 14, PublicTest: 7 });
    await writePair('spelled/training_', 7);
    await expect(openSource(folder.file('spelled'))).rejects.toThrow(
      /^data: '.*spelled' holds two parts of the name Training/,
    );
  });

  it('tells CK+ from other folders of images', async () => {
    await write('ck/happy/S010_004_00000017.png', await png());
    await write('images/happy/one.png', await png());
    expect(await kindOfSource(folder.file('ck'))).toBe('ck-plus');
    expect((await openSource(folder.file('ck'))).items[0]).toMatchObject({ subject: 'S010' });
    await write('ck/happy/Copy of S010_004_00000017.png', await png());
    await expect(openSource(folder.file('ck'))).rejects.toThrow(/Copy of S010_004_00000017\.png/);
    expect(await kindOfSource(folder.file('images'))).toBe('image-folder');
    expect((await openSource(folder.file('images'), { size: 4 })).describe().shapes).toEqual({ '4x4x1': 1 });
  });

  it('reads folders of such folders as parts', async () => {
    for (const part of ['train', 'test'])
      for (const name of ['happy', 'sad']) await write(`parts/${part}/${name}/one.png`, await png());
    await write('parts/train/sad/two.png', new Uint8Array(9));
    expect(await kindOfSource(folder.file('parts'))).toBe('image-parts');
    await expect(openSource(folder.file('parts'))).rejects.toThrow(/1 of 3 items of .*train are damaged/);
    const { classes, ...parts } = (await openSource(folder.file('parts'), { damaged: 'skip' })).describe();
    expect(parts).toMatchObject({ usages: { Training: 2, test: 2 }, damaged: [{}] });
    expect(Object.keys(classes)).toEqual(['happy', 'sad']);
    await write('parts/train/fear/one.png', await png());
    await expect(openSource(folder.file('parts'))).rejects.toThrow(
      /train has the folders fear,happy,sad, but classes are/,
    );
    await write('parts/Training/happy/one.png', await png());
    await expect(openSource(folder.file('parts'))).rejects.toThrow(/parts' holds two parts of the name Training/);
  });

  it('takes links to images for images, and links to folders for folders', async () => {
    const image = await write('linked/images/one.png', await png());
    for (const name of ['happy', 'sad']) {
      await mkdir(folder.file(`linked/classes/${name}`), { recursive: true });
      await symlink(image, folder.file(`linked/classes/${name}/one.png`));
    }
    expect(await kindOfSource(folder.file('linked/classes'))).toBe('image-folder');
    expect((await openSource(folder.file('linked/classes'))).length).toBe(2);
    await mkdir(folder.file('linked/parts'));
    for (const part of ['train', 'test'])
      await symlink(folder.file('linked/classes'), folder.file(`linked/parts/${part}`));
    expect((await openSource(folder.file('linked/parts'))).describe()).toMatchObject({
      usages: { Training: 2, test: 2 },
    });
  });

  it('refuses anything else', async () => {
    await expect(openSource(await write('a.txt', ''))).rejects.toThrow(/^data: '.*a\.txt' must be FER2013's \.csv, /);
    await expect(openSource(folder.file('none'))).rejects.toThrow(/^data: cannot read '.*none': ENOENT/);
  });
});

describe('prepare', () => {
  const split = async (source: string, plan: SplitPlan, extra = {}) =>
    prepare(
      await openSource(source),
      { source, split: plan, imageSize: 8, augment: [], preprocess: [], ...extra },
      [8, 8, 1],
      1,
    );
  const sizes = ({ train, validation, tests }: Awaited<ReturnType<typeof split>>) => [
    train.length,
    validation.length,
    ...Object.values(tests).map(({ length }) => length),
  ];

  it("keeps the publisher's parts, and takes validation from Training", async () => {
    const prepared = await split(folder.file('arrays'), { by: 'usage', validation: 0.5 });
    expect(sizes(prepared)).toEqual([7, 7, 7, 7]);
    expect(Object.keys(prepared.tests)).toEqual(['PublicTest', 'mine']);
    expect(prepared.split).toBe(
      'training 7, validation 7, PublicTest 7, mine 7 images (as published, 50 % of Training for validation, stratified)',
    );
  });

  it('splits a single part as if it were none, but not several among which none is for training', async () => {
    await writePair('named/mine_', 70);
    expect(sizes(await split(folder.file('named'), { by: 'usage', validation: 0.1 }))).toEqual([56, 7, 7]);
    await writePair('named/yours_', 70);
    await expect(split(folder.file('named'), { by: 'usage', validation: 0.1 })).rejects.toThrow(
      'split: of several parts all must have names, and one be Training, but they are mine, yours',
    );
  });

  it('else splits by person, and else stratified', async () => {
    const people = await split('synthetic:210', { by: 'usage', validation: 0.1 });
    expect(people.split).toBe('training 168, validation 21, test 21 images (80, 10, 10 %, sharing no person)');
    const path = await writePair('plain/', 140);
    const plain = await split(path, { by: 'usage', validation: 0.1 });
    expect(plain.split).toBe('training 112, validation 14, test 14 images (80, 10, 10 %, stratified)');
    await expect(split(path, { by: 'subject', ratios: [0.9, 0.1] })).rejects.toThrow(/cannot be split by subject/);
  });

  it('tests on the validation part where there are two', async () => {
    const { validation, tests } = await split('synthetic:70', { by: 'ratio', ratios: [0.8, 0.2] });
    expect(tests.test?.items).toEqual(validation.items);
  });

  it('takes a fraction, oversamples, and keeps classes', async () => {
    const half = await split('synthetic:140', { by: 'ratio', ratios: [0.5, 0.5] }, { fraction: 0.5 });
    expect(sizes(half)).toEqual([35, 35, 35]);
    const kept = await split('synthetic:70', { by: 'ratio', ratios: [0.5, 0.5] }, { classes: ['sad', 'happy'] });
    expect(kept.classes).toEqual(['sad', 'happy']);
    expect(sizes(kept)).toEqual([10, 10, 10]);
    await expect(split('synthetic:70', { by: 'ratio', ratios: [0.5, 0.5] }, { classes: ['sad'] })).rejects.toThrow(
      'data: there must be two classes or more, but all is sad',
    );
    const uneven = await split('synthetic:75', { by: 'ratio', ratios: [0.5, 0.5] }, { oversample: true });
    expect(new Set(Object.values(uneven.train.describe().classes)).size).toBe(1);
  });

  it('crops what stays larger than the network takes, but leaves that of tests to their views', async () => {
    const { train, validation, tests } = await split(
      'synthetic:70',
      { by: 'ratio', ratios: [0.5, 0.5] },
      { imageSize: 10 },
    );
    expect([train, validation, tests.test].map((part) => part?.image(0).shape)).toEqual([
      [8, 8, 1],
      [8, 8, 1],
      [10, 10, 1],
    ]);
  });
});
