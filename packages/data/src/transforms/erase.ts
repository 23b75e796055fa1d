/** @file Rectangles that are painted over. */
import { ArgumentError, checkFinite, checkInteger, checkRange, type Random } from '@fer/core';
import type { Image, Transform } from '../image.ts';
import { defineTransform, type Range, rangeOf } from './define.ts';
import { checkPixelValue, copyPixels, imageOf, pixelsOf } from './pixels.ts';

export interface RandomErasingOptions {
  /** 0.5 unless given. */
  readonly probability?: number;
  /** The rectangle's part in the image's area, [0.02, 0.33] unless given. */
  readonly area?: readonly [minimum: number, maximum: number];
  /** Its height by its width, [0.3, 3.3] unless given. */
  readonly aspect?: readonly [minimum: number, maximum: number];
  /** What it is painted with, 0 unless given. */
  readonly value?: number;
}

/** A rectangle is sought this often; if none fits, the image stays as it is (torchvision). */
const ATTEMPTS = 10;

/**
 * A rectangle of random area, aspect and place painted over, with a probability (Zhong et al. 2020, "Random Erasing Data
 * Augmentation"; the defaults and the logarithmic aspect are torchvision's).
 */
export function randomErasing(options: RandomErasingOptions = {}): Transform {
  const { probability = 0.5, value = 0 } = options;
  checkRange('randomErasing', 'probability', probability, 0, 1);
  checkFinite('randomErasing', 'value', value);
  const area = rangeOf('randomErasing', 'area', options.area ?? [0.02, 0.33], 0);
  const aspect = rangeOf('randomErasing', 'aspect', options.aspect ?? [0.3, 3.3], 1);
  checkRange('randomErasing', 'area[0]', area[0], 0, 1);
  checkRange('randomErasing', 'area[1]', area[1], 0, 1);
  if (aspect[0] <= 0) throw new ArgumentError('randomErasing', `aspect must be above 0 but begins at ${aspect[0]}`);
  return defineTransform('randomErasing', options, (image, random) => {
    if (random.uniform() >= probability) return image;
    const { height, width } = pixelsOf('randomErasing', image);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const pixels = random.uniform(...area) * height * width;
      const ratio = Math.exp(random.uniform(Math.log(aspect[0]), Math.log(aspect[1])));
      const rows = Math.round(Math.sqrt(pixels * ratio));
      const columns = Math.round(Math.sqrt(pixels / ratio));
      if (rows < height && columns < width) {
        const [top, left] = [random.integer(height - rows + 1), random.integer(width - columns + 1)];
        return paint('randomErasing', image, { top, left, bottom: top + rows, right: left + columns }, value);
      }
    }
    return image;
  });
}

export interface CutoutOptions {
  /** The square's side in pixels: a number, or [smallest, largest] to draw from. */
  readonly size: number | readonly [minimum: number, maximum: number];
  /** What it is painted with, 0 unless given. */
  readonly value?: number;
}

/**
 * A square painted over. Its centre may be any pixel, so that parts of it may lie outside (DeVries & Taylor 2017,
 * "Improved Regularization of Convolutional Neural Networks with Cutout").
 */
export function cutout(options: CutoutOptions): Transform {
  const { value = 0 } = options;
  const [smallest, largest] = integerRange('cutout', 'size', options.size);
  checkFinite('cutout', 'value', value);
  return defineTransform('cutout', options, (image, random: Random) => {
    const { height, width } = pixelsOf('cutout', image);
    const side = smallest + random.integer(largest - smallest + 1);
    const top = random.integer(height) - Math.floor(side / 2);
    const left = random.integer(width) - Math.floor(side / 2);
    return paint('cutout', image, { top, left, bottom: top + side, right: left + side }, value);
  });
}

function integerRange(operator: string, name: string, range: Range): readonly [number, number] {
  const [minimum, maximum] = rangeOf(operator, name, typeof range === 'number' ? [range, range] : range, 0);
  checkInteger(operator, name, minimum, 1);
  checkInteger(operator, name, maximum, 1);
  return [minimum, maximum];
}

interface Box {
  readonly top: number;
  readonly left: number;
  /** The first row and column behind it. */
  readonly bottom: number;
  readonly right: number;
}

/** A copy with the box, as far as it lies inside, painted over. */
function paint(operator: string, image: Image, box: Box, value: number): Image {
  const pixels = pixelsOf(operator, image);
  const { height, width, channels } = pixels;
  checkPixelValue(operator, 'value', value, pixels.data);
  const copy = copyPixels(pixels);
  const [left, right] = [Math.max(box.left, 0), Math.min(box.right, width)];
  for (let y = Math.max(box.top, 0); y < Math.min(box.bottom, height); y++) {
    copy.fill(value, (y * width + left) * channels, (y * width + right) * channels);
  }
  return imageOf(copy, height, width, channels);
}
