/** @file Parts and mirror images, as strided views without copies; and padding. */
import { checkInteger, checkRange, type Random, ShapeError } from '@fer/core';
import ndarray from 'ndarray';
import type { Image, Transform } from '../image.ts';
import { type Border, checkFill, type FillOptions, padInto } from './border.ts';
import { checkPair, defineTransform } from './define.ts';
import { allocateLike, checkPixelValue, imageOf, MAX_SIDE, pixelsOf, type Size, sizeOf } from './pixels.ts';

export interface FlipOptions {
  /** 0.5 unless given. */
  readonly probability?: number;
}

/** The image mirrored left to right with a probability, as a view. */
export function flip(options: FlipOptions = {}): Transform {
  const { probability = 0.5 } = options;
  checkRange('flip', 'probability', probability, 0, 1);
  return defineTransform('flip', options, (image, random) => (random.uniform() < probability ? mirror(image) : image));
}

export interface CropOptions {
  /** [height, width], or one number for both. */
  readonly size: Size;
}

/** A part of the image, at a random place, as a view. */
export function randomCrop(options: CropOptions): Transform {
  const size = sizeOf('randomCrop', options.size);
  return defineTransform('randomCrop', options, (image, random: Random) => {
    const [down, right] = room('randomCrop', image, size);
    return crop(image, random.integer(down + 1), random.integer(right + 1), size);
  });
}

/** The middle of the image, as a view; the odd pixel is cut off below and at the right. */
export function centerCrop(options: CropOptions): Transform {
  const size = sizeOf('centerCrop', options.size);
  return defineTransform('centerCrop', options, (image) => {
    const [down, right] = room('centerCrop', image, size);
    return crop(image, Math.floor(down / 2), Math.floor(right / 2), size);
  });
}

/**
 * Ten views of an image: the upper left, upper right, lower left and lower right corner, the centre, and the same of its
 * mirror image (torchvision's TenCrop; Krizhevsky, Sutskever & Hinton 2012). They share the image's memory.
 * @param size [height, width], or one number for both.
 */
export function tenCrop(image: Image, size: Size): Image[] {
  const part = sizeOf('tenCrop', size);
  const [down, right] = room('tenCrop', image, part);
  return [image, mirror(image)].flatMap((side) => [
    crop(side, 0, 0, part),
    crop(side, 0, right, part),
    crop(side, down, 0, part),
    crop(side, down, right, part),
    crop(side, halfToEven(down), halfToEven(right), part),
  ]);
}

/** Python's round(n / 2), by which torchvision places the centre. */
function halfToEven(n: number): number {
  const half = Math.floor(n / 2);
  return n % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

type HeightWidth = readonly [height: number, width: number];

/** How far a part can be moved down and right. */
function room(operator: string, image: Image, [height, width]: HeightWidth): HeightWidth {
  const pixels = pixelsOf(operator, image);
  if (height > pixels.height || width > pixels.width) {
    throw new ShapeError(operator, `image [${image.shape}] must be at least [${height},${width}]`);
  }
  return [pixels.height - height, pixels.width - width];
}

function crop(image: Image, top: number, left: number, [height, width]: HeightWidth): Image {
  return image.lo(top, left, 0).hi(height, width, image.shape[2] as number);
}

function mirror(image: Image): Image {
  const { data, offset, width, columnStride } = pixelsOf('flip', image);
  const [rows = 0, , channels = 0] = image.stride;
  return ndarray(data, image.shape, [rows, -columnStride, channels], offset + (width - 1) * columnStride);
}

export interface PadOptions extends FillOptions {
  /** Pixels on every side, or [[top, bottom], [left, right]]. */
  readonly padding: number | readonly [readonly [top: number, bottom: number], readonly [left: number, right: number]];
}

/** The image with a border around it. */
export function pad(options: PadOptions): Transform {
  const { padding, fillMode = 'nearest', fillValue = 0 } = options;
  checkFill('pad', options);
  const border = borderOf(padding);
  return defineTransform('pad', options, (image) => {
    const pixels = pixelsOf('pad', image);
    const height = pixels.height + border.top + border.bottom;
    const width = pixels.width + border.left + border.right;
    if (fillMode === 'constant') checkPixelValue('pad', 'fillValue', fillValue, pixels.data);
    const result = allocateLike(pixels.data, height * width * pixels.channels);
    padInto(result, pixels, border, fillMode, fillValue);
    return imageOf(result, height, width, pixels.channels);
  });
}

function borderOf(padding: PadOptions['padding']): Border {
  const sides: Exclude<typeof padding, number> =
    typeof padding === 'number'
      ? [
          [padding, padding],
          [padding, padding],
        ]
      : padding;
  checkPair('pad', 'padding', sides);
  for (const side of sides) checkPair('pad', 'padding', side);
  for (const width of sides.flat()) checkInteger('pad', 'padding', width, 0, MAX_SIDE);
  const [[top, bottom], [left, right]] = sides;
  return { top, bottom, left, right };
}
