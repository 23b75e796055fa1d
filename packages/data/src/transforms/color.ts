/** @file Channels, brightness and contrast, and the scale of pixels. All but grayscaleToRGB give float32. */
import { ArgumentError, checkFinite, ShapeError } from '@fer/core';
import ndarray from 'ndarray';
import type { Image, Transform } from '../image.ts';
import { defineTransform, type Range, rangeOf } from './define.ts';
import { floatsOf, imageOf, type Pixels, pixelsOf, unscaledPixelsOf } from './pixels.ts';

/** [H, W, 1] seen as [H, W, 3], as a view: its three channels share their memory. */
export function grayscaleToRGB(): Transform {
  return defineTransform('grayscaleToRGB', {}, (image) => {
    const { data, offset, height, width, channels, rowStride, columnStride } = pixelsOf('grayscaleToRGB', image);
    if (channels !== 1) throw new ShapeError('grayscaleToRGB', `image must have 1 channel but is [${image.shape}]`);
    return ndarray(data, [height, width, 3], [rowStride, columnStride, 0], offset);
  });
}

/** [H, W, 3] to its luma [H, W, 1] (ITU-R BT.601). An image of one channel stays as it is. */
export function toGrayscale(): Transform {
  return defineTransform('toGrayscale', {}, (image) => {
    const pixels = pixelsOf('toGrayscale', image);
    return pixels.channels === 1 ? image : imageOf(luma('toGrayscale', pixels), pixels.height, pixels.width, 1);
  });
}

function luma(operator: string, pixels: Pixels): Float32Array {
  const { height, width, channels } = pixels;
  if (channels !== 1 && channels !== 3) {
    throw new ShapeError(operator, `image must have 1 or 3 channels but is [${height},${width},${channels}]`);
  }
  const source = floatsOf(pixels);
  return channels === 1 ? source : lumaOf(source);
}

/** Of red, green and blue: ITU-R BT.601, as in Pillow, torchvision and TensorFlow. */
export function lumaOf(rgb: Float32Array): Float32Array {
  const gray = new Float32Array(rgb.length / 3);
  for (let target = 0, i = 0; target < gray.length; target++, i += 3)
    gray[target] = 0.299 * (rgb[i] as number) + 0.587 * (rgb[i + 1] as number) + 0.114 * (rgb[i + 2] as number);
  return gray;
}

export interface RescaleOptions {
  /** 1 / 255 unless given. */
  readonly scale?: number;
  /** 0 unless given. */
  readonly offset?: number;
}

/** pixel * scale + offset (Keras' Rescaling). */
export function rescale(options: RescaleOptions = {}): Transform {
  const { scale = 1 / 255, offset = 0 } = options;
  checkFinite('rescale', 'scale', scale);
  checkFinite('rescale', 'offset', offset);
  return defineTransform('rescale', options, (image) =>
    linear(pixelsOf('rescale', image), { factor: [scale], lift: offset }),
  );
}

export interface NormaliseOptions {
  /** For all channels, or for each. */
  readonly mean: number | readonly number[];
  readonly deviation: number | readonly number[];
}

/** (pixel - mean) / deviation (torchvision's Normalize). */
export function normalise(options: NormaliseOptions): Transform {
  const mean = [options.mean].flat();
  const deviation = [options.deviation].flat();
  for (const value of mean) checkFinite('normalise', 'mean', value);
  for (const value of deviation) {
    checkFinite('normalise', 'deviation', value);
    if (value <= 0) throw new ArgumentError('normalise', `deviation must be above 0 but is ${value}`);
  }
  const factor = deviation.map((value) => 1 / value);
  return defineTransform('normalise', options, (image) => {
    const pixels = pixelsOf('normalise', image);
    for (const [name, values] of Object.entries({ mean, deviation })) {
      if (values.length !== 1 && values.length !== pixels.channels) {
        throw new ShapeError('normalise', `${name} has ${values.length} values but the image is [${image.shape}]`);
      }
    }
    return linear(pixels, { centre: mean, factor });
  });
}

export interface BrightnessOptions {
  /** What pixels are multiplied with; a number r means [1 - r, 1 + r]. */
  readonly factor: Range;
}

/**
 * Every pixel times a random factor, cut off at 0 and 255: for images not scaled yet (torchvision's ColorJitter).
 */
export function brightness(options: BrightnessOptions): Transform {
  const range = factorRange('brightness', options.factor);
  return defineTransform('brightness', options, (image, random) =>
    linear(unscaledPixelsOf('brightness', image), { factor: [random.uniform(...range)], minimum: 0, maximum: 255 }),
  );
}

export interface ContrastOptions {
  /** What distances from the mean are multiplied with; a number r means [1 - r, 1 + r]. */
  readonly factor: Range;
}

/**
 * Every pixel's distance from the mean luma times a random factor, cut off at 0 and 255: for images not scaled yet
 * (torchvision's ColorJitter).
 */
export function contrast(options: ContrastOptions): Transform {
  const range = factorRange('contrast', options.factor);
  return defineTransform('contrast', options, (image, random) => {
    const pixels = unscaledPixelsOf('contrast', image);
    const gray = luma('contrast', pixels);
    let sum = 0;
    for (let i = 0; i < gray.length; i++) sum += gray[i] as number;
    const mean = sum / gray.length;
    return linear(pixels, {
      centre: [mean],
      factor: [random.uniform(...range)],
      lift: mean,
      minimum: 0,
      maximum: 255,
    });
  });
}

function factorRange(operator: string, factor: Range): readonly [number, number] {
  const range = rangeOf(operator, 'factor', factor, 1);
  if (range[0] < 0) throw new ArgumentError(operator, `factor must not be below 0 but begins at ${range[0]}`);
  return range;
}

interface Linear {
  /** For all channels, or for each; 0 unless given. */
  readonly centre?: readonly number[];
  readonly factor: readonly number[];
  readonly lift?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** (pixel - centre) * factor + lift, no less than minimum and no more than maximum. */
function linear(
  pixels: Pixels,
  { centre = [0], factor, lift = 0, minimum = -Infinity, maximum = Infinity }: Linear,
): Image {
  const { height, width, channels } = pixels;
  const source = floatsOf(pixels);
  const result = new Float32Array(source.length);
  for (let c = 0; c < channels; c++) {
    const from = centre[c % centre.length] as number;
    const times = factor[c % factor.length] as number;
    for (let i = c; i < source.length; i += channels) {
      const value = ((source[i] as number) - from) * times + lift;
      result[i] = value < minimum ? minimum : value > maximum ? maximum : value;
    }
  }
  return imageOf(result, height, width, channels);
}
