/** @file A look at a data set. */
import { checkInteger, Random } from '@fer/core';
import type { Dataset } from './dataset.ts';
import type { Image } from './image.ts';
import { type GridOptions, imageGrid } from './plots/grid.ts';
import { encodePng } from './sources/png.ts';
import { resize } from './transforms/index.ts';

export interface DatasetPreviewOptions extends GridOptions {
  /** 8 unless given. */
  readonly perClass?: number;
}

export function preview(dataset: Dataset, { perClass = 8, ...grid }: DatasetPreviewOptions): Promise<Uint8Array> {
  checkInteger('preview', 'perClass', perClass, 1);
  const indices = Array.from(dataset.items.keys());
  const rows = dataset.classes.map((_, label) =>
    indices
      .filter((index) => dataset.items[index]?.label === label)
      .slice(0, perClass)
      .map((index) => thumbnail(dataset.image(index))),
  );
  return encodePng(imageGrid(rows, grid));
}

/** Of the longer side, in pixels. */
const LARGEST = 96;

/** An image whose longer side has at most 96 pixels, for imageGrid: a larger one is made smaller. */
export function thumbnail(image: Image): Image {
  const [height, width] = image.shape as [number, number, number];
  const factor = LARGEST / Math.max(height, width);
  if (factor >= 1) return image;
  const size = [height, width].map((side) => Math.max(1, Math.round(side * factor))) as [number, number];
  return resize({ size, interpolation: 'area' })(image, new Random(0)); // which it does not draw from
}
