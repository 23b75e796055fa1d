/** @file Files for tests, written plainly after their formats' definitions. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll } from 'vitest';

/** A folder that lasts as long as the tests of a file. @returns a function that writes a file and tells its path. */
export function temporaryFolder(): (name: string, content: Uint8Array | string) => Promise<string> {
  const folder = mkdtemp(join(tmpdir(), 'fer-data-'));
  afterAll(async () => rm(await folder, { recursive: true }));
  return async (name, content) => {
    const path = join(await folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  };
}

export interface PngOptions {
  readonly width: number;
  readonly height: number;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly colorType: 0 | 2 | 3 | 4 | 6;
  readonly interlaced?: boolean;
  /** Red, green and blue of each entry. */
  readonly palette?: readonly (readonly number[])[];
  /** The samples of a pixel. */
  readonly at: (x: number, y: number) => readonly number[];
}

export const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

/** A PNG from its header's fields and what it holds before compression, whether they fit or not. */
export function rawPng(
  header: { width: number; height: number; depth: number; colorType: number; interlace?: number },
  content: Uint8Array,
  palette?: readonly (readonly number[])[],
): Buffer {
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(header.width, 0);
  ihdr.writeUInt32BE(header.height, 4);
  ihdr.set([header.depth, header.colorType, 0, 0, header.interlace ?? 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', ihdr),
    ...(palette ? [chunk('PLTE', Uint8Array.from(palette.flat()))] : []),
    chunk('IDAT', deflateSync(content)),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Without filters. Interlaced: the seven passes of Adam7, 8.2 of the specification. */
export function png({ at, palette, interlaced = false, ...header }: PngOptions): Buffer {
  const passes = interlaced
    ? ['0 0 8 8', '4 0 8 8', '0 4 4 8', '2 0 4 4', '0 2 2 4', '1 0 2 2', '0 1 1 2']
    : ['0 0 1 1'];
  const lines: Uint8Array[] = [];
  for (const [left = 0, top = 0, stepX = 1, stepY = 1] of passes.map((pass) => pass.split(' ').map(Number))) {
    for (let y = top; y < header.height && left < header.width; y += stepY) {
      const samples: number[] = [];
      for (let x = left; x < header.width; x += stepX) samples.push(...at(x, y));
      const bits = samples.map((sample) => sample.toString(2).padStart(header.depth, '0')).join('');
      const bytes = bits.match(/.{1,8}/g) ?? [];
      lines.push(Uint8Array.from([0, ...bytes.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))]));
    }
  }
  return rawPng({ ...header, interlace: interlaced ? 1 : 0 }, Buffer.concat(lines), palette);
}

/** A baseline JPEG, 8x8 and gray, of one level: its only coefficient is (level - 128) * 8. */
export function flatJpeg(level: number): Uint8Array {
  const difference = (level - 128) * 8;
  const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
  const magnitude = difference >= 0 ? difference : difference + 2 ** size - 1;
  const code = size.toString(2).padStart(4, '0'); // twelve codes of four bits, in the order of the sizes
  const bits = `${code}${size === 0 ? '' : magnitude.toString(2).padStart(size, '0')}0`; // then the end of the block
  const scan = (bits + '1'.repeat((8 - (bits.length % 8)) % 8)).match(/.{8}/g) ?? [];
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...[0xff, 0xdb, 0, 67, 0, ...Array<number>(64).fill(1)],
    ...[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0],
    ...[0xff, 0xc4, 0, 31, 0x00, ...[0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ...Array(12).keys()],
    ...[0xff, 0xc4, 0, 20, 0x10, ...[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0],
    ...[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
    ...scan.map((byte) => Number.parseInt(byte, 2)).flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])),
    ...[0xff, 0xd9],
  ]);
}

/** A .npy file. @param shape As Python writes it. */
export function npy(descr: string, shape: string, content: Uint8Array, { fortran = false, version = 1 } = {}): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const prefix = version === 1 ? 10 : 12;
  const header = Buffer.from(`${text.padEnd(Math.ceil((text.length + 1 + prefix) / 64) * 64 - prefix - 1)}\n`);
  const length = Buffer.alloc(prefix - 8);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  return Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([version, 0]), length, header, content]);
}
