/** @file Images side by side as one image, to be looked at. */
import { ArgumentError, checkInteger, Random } from '@fer/core';
import type { Image, Transform } from '../image.ts';
import { imageOf, type Pixels, pixelsOf } from '../transforms/pixels.ts';

export interface GridOptions {
  /** Pixels of the picture a pixel of an image, 2 unless given. */
  readonly scale?: number;
  /** Pixels between the images, 4 unless given. */
  readonly gap?: number;
  /** The pixel values that are shown as black and as white, [0, 255] unless given. */
  readonly range?: readonly [black: number, white: number];
}

/** Rows of images as one image of bytes on white, ready for encodePng. Each has a cell of the largest one's size. */
export function imageGrid(rows: readonly (readonly Image[])[], options: GridOptions = {}): Image {
  const { scale = 2, gap = 4, range = [0, 255] } = options;
  checkInteger('imageGrid', 'scale', scale, 1, 1024);
  checkInteger('imageGrid', 'gap', gap, 0, 1024);
  const cells = rows.map((row) => row.map((image) => pixelsOf('imageGrid', image)));
  const all = cells.flat();
  if (all.length === 0) throw new ArgumentError('imageGrid', 'rows must hold images');
  if (!(range[0] < range[1])) throw new ArgumentError('imageGrid', `range must ascend but is [${range}]`);
  const wrong = all.find(({ channels }) => channels !== 1 && channels !== 3);
  if (wrong) throw new ArgumentError('imageGrid', `images must have 1 or 3 channels but one has ${wrong.channels}`);

  const stepY = scale * Math.max(...all.map(({ height }) => height)) + gap;
  const stepX = scale * Math.max(...all.map(({ width }) => width)) + gap;
  const height = cells.length * stepY + gap;
  const width = Math.max(...cells.map(({ length }) => length)) * stepX + gap;
  const channels = Math.max(...all.map((pixels) => pixels.channels));
  const picture = new Uint8Array(height * width * channels).fill(255);
  for (const [i, row] of cells.entries()) {
    for (const [j, pixels] of row.entries()) {
      const corner = ((gap + i * stepY) * width + gap + j * stepX) * channels;
      draw(pixels, { picture, corner, width, channels, scale, range });
    }
  }
  return imageOf(picture, height, width, channels);
}

interface Place {
  readonly picture: Uint8Array;
  readonly corner: number;
  /** Of the whole picture. */
  readonly width: number;
  readonly channels: number;
  readonly scale: number;
  readonly range: readonly [black: number, white: number];
}

function draw(pixels: Pixels, { picture, corner, width, channels, scale, range }: Place): void {
  const { data, offset, rowStride, columnStride } = pixels;
  // a gray image has one channel for all three
  const channelStride = pixels.channels === 1 ? 0 : pixels.channelStride;
  const [black, white] = range;
  for (let y = 0; y < pixels.height * scale; y++) {
    let target = corner + y * width * channels;
    for (let x = 0; x < pixels.width * scale; x++) {
      let source = offset + Math.floor(y / scale) * rowStride + Math.floor(x / scale) * columnStride;
      for (let c = 0; c < channels; c++, source += channelStride) {
        const value = (255 * ((data[source] as number) - black)) / (white - black);
        picture[target++] = Math.min(Math.max(Math.round(value), 0), 255);
      }
    }
  }
}

export interface PreviewOptions extends GridOptions {
  /** How often each image is transformed, 6 unless given. */
  readonly copies?: number;
  /** 0 unless given. */
  readonly seed?: number;
}

/** Each image, and what a transform makes of it at random, in a row. */
export function transformPreview(images: readonly Image[], transform: Transform, options: PreviewOptions = {}): Image {
  const { copies = 6, seed = 0, ...grid } = options;
  checkInteger('transformPreview', 'copies', copies, 1);
  const random = new Random(seed);
  const rows = images.map((image) => [image, ...Array.from({ length: copies }, () => transform(image, random))]);
  return imageGrid(rows, grid);
}
