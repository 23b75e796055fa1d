/** @file Photographs are turned as their cameras were held (EXIF 2.32, tag 0x0112). */
import { decodeImage } from '@fer/data';
import jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';

const HEIGHT = 16;
const WIDTH = 24;

/** What was seen: brightness rises from left to right, and jumps in the middle. */
const seen = (y: number, x: number) => (y < HEIGHT / 2 ? 0 : 128) + 4 * x;

/** Where the first row and the first column of the file are in what was seen, by orientation. */
const SIDES = [
  ['top', 'left'],
  ['top', 'right'],
  ['bottom', 'right'],
  ['bottom', 'left'],
  ['left', 'top'],
  ['right', 'top'],
  ['right', 'bottom'],
  ['left', 'bottom'],
] as const;

/** The distance from a side. */
function fromSide(side: (typeof SIDES)[number][number], distance: number): { y?: number; x?: number } {
  switch (side) {
    case 'top':
      return { y: distance };
    case 'bottom':
      return { y: HEIGHT - 1 - distance };
    case 'left':
      return { x: distance };
    case 'right':
      return { x: WIDTH - 1 - distance };
  }
}

/** A JPEG as a camera would write it. */
function photograph(orientation: number): Uint8Array {
  const [rowSide, columnSide] = SIDES[orientation - 1] as (typeof SIDES)[number];
  const isTurned = orientation > 4;
  const [width, height] = isTurned ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const { y = 0, x = 0 } = { ...fromSide(rowSide, row), ...fromSide(columnSide, column) };
      data.fill(seen(y, x), 4 * (row * width + column), 4 * (row * width + column) + 3);
    }
  }
  return jpeg.encode({ data, width, height }, 100).data;
}

interface ExifOptions {
  readonly littleEndian?: boolean;
  readonly directory?: number;
  readonly entries?: number;
}

/** An APP1 segment with another tag before the orientation. */
function exif(orientation: number, { littleEndian = true, directory = 8, entries = 2 }: ExifOptions = {}): Uint8Array {
  const tiff = new DataView(new ArrayBuffer(8 + 2 + 2 * 12 + 4));
  tiff.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  tiff.setUint16(2, 42, littleEndian);
  tiff.setUint32(4, directory, littleEndian);
  tiff.setUint16(8, entries, littleEndian);
  for (const [i, [tag, value]] of [[0x0100, 24] as const, [0x0112, orientation] as const].entries()) {
    tiff.setUint16(10 + 12 * i, tag, littleEndian);
    tiff.setUint16(12 + 12 * i, 3, littleEndian);
    tiff.setUint32(14 + 12 * i, 1, littleEndian);
    tiff.setUint16(18 + 12 * i, value, littleEndian);
  }
  const content = [...Buffer.from('Exif\0\0'), ...new Uint8Array(tiff.buffer)];
  return Uint8Array.from([0xff, 0xe1, 0, content.length + 2, ...content]);
}

const withSegment = (file: Uint8Array, segment: Uint8Array) =>
  new Uint8Array([...file.subarray(0, 2), ...segment, ...file.subarray(2)]);

describe('the orientation of a photograph', () => {
  const cases = SIDES.flatMap((_, i) => [true, false].map((littleEndian) => ({ orientation: i + 1, littleEndian })));

  it.each(cases)('$orientation, little endian: $littleEndian', async ({ orientation, littleEndian }) => {
    const image = await decodeImage(withSegment(photograph(orientation), exif(orientation, { littleEndian })));
    expect(image.shape).toEqual([HEIGHT, WIDTH, 3]);
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) expect(Math.abs(image.get(y, x, 0) - seen(y, x))).toBeLessThanOrEqual(6);
  });

  it('is left alone where there is none, or none that makes sense', async () => {
    const file = photograph(6);
    const asStored = await decodeImage(file);
    const segments = [
      exif(0),
      exif(9),
      exif(6, { directory: 2 ** 31 }),
      exif(6, { entries: 1 }),
      exif(1, { entries: 1000 }),
      exif(6).map((byte, i) => (i === 10 ? 0x20 : byte)),
      exif(6).map((byte, i) => (i === 4 ? 0 : byte)),
      Uint8Array.from([0xff, 0xe1, 0, 2]),
    ];
    for (const segment of segments) {
      const image = await decodeImage(withSegment(file, segment));
      expect([image.shape, image.data]).toEqual([asStored.shape, asStored.data]);
    }
  });
});
