/** @file A look at a data set: a row of images for each class. */
import { FerError } from '@fer/core';
import ndarray from 'ndarray';
import type { Dataset } from './dataset.ts';
import type { Image } from './image.ts';
import { encodePng } from './sources/png.ts';

/** Between two images, in pixels. */
const GAP = 2;
const WHITE = 255;

/** Rows of up to `perClass` images of each class as a PNG file: as they are in the first epoch, pixels from 0 to 255. */
export async function preview(dataset: Dataset, perClass: number): Promise<Uint8Array> {
  const rows = dataset.classes.map((_, label) =>
    Array.from(dataset.items.keys())
      .filter((index) => dataset.items[index]?.label === label)
      .slice(0, perClass)
      .map((index) => dataset.image(index)),
  );
  const images = rows.flat();
  if (images.length === 0) throw new FerError('preview', 'the data set is empty');
  const [cellHeight, cellWidth, channels] = [0, 1, 2].map((axis) =>
    Math.max(...images.map(({ shape }) => shape[axis] as number)),
  ) as [number, number, number];
  const columns = Math.max(...rows.map(({ length }) => length));
  const height = rows.length * (cellHeight + GAP) + GAP;
  const width = columns * (cellWidth + GAP) + GAP;
  const sheet: Image = ndarray(new Float32Array(height * width * channels).fill(WHITE), [height, width, channels]);
  for (const [row, rowImages] of rows.entries()) {
    for (const [column, image] of rowImages.entries()) {
      place(image, sheet, GAP + row * (cellHeight + GAP), GAP + column * (cellWidth + GAP));
    }
  }
  return encodePng(sheet);
}

/** Gray images become gray in colour, too. */
function place(image: Image, sheet: Image, top: number, left: number): void {
  const [height, width, channels] = image.shape as [number, number, number];
  const sheetChannels = sheet.shape[2] as number;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < sheetChannels; c++)
        sheet.set(top + y, left + x, c, image.get(y, x, Math.min(c, channels - 1)));
    }
  }
}
