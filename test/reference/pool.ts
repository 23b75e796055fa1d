/** @file Pooling: the largest and the mean of the pixels that a window has. */
import { build, type Dense, pixelAt, size } from './dense.ts';
import { type Padding, slide } from './window.ts';

export interface PoolSettings {
  readonly poolSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
}

function pool(fold: (pixels: number[]) => number) {
  return ({ poolSize, strides, padding }: PoolSettings) =>
    (x: Dense): Dense => {
      const along = (axis: 0 | 1) =>
        slide(axis, size(x, axis + 1), { kernel: poolSize[axis], stride: strides[axis], padding });
      const [rows, columns] = [along(0), along(1)];
      return build([size(x, 0), rows.count, columns.count, size(x, 3)], (index) => {
        const [n, oy, ox, c] = index as [number, number, number, number];
        const pixels: number[] = [];
        for (let ky = 0; ky < poolSize[0]; ky++) {
          for (let kx = 0; kx < poolSize[1]; kx++) {
            const pixel = pixelAt(x, n, rows.position(oy, ky), columns.position(ox, kx));
            if (pixel !== undefined) pixels.push(x.values[pixel * size(x, 3) + c] as number);
          }
        }
        return fold(pixels);
      });
    };
}

export const maxPool2d = pool((pixels) => Math.max(...pixels));
export const avgPool2d = pool((pixels) => pixels.reduce((a, b) => a + b, 0) / pixels.length);
