/** @file PNG images (ISO/IEC 15948), decoded and encoded by pngjs once their headers are found to be honest. */
import { BackendError, ShapeError } from '@fer/core';
import ndarray from 'ndarray';
import type { Image } from '../image.ts';
import { copyInto, pixelsOf } from '../transforms/pixels.ts';

export const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Samples a pixel and bit depths of each colour type. */
const COLOR_TYPES: Readonly<Record<number, { samples: number; depths: readonly number[]; channels: 1 | 3 }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16], channels: 1 }, // gray
  2: { samples: 3, depths: [8, 16], channels: 3 }, // RGB
  3: { samples: 1, depths: [1, 2, 4, 8], channels: 3 }, // palette
  4: { samples: 2, depths: [8, 16], channels: 1 }, // gray and alpha
  6: { samples: 4, depths: [8, 16], channels: 3 }, // RGB and alpha
};

/** Of each pass of an interlaced image: first column and row, distances between columns and rows. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const ONE_PASS = [[0, 0, 1, 1]] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Of the pixels with their filters, before compression. */
  readonly bytes: number;
}

/**
 * [height, width, 1] for gray, else [height, width, 3]; 16 bits are rounded to 8, and alpha is left out.
 * @throws Error that says what is wrong. Nothing is decompressed beyond what the header announces.
 */
export async function decodePng(bytes: Uint8Array, maxPixels: number): Promise<Image> {
  const { width, height, channels, ...header } = readHeader(bytes);
  if (width * height > maxPixels) throw new Error(`${width}x${height} pixels are more than ${maxPixels}`);
  const chunks = chunksOf(bytes);
  checkLength(chunks, header.bytes);
  const { PNG } = (await import('pngjs')).default;
  const { data } = PNG.sync.read(withoutTransparency(bytes, chunks));
  const image = new Uint8Array(height * width * channels);
  for (let from = 0, to = 0; to < image.length; from += 4) {
    for (let c = 0; c < channels; c++) image[to++] = data[from + c] as number;
  }
  return ndarray(image, [height, width, channels]);
}

function readHeader(bytes: Uint8Array): Header {
  const view = viewOf(bytes);
  const isHeader = bytes.length >= 33 && view.getUint32(8) === 13 && typeOf(bytes, 8) === 'IHDR';
  if (!isHeader) throw new Error('a PNG without header');
  const [width, height, depth] = [view.getUint32(16), view.getUint32(20), view.getUint8(24)];
  const [colorType, interlace] = [view.getUint8(25), view.getUint8(28)];
  const color = COLOR_TYPES[colorType];
  if (!color?.depths.includes(depth)) throw new Error(`colour type ${colorType} of ${depth} bits does not exist`);
  if (width === 0 || height === 0) throw new Error(`no image is ${width}x${height}`);
  const passes = interlace === 1 ? ADAM7 : ONE_PASS;
  const sizes = passes.map(([x, y, columns, rows]) => {
    const [passWidth, passHeight] = [Math.ceil((width - x) / columns), Math.ceil((height - y) / rows)];
    return passWidth > 0 && passHeight > 0 ? passHeight * (1 + Math.ceil((passWidth * depth * color.samples) / 8)) : 0;
  });
  return { width, height, channels: color.channels, bytes: sizes.reduce((sum, size) => sum + size) };
}

/** Decompresses up to the length that the header announces, which pngjs does not check. */
function checkLength(chunks: readonly Chunk[], expected: number): void {
  const parts = chunks.filter(({ type }) => type === 'IDAT').map(({ bytes }) => bytes.subarray(8, -4));
  const { length } = zlibOf('decodeImage').inflateSync(Buffer.concat(parts), { maxOutputLength: expected });
  if (length !== expected) throw new Error(`${length} bytes of pixels instead of ${expected}`);
}

/** @throws BackendError in browsers, where pngjs does not work either. */
function zlibOf(operator: string): typeof import('node:zlib') {
  const zlib = globalThis.process?.getBuiltinModule?.('node:zlib');
  if (!zlib) throw new BackendError(operator, 'PNG files need Node; browsers have canvases');
  return zlib;
}

interface Chunk {
  readonly type: string;
  /** With length, type and checksum. */
  readonly bytes: Uint8Array;
}

/** Up to the end of the image: what follows it is none of it. */
function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = viewOf(bytes);
  const chunks: Chunk[] = [];
  for (let offset = PNG_SIGNATURE.length; offset + 12 <= bytes.length; ) {
    const [type, length] = [typeOf(bytes, offset), 12 + view.getUint32(offset)];
    chunks.push({ type, bytes: bytes.subarray(offset, offset + length) });
    if (type === 'IEND') return chunks;
    offset += length;
  }
  throw new Error('a PNG that ends too early');
}

/** Without the chunk that makes a colour or a palette transparent, of which pngjs would make black. */
function withoutTransparency(bytes: Uint8Array, chunks: readonly Chunk[]): Buffer {
  const kept = chunks.filter(({ type }) => type !== 'tRNS').map((chunk) => chunk.bytes);
  return Buffer.concat([bytes.subarray(0, PNG_SIGNATURE.length), ...kept]);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function typeOf(bytes: Uint8Array, chunk: number): string {
  return String.fromCharCode(...bytes.subarray(chunk + 4, chunk + 8));
}

/** A PNG file, gray or RGB. Pixels are rounded to whole numbers from 0 to 255. Node only. */
export async function encodePng(image: Image): Promise<Uint8Array> {
  zlibOf('encodePng');
  const { PNG } = (await import('pngjs')).default;
  const [height, width, channels] = image.shape as [number, number, number];
  if (channels !== 1 && channels !== 3)
    throw new ShapeError('encodePng', `image must be [H,W,1] or [H,W,3] but is [${image.shape}]`);
  const data = Buffer.from(copyInto(new Uint8ClampedArray(image.size), pixelsOf('encodePng', image)).buffer);
  const colorType = channels === 1 ? 0 : 2;
  return new Uint8Array(
    PNG.sync.write(Object.assign(new PNG({ width, height }), { data }), { colorType, inputColorType: colorType }),
  );
}
