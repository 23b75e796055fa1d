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
