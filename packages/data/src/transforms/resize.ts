/** @file Images in another size. */
import { checkOneOf, ShapeError } from '@fer/core';
import type { Image, Transform } from '../image.ts';
import { defineTransform } from './define.ts';
import { allocateLike, floatsOf, imageOf, type Pixels, pixelsOf, type Size, sizeOf } from './pixels.ts';

/**
 * - 'bilinear': linear between pixel centres, TensorFlow 2's resize without antialiasing (half-pixel centres) and
 *   torchvision's with antialias=False. Pixels are float32.
 * - 'nearest': the pixel whose area the centre falls into (TensorFlow 2's, half-pixel centres). Pixels keep their type.
 * - 'area': where the image shrinks, the mean of all that a pixel covers, as a coarser sensor sees it (OpenCV's INTER_AREA);
 *   where it grows, bilinear. Pixels are float32.
 */
export type ResizeInterpolation = 'bilinear' | 'nearest' | 'area';

export interface ResizeOptions {
  /** [height, width], or one number for both. */
  readonly size: Size;
  /** 'bilinear' unless given. */
  readonly interpolation?: ResizeInterpolation;
}

/**
 * The image at another size, [height, width, channels as they are].
 * @throws ArgumentError for sizes that are no positive integers, and interpolations that do not exist
 */
export function resize(options: ResizeOptions): Transform {
  const { interpolation = 'bilinear' } = options;
  const [height, width] = sizeOf('resize', options.size);
  checkOneOf('resize', 'interpolation', interpolation, ['bilinear', 'nearest', 'area']);
  const resample = { bilinear, nearest, area }[interpolation];
  return defineTransform('resize', options, (image) => resample(pixelsOf('resize', image), height, width));
}

export interface DegradeOptions {
  /** The low resolution, [height, width] or one number for both. */
  readonly size: Size;
}

/**
 * The image as if taken at a low resolution: averaged down to it, then brought back to its size bilinearly. float32.
 * @throws ShapeError for images that are smaller than it
 */
export function degrade(options: DegradeOptions): Transform {
  const [height, width] = sizeOf('degrade', options.size);
  return defineTransform('degrade', options, (image) => {
    const pixels = pixelsOf('degrade', image);
    if (height > pixels.height || width > pixels.width)
      throw new ShapeError('degrade', `image [${image.shape}] must be at least [${height},${width}]`);
    return bilinear(pixelsOf('degrade', means(pixels, height, width)), pixels.height, pixels.width);
  });
}

/** The source pixels on both sides of each target's centre, and how far it is from the first. */
function linearTaps(inSize: number, outSize: number) {
  const first = new Int32Array(outSize);
  const second = new Int32Array(outSize);
  const distance = new Float64Array(outSize);
  for (let i = 0; i < outSize; i++) {
    // divided last, so that a centre on a centre stays there
    const place = Math.min(Math.max(((2 * i + 1) * inSize - outSize) / (2 * outSize), 0), inSize - 1);
    const whole = Math.floor(place);
    first[i] = whole;
    second[i] = Math.min(whole + 1, inSize - 1);
    distance[i] = place - whole;
  }
  return { first, second, distance };
}

type Taps = ReturnType<typeof linearTaps>;

/** Each source line is stretched once, then target lines are taken from between two of them. */
function bilinear(pixels: Pixels, height: number, width: number): Image {
  const { channels } = pixels;
  const source = floatsOf(pixels);
  const rows = linearTaps(pixels.height, height);
  const columns = linearTaps(pixels.width, width);
  const line = width * channels;
  const stretched = new Float64Array(pixels.height * line);
  for (let y = 0; y < pixels.height; y++) {
    stretchLine(source, y * pixels.width * channels, columns, channels, stretched, y * line);
  }
  const result = new Float32Array(height * line);
  for (let y = 0, target = 0; y < height; y++) {
    const above = (rows.first[y] as number) * line;
    const below = (rows.second[y] as number) * line;
    const down = rows.distance[y] as number;
    for (let i = 0; i < line; i++) {
      const upper = stretched[above + i] as number;
      result[target++] = upper + ((stretched[below + i] as number) - upper) * down;
    }
  }
  return imageOf(result, height, width, channels);
}

function stretchLine(
  source: Float32Array,
  from: number,
  { first, second, distance }: Taps,
  channels: number,
  result: Float64Array,
  to: number,
): void {
  let target = to;
  for (let x = 0; x < first.length; x++) {
    let left = from + (first[x] as number) * channels;
    let right = from + (second[x] as number) * channels;
    const across = distance[x] as number;
    for (let c = 0; c < channels; c++) {
      const value = source[left++] as number;
      result[target++] = value + ((source[right++] as number) - value) * across;
    }
  }
}

function nearest(pixels: Pixels, height: number, width: number): Image {
  const { data, offset, channels, rowStride, columnStride, channelStride } = pixels;
  const result = allocateLike(data, height * width * channels);
  let target = 0;
  for (let y = 0; y < height; y++) {
    const row = offset + Math.floor(((2 * y + 1) * pixels.height) / (2 * height)) * rowStride;
    for (let x = 0; x < width; x++) {
      let source = row + Math.floor(((2 * x + 1) * pixels.width) / (2 * width)) * columnStride;
      for (let c = 0; c < channels; c++, source += channelStride) result[target++] = data[source] as number;
    }
  }
  return imageOf(result, height, width, channels);
}

function area(pixels: Pixels, height: number, width: number): Image {
  const shrunk = means(pixels, Math.min(height, pixels.height), Math.min(width, pixels.width));
  const [rows, columns] = shrunk.shape;
  return rows === height && columns === width ? shrunk : bilinear(pixelsOf('resize', shrunk), height, width);
}

/**
 * Of what each pixel of a smaller image covers. Rows first, then columns: the mean over a rectangle is a mean of means.
 * float64, so that a flat image stays flat.
 */
function means(pixels: Pixels, height: number, width: number): Image {
  const { channels } = pixels;
  const source = floatsOf(pixels);
  const line = pixels.width * channels;
  const rows = new Float64Array(height * line);
  for (let y = 0; y < height; y++) {
    forEachCovered(y, pixels.height, height, (sourceY, weight) => {
      for (let x = 0, i = y * line, from = sourceY * line; x < line; x++, i++, from++) {
        rows[i] = (rows[i] as number) + weight * (source[from] as number);
      }
    });
  }
  const result = new Float64Array(height * width * channels);
  for (let x = 0; x < width; x++) {
    forEachCovered(x, pixels.width, width, (sourceX, weight) => {
      for (let y = 0; y < height; y++) {
        let i = (y * width + x) * channels;
        let from = y * line + sourceX * channels;
        for (let c = 0; c < channels; c++, i++, from++) {
          result[i] = (result[i] as number) + weight * (rows[from] as number);
        }
      }
    });
  }
  return imageOf(new Float32Array(result), height, width, channels);
}

/** The source pixels that target i covers, each with its part in the whole. */
function forEachCovered(
  i: number,
  inSize: number,
  outSize: number,
  visit: (source: number, weight: number) => void,
): void {
  // in units of 1 / outSize source pixels: whole numbers, so that no sliver is counted by rounding
  const [start, end] = [i * inSize, (i + 1) * inSize];
  for (let source = Math.floor(start / outSize); source * outSize < end; source++) {
    const covered = Math.min(end, (source + 1) * outSize) - Math.max(start, source * outSize);
    visit(source, covered / inSize);
  }
}
