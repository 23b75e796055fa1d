/** @file A look at a data set. */
import type { Dataset } from './dataset.ts';
import { type GridOptions, imageGrid } from './plots/grid.ts';
import { encodePng } from './sources/png.ts';

export interface DatasetPreviewOptions extends GridOptions {
  /** 8 unless given. */
  readonly perClass?: number;
}

export function preview(dataset: Dataset, { perClass = 8, ...grid }: DatasetPreviewOptions): Promise<Uint8Array> {
  const indices = Array.from(dataset.items.keys());
  const rows = dataset.classes.map((_, label) =>
    indices
      .filter((index) => dataset.items[index]?.label === label)
      .slice(0, perClass)
      .map((index) => dataset.image(index)),
  );
  return encodePng(imageGrid(rows, grid));
}
