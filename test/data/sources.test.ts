/** @file Sources read exactly what files hold, and refuse what is damaged by name. */

import { dirname } from 'node:path';
import { ArgumentError, BackendError, ShapeError } from '@fer/core';
import {
  ckPlus,
  DataError,
  decodeImage,
  encodePng,
  FER2013_CLASSES,
  fer2013,
  fromArrays,
  type ImageFolderOptions,
  imageFolder,
  npyPair,
  parseNpy,
  syntheticFaces,
} from '@fer/data';
import jpeg from 'jpeg-js';
import ndarray from 'ndarray';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chunk, flatJpeg, npy, type PngOptions, png, rawPng, temporaryFolder } from './files.ts';
import { values } from './images.ts';

const write = temporaryFolder();

const PIXELS = Array.from({ length: 48 * 48 }, (_, i) => (i * 7) % 256);
const row = (label: string | number, usage: string, pixels: string = PIXELS.join(' ')) => `${label},${pixels},${usage}`;
const csv = (...lines: string[]) => write('fer.csv', ['emotion,pixels,Usage', ...lines].join('\n'));

describe('fer2013', () => {
  it('reads pixels, labels and usages', async () => {
    const path = await csv(
      row(3, 'Training'),
      row(0, 'PublicTest'),
      row(6, 'PrivateTest', Array(2304).fill(255).join(' ')),
      '',
    );
    const data = await fer2013(path);
    expect(data.classes).toEqual(FER2013_CLASSES);
    expect([...data.labels]).toEqual([3, 0, 6]);
    expect(data.items.map(({ usage }) => usage)).toEqual(['Training', 'PublicTest', 'PrivateTest']);
    expect(data.items[0]?.image.shape).toEqual([48, 48, 1]);
    expect(data.items.map(({ image }) => values(image))).toEqual([PIXELS, PIXELS, Array(2304).fill(255)]);
    expect(data.describe()).toEqual({
      items: 3,
      classes: { angry: 1, disgust: 0, fear: 0, happy: 1, sad: 0, surprise: 0, neutral: 1 },
      usages: { Training: 1, PublicTest: 1, PrivateTest: 1 },
      subjects: 0,
      shapes: { '48x48x1': 3 },
      bytes: 3 * 2304,
      damaged: [],
    });
  });

  it('takes the columns in any order, quotes, a byte order mark and the line ends of Windows', async () => {
    const content = ['\ufeffUsage,"emotion", pixels', `"Training",2,"${PIXELS.join(' ')}"`, ''].join('\r\n');
    const data = await fer2013(await write('windows.csv', content));
    expect([...data.labels]).toEqual([2]);
    expect(values(data.image(0))).toEqual(PIXELS);
  });

  it('keeps images apart that share a buffer, and lines that straddle two reads', async () => {
    const count = 1500; // 13.6 MB: more than one buffer of images, and many pieces of the file
    const pixelsOf = (i: number) => PIXELS.map((pixel) => (pixel + i) % 256);
    const data = await fer2013(
      await csv(...Array.from({ length: count }, (_, i) => row(i % 7, 'Training', pixelsOf(i).join(' ')))),
    );
    expect(data.length).toBe(count);
    for (const i of [0, 1, 113, 1023, 1024, 1499]) expect(values(data.image(i))).toEqual(pixelsOf(i));
  });

  const damages: [string, string, string][] = [
    ['too few pixels', row(1, 'Training', '1 2 3'), '3 pixels instead of 2304'],
    ['too many pixels', row(1, 'Training', `${PIXELS.join(' ')} 1`), '2305 pixels instead of 2304'],
    ['no pixels', row(1, 'Training', ''), '0 pixels instead of 2304'],
    [
      '256',
      row(1, 'Training', `256 ${PIXELS.slice(1).join(' ')}`),
      "pixel 0 must be an integer from 0 to 255 but is '256'",
    ],
    [
      'a negative pixel',
      row(1, 'Training', `7 -1 ${PIXELS.slice(2).join(' ')}`),
      "pixel 1 must be an integer from 0 to 255 but is '-1'",
    ],
    [
      'a fraction',
      row(1, 'Training', `7 1.5 ${PIXELS.slice(2).join(' ')}`),
      "pixel 1 must be an integer from 0 to 255 but is '1.5'",
    ],
    [
      'a word',
      row(1, 'Training', `${PIXELS.slice(1).join(' ')} x`),
      "pixel 2303 must be an integer from 0 to 255 but is 'x'",
    ],
    ['an unknown label', row(7, 'Training'), "the label must be from 0 to 6 but is '7'"],
    ['a label that is no number', row('happy', 'Training'), "the label must be from 0 to 6 but is 'happy'"],
    [
      'an unknown usage',
      row(1, 'Validation'),
      "the usage must be one of Training, PublicTest, PrivateTest but is 'Validation'",
    ],
    ['a missing field', `1,${PIXELS.join(' ')}`, '2 fields instead of 3'],
    ['a field too many', `${row(1, 'Training')},x`, '4 fields instead of 3'],
    ['an open quote', `1,"${PIXELS.join(' ')},Training`, 'Quoted field unterminated'],
    ['an endless line', row(1, 'Training', '1 '.repeat(20_000)), 'longer than 16384 bytes'],
  ];
  it.each(damages)('refuses %s, naming the line, or skips it', async (_, line, reason) => {
    const path = await csv(row(5, 'Training'), line, row(4, 'Training'));
    const damaged = [{ where: 'line 3', reason }];
    const error = await fer2013(path).catch((error) => error);
    expect(error).toBeInstanceOf(DataError);
    expect(error.damaged).toEqual(damaged);
    expect(error.message).toBe(
      `fer2013: 1 of 3 items of ${path} are damaged, and not to be skipped\n  line 3: ${reason}`,
    );
    const rest = await fer2013(path, { damaged: 'skip' });
    expect([...rest.labels]).toEqual([5, 4]);
    expect(rest.items.map(({ image }) => values(image))).toEqual([PIXELS, PIXELS]);
    expect(rest.describe().damaged).toEqual(damaged);
  });

  it('gives up on files that are something else', async () => {
    await expect(fer2013(await write('a.csv', 'a,b\n1,2\n'))).rejects.toThrow(
      /^fer2013: line 1 of .* must name the columns emotion, pixels and Usage but is 'a,b'$/,
    );
    await expect(fer2013(await write('b.csv', ''))).rejects.toThrow(/holds no images$/);
    await expect(fer2013(await csv('garbage\n'.repeat(1e5)), { damaged: 'skip' })).rejects.toThrow(
      /^fer2013: more than 1000 items of .* are damaged/,
    );
    await expect(fer2013('/nowhere/fer2013.csv')).rejects.toThrow(ArgumentError);
    await expect(fer2013('/nowhere/fer2013.csv')).rejects.toThrow(
      /^fer2013: cannot read \/nowhere\/fer2013.csv: ENOENT/,
    );
    await expect(fer2013('/')).rejects.toThrow(/^fer2013: cannot read \/: EISDIR/);
  });

  it('tells how far it has come', async () => {
    const seen: number[] = [];
    await fer2013(await csv(...Array(300).fill(row(1, 'Training'))), {
      onProgress: ({ done, total }) => seen.push(done / total),
    });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });
});

describe('decodeImage', () => {
  const size = { width: 11, height: 9 };
  const ramp =
    (maximum: number) =>
    (x: number, y: number, c = 0) =>
      (x * 31 + y * 17 + c * 101 + 3) % (maximum + 1);

  const gray = ([1, 2, 4, 8, 16] as const).map((depth): [string, PngOptions, (x: number, y: number) => number[]] => {
    const at = ramp(2 ** depth - 1);
    return [
      `gray of ${depth} bits`,
      { ...size, depth, colorType: 0, at: (x, y) => [at(x, y)] },
      (x, y) => [Math.round((at(x, y) * 255) / (2 ** depth - 1))],
    ];
  });
  const palette = Array.from({ length: 16 }, (_, i) => [i * 16, 255 - i, (i * 77) % 256]);
  const bytes = ramp(255);
  const words = ramp(65535);
  const rounded = (word: number) => Math.round(word / 257);
  const colour: [string, PngOptions, (x: number, y: number) => number[]][] = [
    [
      'RGB',
      { ...size, depth: 8, colorType: 2, at: (x, y) => [0, 1, 2].map((c) => bytes(x, y, c)) },
      (x, y) => [0, 1, 2].map((c) => bytes(x, y, c)),
    ],
    [
      'RGB of 16 bits',
      { ...size, depth: 16, colorType: 2, at: (x, y) => [0, 1, 2].map((c) => words(x, y, c)) },
      (x, y) => [0, 1, 2].map((c) => rounded(words(x, y, c))),
    ],
    [
      'a palette',
      { ...size, depth: 4, colorType: 3, palette, at: (x, y) => [ramp(15)(x, y)] },
      (x, y) => palette[ramp(15)(x, y)] as number[],
    ],
    [
      'gray with alpha',
      { ...size, depth: 8, colorType: 4, at: (x, y) => [bytes(x, y), x * 20] },
      (x, y) => [bytes(x, y)],
    ],
    [
      'gray of 16 bits with alpha',
      { ...size, depth: 16, colorType: 4, at: (x, y) => [words(x, y), 9] },
      (x, y) => [rounded(words(x, y))],
    ],
    [
      'RGB with alpha',
      { ...size, depth: 8, colorType: 6, at: (x, y) => [...[0, 1, 2].map((c) => bytes(x, y, c)), y] },
      (x, y) => [0, 1, 2].map((c) => bytes(x, y, c)),
    ],
  ];
  const every = [...gray, ...colour];

  it.each(
    every.flatMap(
      ([name, ...rest]) =>
        [
          [name, false, ...rest],
          [name, true, ...rest],
        ] as const,
    ),
  )('reads PNG: %s, interlaced: %s', async (_, interlaced, options, expected) => {
    const image = await decodeImage(png({ ...options, interlaced }));
    const pixels = Array.from({ length: 9 }, (_, y) => Array.from({ length: 11 }, (_, x) => expected(x, y))).flat();
    expect(image.shape).toEqual([9, 11, pixels[0]?.length]);
    expect(values(image)).toEqual(pixels.flat());
  });

  it.each([0, 1, 100, 127, 128, 200, 255])('reads JPEG: gray of level %i', async (level) => {
    const image = await decodeImage(flatJpeg(level));
    expect(image.shape).toEqual([8, 8, 1]);
    expect(values(image)).toEqual(Array(64).fill(level));
  });

  it('reads JPEG: colours', async () => {
    const [red, green, blue] = [200, 90, 40];
    const data = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => [red, green, blue, 255][i % 4] as number);
    const image = await decodeImage(jpeg.encode({ data, width: 16, height: 16 }, 95).data);
    expect(image.shape).toEqual([16, 16, 3]);
    // two conversions of colour, each rounded, and coefficients quantised at quality 95
    for (const [i, value] of values(image).entries())
      expect(Math.abs(value - ([red, green, blue][i % 3] as number))).toBeLessThanOrEqual(3);
  });

  it('brings images to the channels and the size wanted, as bytes', async () => {
    const rgb = png({ width: 2, height: 2, depth: 8, colorType: 2, at: (x) => [x === 0 ? 255 : 0, 0, 0] });
    const one = await decodeImage(rgb, { channels: 1 });
    expect([one.shape, values(one)]).toEqual([
      [2, 2, 1],
      [76, 0, 76, 0],
    ]); // 0.299 * 255 = 76.2
    const flat = png({ width: 2, height: 1, depth: 8, colorType: 0, at: (x) => [x * 100] });
    const three = await decodeImage(flat, { channels: 3, size: [1, 4] });
    expect(three.data).toBeInstanceOf(Uint8Array);
    // half-pixel centres: 0, a quarter, three quarters, 1
    expect([three.shape, values(three)]).toEqual([[1, 4, 3], [0, 25, 75, 100].flatMap((v) => [v, v, v])]);
  });

  it('refuses bombs from their headers', async () => {
    const huge = { width: 60_000, height: 60_000, depth: 8, colorType: 0 };
    const before = process.memoryUsage().arrayBuffers;
    await expect(decodeImage(rawPng(huge, new Uint8Array(10)))).rejects.toThrow(
      'decodeImage: 60000x60000 pixels are more than 67108864',
    );
    const large = flatJpeg(1);
    large.set([0xea, 0x60, 0xea, 0x60], large.indexOf(0xc0) + 4);
    await expect(decodeImage(large)).rejects.toThrow('decodeImage: 60000x60000 pixels are more than 67108864');
    // little pixels, but 64 MB behind them, interlaced or not
    for (const interlace of [0, 1]) {
      const bomb = rawPng({ width: 8, height: 8, depth: 8, colorType: 0, interlace }, Buffer.alloc(2 ** 26));
      await expect(decodeImage(bomb)).rejects.toThrow(DataError);
    }
    const scans = flatJpeg(1);
    const scan = scans.lastIndexOf(0xda) - 1;
    const many = Buffer.concat([
      scans.subarray(0, -2),
      ...Array(200).fill(scans.subarray(scan, -2)),
      scans.subarray(-2),
    ]);
    await expect(decodeImage(many)).rejects.toThrow('decodeImage: a JPEG of more than 100 scans');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 28);
    await expect(decodeImage(flatJpeg(1), { maxPixels: 63 })).rejects.toThrow('8x8 pixels are more than 63');
  });

  const flat = () => Buffer.alloc(8 * 9);
  it.each([
    ['nothing', Buffer.alloc(0), 'neither PNG nor JPEG'],
    ['a GIF', Buffer.from('GIF89a'), 'neither PNG nor JPEG'],
    [
      'a PNG of 3 bits',
      rawPng({ width: 8, height: 8, depth: 3, colorType: 0 }, flat()),
      'colour type 0 of 3 bits does not exist',
    ],
    [
      'a palette of 16 bits',
      rawPng({ width: 8, height: 8, depth: 16, colorType: 3 }, flat()),
      'colour type 3 of 16 bits does not exist',
    ],
    [
      'a PNG without a palette',
      rawPng({ width: 8, height: 8, depth: 8, colorType: 3 }, flat()),
      'Expected palette not found',
    ],
    ['a PNG without width', rawPng({ width: 0, height: 8, depth: 8, colorType: 0 }, flat()), 'no image is 0x8'],
    [
      'too few pixels',
      rawPng({ width: 8, height: 9, depth: 8, colorType: 0 }, flat()),
      '72 bytes of pixels instead of 81',
    ],
    [
      'a PNG without its end',
      png({ width: 1, height: 1, depth: 8, colorType: 0, at: () => [1] }).subarray(0, -12),
      'a PNG that ends too early',
    ],
    ['a JPEG that breaks off', flatJpeg(1).subarray(0, 80), 'a JPEG that ends too early'],
    ['a JPEG without its end', flatJpeg(1).subarray(0, -2), 'a JPEG that ends too early'],
  ])('refuses %s', async (_, bytes, reason) => {
    await expect(decodeImage(bytes)).rejects.toThrow(DataError);
    await expect(decodeImage(bytes)).rejects.toThrow(`decodeImage: ${reason}`);
  });

  it('takes colours as they are that a PNG calls transparent, and leaves out what follows its end', async () => {
    const plain = png({ width: 2, height: 1, depth: 8, colorType: 0, at: (x) => [255 - x] });
    const header = 8 + 25; // signature and IHDR
    const keyed = Buffer.concat([
      plain.subarray(0, header),
      chunk('tRNS', Buffer.from([0, 255])),
      plain.subarray(header),
    ]);
    for (const bytes of [keyed, Buffer.concat([plain, Buffer.from('more')])])
      expect(values(await decodeImage(bytes))).toEqual([255, 254]);
  });

  it('undoes encodePng', async () => {
    const image = ndarray(Uint8Array.from(PIXELS.slice(0, 5 * 6 * 3)), [5, 6, 3]);
    for (const view of [image, image.step(-1, -1, 1), image.hi(4, 3, 1)]) {
      const again = await decodeImage(await encodePng(view));
      expect([again.shape, values(again)]).toEqual([view.shape, values(view)]);
    }
    await expect(encodePng(ndarray(new Uint8Array(8), [2, 2, 2]))).rejects.toThrow(ShapeError);
  });
});

describe('imageFolder', () => {
  const at = (level: number) => png({ width: 4, height: 3, depth: 8, colorType: 0, at: (x) => [level + x] });

  it('finds classes, images and damage', async () => {
    await write('faces/sad/b.png', at(20));
    await write('faces/sad/a.jpg', flatJpeg(30));
    await write('faces/happy/z.PNG', at(40));
    await write('faces/happy/.DS_Store', 'x');
    const root = dirname(dirname(await write('faces/sad/Thumbs.db', 'x')));
    const seen: number[] = [];
    const data = await imageFolder(root, { onProgress: ({ done, total }) => seen.push(done / total) });
    expect(data.classes).toEqual(['happy', 'sad']);
    expect(data.items.map(({ label, path }) => [label, path?.slice(root.length)])).toEqual([
      [0, '/happy/z.PNG'],
      [1, '/sad/a.jpg'],
      [1, '/sad/b.png'],
    ]);
    expect(values(data.image(2)).slice(0, 4)).toEqual([20, 21, 22, 23]);
    expect(data.describe().shapes).toEqual({ '3x4x1': 2, '8x8x1': 1 });
    expect(seen).toEqual([0, 1 / 3, 2 / 3, 1]);

    const resized = await imageFolder(root, { classes: ['sad', 'happy'], size: 6, channels: 3 });
    expect(resized.describe()).toMatchObject({ classes: { sad: 2, happy: 1 }, shapes: { '6x6x3': 3 }, bytes: 3 * 108 });
    expect([...resized.labels]).toEqual([0, 0, 1]);

    const broken = await write('faces/sad/c.png', at(1).subarray(0, 50));
    const text = await write('faces/sad/d.txt', 'not an image');
    await expect(imageFolder(root)).rejects.toThrow(/^imageFolder: 2 of 5 items of .* are damaged/);
    const { damaged, length } = await imageFolder(root, { damaged: 'skip' });
    expect(length).toBe(3);
    expect(damaged).toEqual([
      { where: broken, reason: expect.stringMatching(/./) },
      { where: text, reason: 'neither PNG nor JPEG' },
    ]);
  });

  it('refuses folders that are not there or not those of the classes', async () => {
    const root = dirname(dirname(await write('one/happy/a.png', at(1))));
    await expect(imageFolder('/nowhere')).rejects.toThrow(/^imageFolder: cannot read \/nowhere: ENOENT/);
    await expect(imageFolder(`${root}/happy`)).rejects.toThrow(/has no folders, one for each class$/);
    await expect(imageFolder(root, { classes: ['happy', 'sad'] })).rejects.toThrow(ArgumentError);
    await expect(imageFolder(dirname(root))).rejects.toThrow(/holds folders in place of images/);
    await expect(imageFolder(root, { classes: ['sad'] })).rejects.toThrow(
      /has the folders happy, but classes are sad$/,
    );
  });

  it.each<[string, ImageFolderOptions]>([
    ["the names of classes must differ but 'happy' comes twice", { classes: ['happy', 'happy'] }],
    ['size[0] must be an integer from 1 to 16384 but is 0', { size: 0 }],
    ['maxPixels must be an integer of at least 1 but is 0.5', { maxPixels: 0.5 }],
    ['channels must be 1 or 3 but is 2', { channels: 2 as 1 }],
  ])('says that %s, and does not take it for damage', async (message, options) => {
    const root = dirname(dirname(await write('options/happy/a.png', at(1))));
    const wrong = imageFolder(root, { ...options, damaged: 'skip' });
    await expect(wrong).rejects.toThrow(ArgumentError);
    await expect(wrong).rejects.toThrow(`imageFolder: ${message}`);
  });
});

describe('ckPlus', () => {
  it('tells subject and sequence from file names', async () => {
    const face = png({ width: 2, height: 2, depth: 8, colorType: 0, at: () => [9] });
    await write('ck/anger/S010_004_00000017.png', face);
    const root = dirname(dirname(await write('ck/happy/S011_006_00000013.png', face)));
    const data = await ckPlus(root);
    expect(data.items).toMatchObject([
      { label: 0, subject: 'S010', sequence: 'S010_004' },
      { label: 1, subject: 'S011', sequence: 'S011_006' },
    ]);
    expect(data.describe().subjects).toBe(2);
    await write('ck/happy/face.png', face);
    await expect(ckPlus(root)).rejects.toThrow('the name is not S<subject>_<sequence>_<frame>.png but face.png');
  });
});

describe('parseNpy', () => {
  const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const numbers = [1, 2, 3, 4, 5, 250];
  it.each([
    ['|u1', Uint8Array.from(numbers)],
    ['|i1', Int8Array.from(numbers)],
    ['<u2', Uint16Array.from(numbers)],
    ['<i2', Int16Array.from(numbers)],
    ['<u4', Uint32Array.from(numbers)],
    ['<i4', Int32Array.from(numbers)],
    ['<u8', BigUint64Array.from(numbers, BigInt)],
    ['<i8', BigInt64Array.from(numbers, BigInt)],
    ['<f4', Float32Array.from(numbers)],
    ['<f8', Float64Array.from(numbers)],
  ])('reads %s in both byte orders, in C and Fortran order', (descr, content) => {
    const expected = Array.from(content, Number);
    const swapped = new Uint8Array(bytesOf(content));
    const size = content.BYTES_PER_ELEMENT;
    for (let i = 0; i < swapped.length; i += size) swapped.subarray(i, i + size).reverse();
    for (const bytes of [
      npy(descr, '(2, 3)', bytesOf(content)),
      npy(descr, '(2, 3)', bytesOf(content), { version: 2 }),
      npy(descr.replace(/[<|]/, '>'), '(2, 3)', swapped, { version: 3 }),
    ]) {
      const array = parseNpy(bytes);
      expect(array.shape).toEqual([2, 3]);
      expect([0, 1].map((i) => [0, 1, 2].map((j) => array.get(i, j)))).toEqual([
        expected.slice(0, 3),
        expected.slice(3),
      ]);
    }
    const columns = parseNpy(npy(descr, '(2, 3)', bytesOf(content), { fortran: true }));
    expect([0, 1].map((i) => [0, 1, 2].map((j) => columns.get(i, j)))).toEqual([
      [expected[0], expected[2], expected[4]],
      [expected[1], expected[3], expected[5]],
    ]);
  });

  it.each([
    ['a file of another kind', Buffer.from('P5 48 48 255 ........'), 'no .npy file'],
    ['version 4', npy('|u1', '(1,)', new Uint8Array(1), { version: 4 }), 'version 4 does not exist'],
    ['too few bytes', npy('<f4', '(3,)', new Uint8Array(11)), '[3] of <f4 takes 12 bytes, not 11'],
    ['too many bytes', npy('|u1', '(2, 2)', new Uint8Array(5)), '[2,2] of |u1 takes 4 bytes, not 5'],
    ['more than there is', npy('|u1', '(99999999999, 99999999999)', new Uint8Array(5)), 'bytes, not 5'],
    ['objects', npy('|O', '(1,)', new Uint8Array(8)), 'the header must tell descr'],
    ['half floats', npy('<f2', '(1,)', new Uint8Array(2)), "elements of type '<f2' are not supported"],
    [
      'integers that are not exact',
      npy('<i8', '(1,)', bytesOf(BigInt64Array.of(2n ** 60n))),
      'the integer 1152921504606846976 is beyond 2^53',
    ],
    [
      'a header that breaks off',
      npy('|u1', '(1,)', new Uint8Array(1)).subarray(0, 40),
      'the header is longer than the file',
    ],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => parseNpy(bytes)).toThrow(DataError);
    expect(() => parseNpy(bytes)).toThrow(reason);
  });

  it('makes a pair a data set', async () => {
    const images = await write(
      'images.npy',
      npy(
        '|u1',
        '(2, 2, 3)',
        Uint8Array.from({ length: 12 }, (_, i) => i),
      ),
    );
    const labels = await write('labels.npy', npy('<i8', '(2,)', bytesOf(BigInt64Array.of(1n, 6n))));
    const data = await npyPair(images, labels);
    expect([...data.labels]).toEqual([1, 6]);
    expect([data.image(1).shape, values(data.image(1))]).toEqual([
      [2, 3, 1],
      [6, 7, 8, 9, 10, 11],
    ]);
    await expect(npyPair(images, images)).rejects.toThrow(ShapeError);
    await expect(npyPair(await write('x.npy', 'x'), labels)).rejects.toThrow(
      /^npyPair: .*x.npy is damaged\n {2}.*no .npy file/,
    );
  });
});

describe('fromArrays', () => {
  it('keeps views of bytes and floats, and makes bytes of other whole numbers', () => {
    const bytes = ndarray(
      Uint8Array.from({ length: 24 }, (_, i) => i),
      [2, 2, 2, 3],
    );
    const data = fromArrays(bytes.step(-1), [0, 1]);
    expect(values(data.image(0))).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
    expect(data.items[0]?.image.data).toBe(bytes.data);
    const doubles = fromArrays(ndarray(Float64Array.of(1, 2, 3, 255), [1, 2, 2]), Int32Array.of(0), { classes: ['a'] });
    expect(doubles.items[0]?.image.data).toEqual(Uint8Array.of(1, 2, 3, 255));
    const fractions = fromArrays(ndarray([0.5, 2], [1, 1, 2]), ndarray(Uint8Array.of(3), [1]));
    expect(values(fractions.image(0))).toEqual([0.5, 2]);
  });

  it('refuses other shapes, pixels and labels', () => {
    const images = ndarray(new Float32Array(8), [2, 2, 2]);
    expect(() => fromArrays(ndarray(new Uint8Array(4), [2, 2]), [0])).toThrow(
      'images must be [N,H,W] or [N,H,W,C] but are [2,2]',
    );
    expect(() => fromArrays(images, [0])).toThrow('there are 1 labels for 2 images');
    expect(() => fromArrays(images, [0, 7])).toThrow('the label of item 1 must be from 0 to 6 but is 7');
    expect(() => fromArrays(images, [0.5, 0])).toThrow(ArgumentError);
    for (const wrong of [-1, 255.5, Number.NaN])
      expect(() => fromArrays(ndarray(Float32Array.of(0, 0, 0, wrong), [1, 2, 2]), [0])).toThrow(
        `pixels must be from 0 to 255 but one of image 0 is ${wrong}`,
      );
    const shares = ndarray(Float32Array.of(0, 0.5, 1, 0.25), [1, 2, 2]);
    expect(() => fromArrays(shares, [0])).toThrow('pixels must be from 0 to 255 but all are at most 1');
  });
});

describe('syntheticFaces', () => {
  it('draws the same faces again, whatever their number', () => {
    const few = syntheticFaces({ seed: 5, count: 8 });
    const more = syntheticFaces({ seed: 5, count: 15 });
    const others = syntheticFaces({ seed: 6, count: 8 });
    for (let i = 0; i < 8; i++) {
      expect(values(few.image(i))).toEqual(values(more.image(i)));
      expect(values(few.image(i))).not.toEqual(values(others.image(i)));
    }
    expect([...more.labels]).toEqual(Array.from({ length: 15 }, (_, i) => i % 7));
    expect(more.describe()).toMatchObject({
      classes: { angry: 3, disgust: 2, neutral: 2 },
      subjects: 3,
      shapes: { '48x48x1': 15 },
    });
  });

  it('draws any size, in gray or colour', () => {
    const colour = syntheticFaces({ seed: 1, count: 1, size: [40, 64], channels: 3 });
    expect(colour.image(0).shape).toEqual([40, 64, 3]);
    const gray = syntheticFaces({ seed: 1, count: 1, size: [40, 64] });
    const [rgb, luma] = [values(colour.image(0)), values(gray.image(0))];
    for (const [i, value] of luma.entries()) {
      const [r = 0, g = 0, b = 0] = rgb.slice(3 * i, 3 * i + 3);
      // rounded before or after; where a channel is cut off at 0 or 255 the luma of what was meant differs
      if (Math.min(r, g, b) > 0 && Math.max(r, g, b) < 255)
        expect(Math.abs(value - (0.299 * r + 0.587 * g + 0.114 * b))).toBeLessThan(1.01);
    }
  });

  it('refuses what cannot be drawn', () => {
    expect(() => syntheticFaces({ seed: 0.5, count: 1 })).toThrow('seed must be an integer but is 0.5');
    expect(() => syntheticFaces({ seed: 1, count: 0 })).toThrow('count must be an integer from 1 to 1048576 but is 0');
    expect(() => syntheticFaces({ seed: 1, count: 1, size: 0 })).toThrow(ArgumentError);
    expect(() => syntheticFaces({ seed: 1, count: 1, channels: 2 as 1 })).toThrow('channels must be 1 or 3 but is 2');
  });
});

describe('where there are no files', () => {
  afterEach(() => vi.unstubAllGlobals());
  it('says so', async () => {
    vi.stubGlobal('process', { ...process, getBuiltinModule: undefined });
    await expect(fer2013('x.csv')).rejects.toThrow(BackendError);
    await expect(fer2013('x.csv')).rejects.toThrow('fer2013: reads files, which needs Node');
    await expect(encodePng(ndarray(new Uint8Array(1), [1, 1, 1]))).rejects.toThrow(BackendError);
  });
});
