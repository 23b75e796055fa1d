/** @file The images that fixtures/reference.py drew, and what OpenCV found in them. */
import { readFile } from 'node:fs/promises';
import { decodeImage } from '@fer/data';
import type { Box, ByteImage, DetectOptions } from '@fer/vision';
import ndarray, { type NdArray } from 'ndarray';

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);

export const readFixture = (name: string): Promise<string> => readFile(fixture(name), 'utf8');

/** A part of a photograph, changed in this order. */
interface Part {
  readonly photo: string;
  /** Where it goes. */
  readonly x: number;
  readonly y: number;
  /** x, y, width, height. */
  readonly crop?: readonly [number, number, number, number];
  readonly every?: number;
  readonly mirror?: boolean;
  readonly repeat?: number;
  readonly transpose?: boolean;
}

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly parts?: readonly Part[];
  readonly fill?: number;
  readonly seed?: number;
}

export interface Result {
  readonly cascade: string;
  readonly image: string;
  readonly options: DetectOptions;
  /** Sorted. */
  readonly boxes: readonly (readonly number[])[];
}

interface Reference {
  readonly images: Record<string, Drawing>;
  readonly results: readonly Result[];
  /** Red, green and blue, and the gray of each. */
  readonly colors: readonly (readonly number[])[];
  readonly gray: readonly number[];
}

export const reference = JSON.parse(await readFixture('boxes.json')) as Reference;

type Gray = NdArray<Uint8Array>;

export const photos: Record<string, Gray> = Object.fromEntries(
  await Promise.all(
    ['astronaut', 'grace_hopper', 'lisa1'].map(async (name) => {
      return [name, (await decodeImage(await readFile(fixture(`${name}.png`)))).pick(null, null, 0) as Gray];
    }),
  ),
);

/** MINSTD, the top byte of each number. */
function noise(length: number, seed: number): Uint8Array {
  let value = seed;
  return Uint8Array.from({ length }, () => {
    value = (value * 48271) % 2147483647;
    return value >> 23;
  });
}

function draw({ width, height, parts = [], fill = 128, seed }: Drawing): ByteImage {
  const pixels = seed === undefined ? new Uint8Array(width * height).fill(fill) : noise(width * height, seed);
  const image = ndarray(pixels, [height, width]);
  for (const part of parts) {
    const { every = 1, repeat = 1 } = part;
    let source = photos[part.photo] as Gray;
    const [x, y, w, h] = part.crop ?? [0, 0, source.shape[1] as number, source.shape[0] as number];
    source = source
      .lo(y, x)
      .hi(h, w)
      .step(every, part.mirror ? -every : every);
    // a negative step begins at the last pixel, which need not be one of the nth
    if (part.mirror) source.offset -= (w - 1) % every;
    const [rows, columns] = source.shape as [number, number];
    for (let i = 0; i < rows * repeat; i++) {
      for (let j = 0; j < columns * repeat; j++) {
        const pixel = source.get(Math.floor(i / repeat), Math.floor(j / repeat));
        if (part.transpose) image.set(part.y + j, part.x + i, pixel);
        else image.set(part.y + i, part.x + j, pixel);
      }
    }
  }
  return ndarray(pixels, [height, width, 1]);
}

const pictures = new Map(Object.entries(reference.images).map(([name, drawing]) => [name, draw(drawing)]));

/** One of the reference's images, which everyone shares. */
export function picture(name: string): ByteImage {
  const image = pictures.get(name);
  if (!image) throw new Error(`there is no image '${name}'`);
  return image;
}

/** As numbers, sorted as OpenCV's are. */
export function sorted(boxes: readonly Box[]): number[][] {
  return boxes
    .map(({ x, y, width, height }) => [x, y, width, height])
    .sort((a, b) => a.map((number, i) => number - (b[i] as number)).find((difference) => difference !== 0) ?? 0);
}
