/** @file Thousands of damaged files: an error or a right answer, in bounded time and memory. */
import { writeFile } from 'node:fs/promises';
import { FerError } from '@fer/core';
import { DataError, decodeImage, fer2013, type Image, parseNpy } from '@fer/data';
import fc from 'fast-check';
import jpeg from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flatJpeg, npy, png, rawPng, temporaryFolder } from './files.ts';
import { values } from './images.ts';

/** Reading any of these files, which are small, takes milliseconds; a busy machine gets a hundred times as long. */
const MAX_MILLISECONDS = 3000;
const MAX_BYTES = 2 ** 29;

let bytesBefore: number;
beforeAll(() => {
  bytesBefore = process.memoryUsage.rss();
});
afterAll(() => {
  expect(process.memoryUsage.rss() - bytesBefore).toBeLessThan(MAX_BYTES);
});

/** What reading gives, or nothing if it was refused by an error of ours. */
async function attempt<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  const start = performance.now();
  try {
    return await read();
  } catch (error) {
    expect(error).toBeInstanceOf(FerError);
    expect((error as Error).message.length).toBeLessThan(10_000);
    return undefined;
  } finally {
    expect(performance.now() - start).toBeLessThan(MAX_MILLISECONDS);
  }
}

/** A file broken off, with bits flipped, bytes overwritten, or parts cut out, doubled or moved. */
function damaged(files: readonly Uint8Array[]): fc.Arbitrary<{ original: number; bytes: Uint8Array }> {
  const damage = fc.record({
    kind: fc.constantFrom('truncate', 'flip', 'write', 'cut', 'double', 'extreme'),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    length: fc.integer({ min: 1, max: 40 }),
    value: fc.nat(255),
  });
  return fc
    .tuple(fc.nat(files.length - 1), fc.array(damage, { minLength: 1, maxLength: 4 }))
    .map(([original, damages]) => {
      let bytes = Uint8Array.from(files[original] as Uint8Array);
      for (const { kind, at, length, value } of damages) {
        const start = Math.floor(at * bytes.length);
        const part = bytes.subarray(start, start + length);
        if (kind === 'truncate') bytes = bytes.slice(0, start);
        if (kind === 'flip' && start < bytes.length) (bytes[start] as number) ^= 1 << (value % 8);
        if (kind === 'write') part.fill(value);
        if (kind === 'extreme') part.subarray(0, 4).fill(value % 2 === 0 ? 0 : 255);
        if (kind === 'cut') bytes = Uint8Array.from([...bytes.subarray(0, start), ...bytes.subarray(start + length)]);
        if (kind === 'double')
          bytes = Uint8Array.from([...bytes.subarray(0, start + length), ...bytes.subarray(start)]);
      }
      return { original, bytes };
    });
}

function expectBytes(image: Image): void {
  const [height = 0, width = 0, channels = 0] = image.shape;
  expect(image.data).toBeInstanceOf(Uint8Array);
  expect([1, 3]).toContain(channels);
  expect(image.data).toHaveLength(height * width * channels);
}

const ramp = (x: number, y: number) => (37 * x + 91 * y) % 256;

describe('PNG', () => {
  const size = { width: 13, height: 7, depth: 8 } as const;
  const files = [
    png({ ...size, colorType: 0, at: (x, y) => [ramp(x, y)] }),
    png({ ...size, colorType: 2, interlaced: true, at: (x, y) => [ramp(x, y), ramp(y, x), x] }),
    png({
      ...size,
      depth: 2,
      colorType: 3,
      palette: [
        [1, 2, 3],
        [200, 100, 0],
        [9, 9, 9],
        [255, 0, 255],
      ],
      at: (x, y) => [(x + y) % 4],
    }),
    png({ ...size, depth: 16, colorType: 6, interlaced: true, at: (x, y) => [257 * ramp(x, y), 0, 65535, 257 * x] }),
  ];

  it('gives the pixels that were written, or none: its checksums tell', async () => {
    const originals = await Promise.all(files.map(async (file) => values(await decodeImage(file))));
    let read = 0;
    await fc.assert(
      fc.asyncProperty(damaged(files), async ({ original, bytes }) => {
        const image = await attempt(() => decodeImage(bytes));
        if (!image) return;
        read++;
        expectBytes(image);
        expect(values(image)).toEqual(originals[original]);
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeLessThan(1000); // damage within a chunk is found
  });

  it('believes no header whose checksum is right', async () => {
    const header = fc.record({
      width: fc.oneof(fc.nat(20), fc.nat(2 ** 32 - 1)),
      height: fc.oneof(fc.nat(20), fc.nat(2 ** 32 - 1)),
      depth: fc.oneof(fc.constantFrom(1, 2, 4, 8, 16), fc.nat(255)),
      colorType: fc.oneof(fc.constantFrom(0, 2, 3, 4, 6), fc.nat(255)),
      interlace: fc.oneof(fc.constantFrom(0, 1), fc.nat(255)),
    });
    const content = fc
      .uint8Array({ maxLength: 600 })
      .map((bytes) => bytes.map((byte, i) => (i % 7 === 0 ? byte % 5 : byte)));
    await fc.assert(
      fc.asyncProperty(header, content, async (header, content) => {
        const image = await attempt(() => decodeImage(rawPng(header, content, [[1, 2, 3]])));
        if (!image) return;
        expectBytes(image);
        expect(image.shape.slice(0, 2)).toEqual([header.height, header.width]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('JPEG', () => {
  const noise = Uint8Array.from({ length: 24 * 17 * 4 }, (_, i) => (i * i * 31) % 256);
  const files = [flatJpeg(77), jpeg.encode({ data: noise, width: 24, height: 17 }, 60).data];

  it('gives an image of the size announced, or none', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(damaged(files), async ({ bytes }) => {
        // without checksums other pixels may come out, but not without bound
        const image = await attempt(() => decodeImage(bytes, { maxPixels: 2 ** 20 }));
        if (!image) return;
        read++;
        expectBytes(image);
        expect(image.size).toBeLessThanOrEqual(3 * 2 ** 20);
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('is not needed for anything to be refused', async () => {
    const start = fc.constantFrom([0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], []);
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        expect(await attempt(() => decodeImage(Uint8Array.from([...start, ...rest])))).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });
});

describe('npy', () => {
  const content = Uint8Array.from({ length: 48 }, (_, i) => i);
  const files = [
    npy('|u1', '(3, 4, 4)', content),
    npy('<f4', '(12,)', content),
    npy('>i2', '(4, 6)', content, { fortran: true, version: 2 }),
    npy('<i8', '(2, 3)', content, { version: 3 }),
  ];

  it('gives as many numbers as the file holds, or none', async () => {
    await fc.assert(
      fc.asyncProperty(damaged(files), async ({ bytes }) => {
        const array = await attempt(() => parseNpy(bytes));
        if (!array) return;
        expect(array.size * array.data.BYTES_PER_ELEMENT).toBeLessThanOrEqual(bytes.length);
        expect(array.data).toHaveLength(array.size);
        if (array.size > 0) expect(array.get(...array.shape.map((length) => length - 1))).not.toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('believes no header', async () => {
    const shape = fc.array(fc.oneof(fc.nat(9), fc.nat()), { maxLength: 5 }).map((sizes) => `(${sizes.join(', ')},)`);
    const type = fc.constantFrom('|u1', '<i2', '>f4', '<f8', '<i8', '<U7', '|b1', '<c8');
    await fc.assert(
      fc.asyncProperty(shape, type, fc.boolean(), fc.nat(70), async (shape, type, fortran, length) => {
        const array = await attempt(() => parseNpy(npy(type, shape, new Uint8Array(length), { fortran })));
        if (array) expect(array.size * Number(type.slice(2))).toBe(length);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('CSV', () => {
  const write = temporaryFolder();
  const pixels = (seed: number) => Array.from({ length: 2304 }, (_, i) => (i * seed) % 256).join(' ');
  const lines = [
    'emotion,pixels,Usage',
    `3,${pixels(7)},Training`,
    `0,"${pixels(5)}",PublicTest`,
    `6,${pixels(3)},PrivateTest`,
  ];
  const file = Buffer.from(lines.join('\n'), 'latin1');

  /** A field, in quotes or not. */
  const field = (content: string) => `(?:\\s*${content}\\s*|"\\s*${content}\\s*" *)`;
  const ROW = new RegExp(
    `^${field('[0-6]')},${field('(?:\\d+ +)*\\d+')},${field('(?:Training|PublicTest|PrivateTest)')}\r?$`,
  );

  /** By the format's definition: one line after the other. */
  function reference(text: string): { label: number; usage: string; pixels: number[] }[] {
    return text
      .split('\n')
      .slice(1)
      .filter((line) => ROW.test(line))
      .map((line) => line.replaceAll('"', '').split(',') as [string, string, string])
      .map(([label, pixels, usage]) => ({
        label: Number(label),
        usage: usage.trim(),
        pixels: pixels.trim().split(/ +/).map(Number),
      }))
      .filter(({ pixels }) => pixels.length === 2304 && pixels.every((pixel) => pixel <= 255));
  }

  it('gives the rows that are whole, and tells of all others', async () => {
    const path = await write('fuzz.csv', file);
    await fc.assert(
      fc.asyncProperty(damaged([file]), async ({ bytes }) => {
        await writeFile(path, bytes);
        const data = await attempt(() => fer2013(path, { damaged: 'skip' }));
        if (!data) return;
        const rows = data.items.map(({ image, label, usage }) => ({ label, usage, pixels: values(image) }));
        expect(rows).toEqual(reference(Buffer.from(bytes).toString('latin1')));
        const strict = await attempt(() => fer2013(path));
        expect(strict === undefined).toBe(data.damaged.length > 0);
      }),
      { numRuns: 1500 },
    );
  });

  it('gives up early on anything else', async () => {
    const path = await write('noise.csv', '');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), async (bytes, hasHeader) => {
        await writeFile(path, Buffer.concat([Buffer.from(hasHeader ? `${lines[0]}\n` : ''), bytes]));
        const error = await fer2013(path).catch((error) => error);
        expect(error).toBeInstanceOf(DataError);
      }),
      { numRuns: 1000 },
    );
  });
});
