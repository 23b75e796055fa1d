/** @file Resizing and affine transformations of images [N, H, W, C]: sampling at a real position. */
import { build, type Dense, get, size } from './dense.ts';

export type Interpolation = 'bilinear' | 'nearest';
export type FillMode = 'nearest' | 'constant' | 'reflect';

/** The pixel of an image, or of what stands outside of it, at whole positions. */
type Extended = (row: number, column: number) => number;

function sample(image: Extended, y: number, x: number, interpolation: Interpolation): number {
  if (interpolation === 'nearest') return image(Math.floor(y + 0.5), Math.floor(x + 0.5));
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [down, right] = [y - top, x - left];
  return (
    (1 - down) * ((1 - right) * image(top, left) + right * image(top, left + 1)) +
    down * ((1 - right) * image(top + 1, left) + right * image(top + 1, left + 1))
  );
}

const clamp = (i: number, length: number) => Math.min(Math.max(i, 0), length - 1);

/** d c b a | a b c d | d c b a */
function reflect(i: number, length: number): number {
  const within = ((i % (2 * length)) + 2 * length) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}

/** Pixel centres lie at 0.5, 1.5, ...; outside of the image its border pixels go on. */
export const resize =
  (height: number, width: number, interpolation: Interpolation) =>
  (x: Dense): Dense =>
    build([size(x, 0), height, width, size(x, 3)], ([n = 0, row = 0, column = 0, c = 0]) =>
      sample(
        (i, j) => get(x, [n, clamp(i, size(x, 1)), clamp(j, size(x, 2)), c]),
        ((row + 0.5) * size(x, 1)) / height - 0.5,
        ((column + 0.5) * size(x, 2)) / width - 0.5,
        interpolation,
      ),
    );

/** Result pixel (column, row) of image n comes from (a column + b row + c, d column + e row + f). */
export const affineTransform =
  ([height, width]: readonly [number, number], interpolation: Interpolation, fillMode: FillMode, fillValue = 0) =>
  (x: Dense, matrices: Dense): Dense =>
    build([size(x, 0), height, width, size(x, 3)], ([n = 0, row = 0, column = 0, channel = 0]) => {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = matrices.values.subarray(n * 6, n * 6 + 6);
      const extended: Extended = (i, j) => {
        const inside = i >= 0 && i < size(x, 1) && j >= 0 && j < size(x, 2);
        if (fillMode === 'constant' && !inside) return fillValue;
        const fold = fillMode === 'reflect' ? reflect : clamp;
        return get(x, [n, fold(i, size(x, 1)), fold(j, size(x, 2)), channel]);
      };
      return sample(extended, d * column + e * row + f, a * column + b * row + c, interpolation);
    });
