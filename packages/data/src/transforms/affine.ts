/** @file Rotation, shift and zoom at random, in one resampling: the geometric part of Keras' ImageDataGenerator. */
import { ArgumentError, type FillMode, type Random } from '@fer/core';
import type { Image, Transform } from '../image.ts';
import { checkFill, type FillOptions, padInto } from './border.ts';
import { defineTransform, type Range, rangeOf } from './define.ts';
import { imageOf, type Pixels, pixelsOf } from './pixels.ts';

export interface AffineOptions extends FillOptions {
  /** Degrees, counter-clockwise; a number r means [-r, r]. */
  readonly rotation?: Range;
  /** To the right, as a part of the width; r means [-r, r]. */
  readonly widthShift?: Range;
  /** Downwards, as a part of the height; r means [-r, r]. */
  readonly heightShift?: Range;
  /**
   * What part of the image fills the result, drawn for width and height on their own: below 1 enlarges, above 1 shrinks.
   * r means [1 - r, 1 + r].
   */
  readonly zoom?: Range;
  /** How far to the right a row moves against the one above it, in pixels; r means [-r, r]. */
  readonly shearX?: Range;
  /** How far down a column moves against the one to its left; r means [-r, r]. */
  readonly shearY?: Range;
}

/**
 * The image turned, sheared, shifted and zoomed about its centre, in this order, by one bilinear interpolation: without shear what
 * Keras' ImageDataGenerator does, which shears after it has shifted, and by an angle. The pixels are float32; the size stays.
 */
export function affine(options: AffineOptions): Transform {
  return defineAffine('affine', options);
}

/** The image turned about its centre. */
export function rotate(options: Pick<AffineOptions, 'rotation'> & FillOptions): Transform {
  return defineAffine('rotate', options);
}

/** The image moved. */
export function shift(options: Pick<AffineOptions, 'widthShift' | 'heightShift'> & FillOptions): Transform {
  return defineAffine('shift', options);
}

/** The image enlarged or shrunk about its centre. */
export function zoom(options: Pick<AffineOptions, 'zoom'> & FillOptions): Transform {
  return defineAffine('zoom', options);
}

function defineAffine(name: string, options: AffineOptions): Transform {
  const { fillMode = 'nearest', fillValue = 0 } = options;
  checkFill(name, options);
  const rotation = rangeOf(name, 'rotation', options.rotation ?? 0, 0);
  const widthShift = rangeOf(name, 'widthShift', options.widthShift ?? 0, 0);
  const heightShift = rangeOf(name, 'heightShift', options.heightShift ?? 0, 0);
  const factor = rangeOf(name, 'zoom', options.zoom ?? 0, 1);
  const shearX = rangeOf(name, 'shearX', options.shearX ?? 0, 0);
  const shearY = rangeOf(name, 'shearY', options.shearY ?? 0, 0);
  if (factor[0] <= 0) throw new ArgumentError(name, `zoom must stay above 0 but begins at ${factor[0]}`);

  return defineTransform(name, options, (image: Image, random: Random) => {
    const pixels = pixelsOf(name, image);
    const { height, width, channels } = pixels;
    const matrix = affineMatrix(pixels, {
      degrees: random.uniform(...rotation),
      right: random.uniform(...widthShift) * width,
      down: random.uniform(...heightShift) * height,
      zoomX: random.uniform(...factor),
      zoomY: random.uniform(...factor),
      shearX: random.uniform(...shearX),
      shearY: random.uniform(...shearY),
    });
    return imageOf(warp(pixels, matrix, fillMode, fillValue), height, width, channels);
  });
}

/** Where the result's pixel (x, y) comes from: (a x + b y + c, d x + e y + f). */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

interface Movement {
  readonly degrees: number;
  /** In pixels. */
  readonly right: number;
  readonly down: number;
  readonly zoomX: number;
  readonly zoomY: number;
  readonly shearX: number;
  readonly shearY: number;
}

/** source = centre + R H (Z (target - centre) - shift), with y downwards; H shears. */
function affineMatrix(size: Pixels, movement: Movement): Matrix {
  const { degrees, right, down, zoomX, zoomY, shearX, shearY } = movement;
  const cos = snap(Math.cos((degrees * Math.PI) / 180));
  const sin = snap(Math.sin((degrees * Math.PI) / 180));
  const centreX = (size.width - 1) / 2;
  const centreY = (size.height - 1) / 2;
  const u = -zoomX * centreX - right;
  const v = -zoomY * centreY - down;
  // the pixel on the left comes from where the image moves to the right
  const [xx, xy] = [cos + sin * shearY, -cos * shearX - sin];
  const [yx, yy] = [sin - cos * shearY, cos - sin * shearX];
  return [xx * zoomX, xy * zoomY, centreX + xx * u + xy * v, yx * zoomX, yy * zoomY, centreY + yx * u + yy * v];
}

/** Quarter turns are exact, though pi is not. */
function snap(x: number): number {
  return Math.abs(x - Math.round(x)) < 1e-15 ? Math.round(x) : x;
}

function warp(pixels: Pixels, matrix: Matrix, fillMode: FillMode, fillValue: number): Float32Array {
  const { height, width, channels } = pixels;
  // one pixel around the image is all that can be seen of what lies outside, once positions are brought near it
  const border = { top: 1, bottom: 1, left: 1, right: 1 };
  const size = (height + 2) * (width + 2) * channels;
  const source = padInto(new Float32Array(size), pixels, border, fillMode, fillValue);
  const line = (width + 2) * channels;
  const result = new Float32Array(height * width * channels);
  const reflected = fillMode === 'reflect';
  const [a, b, c, d, e, f] = matrix;
  let target = 0;
  for (let y = 0; y < height; y++) {
    const rowX = b * y + c;
    const rowY = e * y + f;
    for (let x = 0; x < width; x++) {
      let sourceX = a * x + rowX;
      let sourceY = d * x + rowY;
      if (reflected) {
        sourceX = reflect(sourceX, width);
        sourceY = reflect(sourceY, height);
      }
      // counted from the border
      sourceX = sourceX < -1 ? 0 : sourceX > width ? width + 1 : sourceX + 1;
      sourceY = sourceY < -1 ? 0 : sourceY > height ? height + 1 : sourceY + 1;
      const left = Math.min(sourceX | 0, width);
      const top = Math.min(sourceY | 0, height);
      const right = sourceX - left;
      const down = sourceY - top;
      let i = top * line + left * channels;
      for (let channel = 0; channel < channels; channel++, i++) {
        const topLeft = source[i] as number;
        const bottomLeft = source[i + line] as number;
        const above = topLeft + ((source[i + channels] as number) - topLeft) * right;
        const below = bottomLeft + ((source[i + line + channels] as number) - bottomLeft) * right;
        result[target++] = above + (below - above) * down;
      }
    }
  }
  return result;
}

/** A position outside of the image as the one inside that its mirror images (d c b a | a b c d | d c b a) show there. */
function reflect(position: number, size: number): number {
  const fromEdge = position + 0.5;
  const within = fromEdge - Math.floor(fromEdge / (2 * size)) * 2 * size;
  return (within < size ? within : 2 * size - within) - 0.5;
}
