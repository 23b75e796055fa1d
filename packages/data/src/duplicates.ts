/** @file Photographs that come more than once: a test on images that were trained on says too much. */
import { checkRange, matMul, Random, type Tensor, tensor } from '@fer/core';
import type { Dataset } from './dataset.ts';
import type { Image } from './image.ts';
import { compose, resize, toGrayscale } from './transforms/index.ts';
import { floatsOf, pixelsOf } from './transforms/pixels.ts';

export interface DuplicateOptions {
  /** How similar two images must be to count as one photograph, from 0 to 1; 0.95 unless given. */
  readonly similarity?: number;
}

/** An image that is nearly the same as another one. */
export interface Duplicate {
  readonly index: number;
  /** The index of the most similar other image. */
  readonly original: number;
  /** At most 1. */
  readonly similarity: number;
}

/** Pixels of a side of what images are compared by. */
const SIDE = 16;

/** So many images are compared with so many others at once. */
const BLOCK = 2048;

/** What correlations of float32 may lack. */
const ROUNDING = 1e-5;

/**
 * The images that come again: each with the most similar one of `among`, or of the images before it if `among` is not given.
 * Similarity is the correlation of the gray levels at 16x16 pixels, which brightness, contrast and compression hardly change
 * and another crop only a little. Of FER2013's pairs above 0.95 all that were looked at are one photograph, from 0.93 to
 * 0.94 nearly all, and below 0.9 most are two people. Images of a single gray level resemble none.
 * Images are compared as their source holds them, whatever `map` said, on the current backend.
 * @returns in the order of the images
 * @throws ArgumentError, ShapeError for images that have neither 1 nor 3 channels
 */
export async function duplicates(
  dataset: Dataset,
  among?: Dataset,
  { similarity = 0.95 }: DuplicateOptions = {},
): Promise<Duplicate[]> {
  checkRange('duplicates', 'similarity', similarity, 0, 1);
  const images = signatures(dataset);
  const others = among ? signatures(among) : images;
  const nearest = images.map((_, index) => ({ index, original: -1, similarity: Math.max(similarity - ROUNDING, 0) }));
  for (let at = 0; at < others.length; at += BLOCK) {
    using columns = matrix(others.slice(at, at + BLOCK));
    for (let from = among ? 0 : at; from < images.length; from += BLOCK) {
      using rows = matrix(images.slice(from, from + BLOCK));
      using products = matMul(rows, columns, { transposeB: true });
      keepNearest(nearest.slice(from, from + BLOCK), { at, products: await products.data(), before: !among });
    }
  }
  const found = nearest.filter(({ original }) => original >= 0);
  return found.map((each) => ({ ...each, similarity: Math.min(each.similarity, 1) }));
}

type Nearest = { -readonly [key in keyof Duplicate]: Duplicate[key] };

interface Compared {
  /** A row for each image, a column for each of the others. */
  readonly products: ArrayLike<number>;
  /** The index of the first of the others. */
  readonly at: number;
  /** Whether only those before an image count. */
  readonly before: boolean;
}

function keepNearest(nearest: readonly Nearest[], { products, at, before }: Compared): void {
  const width = products.length / nearest.length;
  for (const [row, best] of nearest.entries()) {
    const count = before ? Math.min(width, best.index - at) : width;
    for (let column = 0; column < count; column++) {
      const similarity = products[row * width + column] as number;
      if (similarity > best.similarity) Object.assign(best, { original: at + column, similarity });
    }
  }
}

/** What images are compared by: small gray images with a mean of 0 and a length of 1, whose products are correlations. */
function signatures({ items }: Dataset): Float32Array[] {
  const small = compose(toGrayscale(), resize({ size: SIDE, interpolation: 'area' }));
  const unused = new Random(0);
  return items.map(({ image }) => standardised(small(image, unused)));
}

function standardised(image: Image): Float32Array {
  const levels = floatsOf(pixelsOf('duplicates', image));
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  const length = Math.hypot(...levels.map((level) => level - mean));
  // what rounding leaves of a single gray level is not a pattern
  return levels.map((level) => (length > 1e-3 ? (level - mean) / length : 0));
}

/** Vectors of one length as the rows of a matrix. */
function matrix(rows: readonly Float32Array[]): Tensor {
  const data = new Float32Array(rows.length * SIDE ** 2);
  for (const [i, row] of rows.entries()) data.set(row, i * SIDE ** 2);
  return tensor(data, [rows.length, SIDE ** 2]);
}
