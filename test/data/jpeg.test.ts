/** @file What the three components of a JPEG stand for: libjpeg's rules. */
import { decodeImage } from '@fer/data';
import jpeg from 'jpeg-js';
import { expect, it } from 'vitest';

const SIDE = 16;
const COLOR = [200, 100, 50] as const;

/** One colour everywhere; its components are Y, Cb and Cr, named 1, 2 and 3, and it has JFIF's marker. */
const file = Uint8Array.from(
  jpeg.encode(
    { data: Buffer.from(Array.from({ length: SIDE ** 2 }, () => [...COLOR, 255]).flat()), width: SIDE, height: SIDE },
    95,
  ).data,
);
const [y, cb, cr] = [124, 86, 182]; // ITU-R BT.601's of that colour

/** The segments of a file up to its scan, and the rest. */
function segmentsOf(bytes: Uint8Array): { segments: Uint8Array[]; rest: Uint8Array } {
  const segments: Uint8Array[] = [];
  let offset = 2;
  while (bytes[offset + 1] !== 0xda) {
    const end = offset + 2 + 256 * (bytes[offset + 2] as number) + (bytes[offset + 3] as number);
    segments.push(bytes.slice(offset, end));
    offset = end;
  }
  return { segments, rest: bytes.slice(offset) };
}

const JFIF = 0xe0;
const ADOBE = (transform: number) =>
  Uint8Array.of(0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform);

/** The same scan under another header. */
function withHeader({ jfif, adobe, names }: { jfif: boolean; adobe?: number; names?: string }): Uint8Array {
  const { segments, rest } = segmentsOf(file);
  const kept = segments.filter((segment) => jfif || segment[1] !== JFIF);
  if (adobe !== undefined) kept.unshift(ADOBE(adobe));
  if (names !== undefined) {
    const frame = kept.find((segment) => segment[1] === 0xc0) as Uint8Array;
    for (let i = 0; i < 3; i++) {
      frame[10 + 3 * i] = names.charCodeAt(i);
      rest[5 + 2 * i] = names.charCodeAt(i);
    }
  }
  return Buffer.concat([file.subarray(0, 2), ...kept, rest]);
}

it.each([
  ['JFIF', { jfif: true }, COLOR],
  ["JFIF, whatever Adobe's marker says", { jfif: true, adobe: 0 }, COLOR],
  ["Adobe's marker for YCbCr", { jfif: false, adobe: 1 }, COLOR],
  ["Adobe's marker for RGB", { jfif: false, adobe: 0 }, [y, cb, cr]],
  ['no marker', { jfif: false }, COLOR],
  ['no marker, and components named R, G and B', { jfif: false, names: 'RGB' }, [y, cb, cr]],
] as const)('%s', async (_, header, expected) => {
  const image = await decodeImage(withHeader(header));
  expect(image.shape).toEqual([SIDE, SIDE, 3]);
  expected.forEach((level, channel) => {
    expect(Math.abs(image.get(SIDE / 2, SIDE / 2, channel) - level)).toBeLessThan(3);
  });
});

/** A gray file of flat blocks side by side, with a restart after every `interval` of them, cut off after `kept`. */
function flatBlocks(levels: readonly number[], interval: number, kept = levels.length): Uint8Array {
  const segment = (marker: number, bytes: readonly number[]) => [0xff, marker, 0, bytes.length + 2, ...bytes];
  const lengths = (bits: number, count: number) => Array.from({ length: 16 }, (_, i) => (i === bits - 1 ? count : 0));
  const bytes = [0xff, 0xd8, ...segment(0xdb, [0, ...new Array(64).fill(8)])];
  bytes.push(...segment(0xc0, [8, 0, 8, 0, 8 * levels.length, 1, 1, 0x11, 0]));
  bytes.push(...segment(0xc4, [0x00, ...lengths(4, 12), ...Array(12).keys()]));
  bytes.push(...segment(0xc4, [0x10, ...lengths(1, 1), 0]));
  bytes.push(...segment(0xdd, [0, interval]), ...segment(0xda, [1, 1, 0, 0, 63, 0]));
  let bits = '';
  const flush = () => {
    for (const byte of bits.match(/.{1,8}/g) ?? []) bytes.push(Number.parseInt(byte.padEnd(8, '1'), 2));
    bits = '';
  };
  levels.slice(0, kept).forEach((level, i) => {
    const isFirst = interval > 0 && i % interval === 0;
    if (isFirst && i > 0) {
      flush();
      bytes.push(0xff, 0xd0 + ((i / interval - 1) % 8));
    }
    const difference = level - (isFirst || i === 0 ? 128 : (levels[i - 1] as number));
    const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    const code = difference > 0 ? difference : difference + 2 ** size - 1;
    // the category of the difference, the difference, and that the block has nothing else
    bits += `${size.toString(2).padStart(4, '0')}${size === 0 ? '' : code.toString(2).padStart(size, '0')}0`;
  });
  flush();
  return Uint8Array.from([...bytes, 0xff, 0xd9]);
}

const LEVELS = [20, 60, 100, 180, 220];

it.each([0, 1, 2, 3, 5, 7])('restarts every %i blocks', async (interval) => {
  const image = await decodeImage(flatBlocks(LEVELS, interval));
  expect(LEVELS.map((_, i) => image.get(3, 8 * i + 3, 0))).toEqual(LEVELS);
});

it.each([0, 1, 2])('refuses a file that ends before its last block, with restarts every %i', async (interval) => {
  await expect(decodeImage(flatBlocks(LEVELS, interval, 2))).rejects.toThrow(/^decodeImage: /);
});

it('takes as many pixels as it may', async () => {
  // 1344 / 1e6 * 1e6 is less than 1344
  const file = flatBlocks(new Array(21).fill(100), 0);
  await expect(decodeImage(file, { maxPixels: 1344 })).resolves.toBeDefined();
  await expect(decodeImage(file, { maxPixels: 1343 })).rejects.toThrow(/168x8 pixels are more than 1343/);
});
