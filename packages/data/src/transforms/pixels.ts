/** @file Images as inner loops see them: an array of numbers with sizes and strides. */
import { ArgumentError, checkFinite, checkInteger, ShapeError } from '@fer/core';
import ndarray from 'ndarray';
import type { Image } from '../image.ts';
import { checkPair } from './define.ts';

export type PixelData = Uint8Array | Float32Array;
type OwnPixelData = Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** The parts of an image, which may be any strided view: flipped, cropped, or one channel seen three times. */
export interface Pixels {
  readonly data: PixelData;
  readonly offset: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly rowStride: number;
  readonly columnStride: number;
  readonly channelStride: number;
}

export function pixelsOf(operator: string, image: Image): Pixels {
  const [height = 0, width = 0, channels = 0] = image.shape;
  if (image.dimension !== 3 || height < 1 || width < 1 || channels < 1) {
    throw new ShapeError(operator, `image must be [height,width,channels] but is [${image.shape}]`);
  }
  const [rowStride = 0, columnStride = 0, channelStride = 0] = image.stride;
  return { data: image.data, offset: image.offset, height, width, channels, rowStride, columnStride, channelStride };
}

/** Channels last and rows first, without gaps. */
export function imageOf(data: PixelData, height: number, width: number, channels: number): Image {
  return ndarray(data, [height, width, channels]);
}

/** An array of the same kind. */
export function allocateLike(data: PixelData, length: number): OwnPixelData {
  return data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
}

/** The pixels in an array of their own, without gaps. */
export function copyPixels(pixels: Pixels): OwnPixelData {
  return copyInto(allocateLike(pixels.data, pixels.height * pixels.width * pixels.channels), pixels);
}

/** The pixels as floats without gaps; not a copy if they are that already. Inner loops are fastest on one kind of array. */
export function floatsOf(pixels: Pixels): Float32Array {
  const { data, offset, height, width, channels } = pixels;
  const length = height * width * channels;
  if (data instanceof Float32Array && isDense(pixels)) return data.subarray(offset, offset + length);
  return copyInto(new Float32Array(length), pixels);
}

function isDense({ width, channels, rowStride, columnStride, channelStride }: Pixels): boolean {
  return (channels === 1 || channelStride === 1) && columnStride === channels && rowStride === width * channels;
}

/** No pixel is darker, but for what interpolation rounds. */
const BLACK = -0.01;

/**
 * Pixels from 0 to 255, of transforms that would cut off what lies outside.
 * @throws ArgumentError for negative ones, which were normalised
 */
export function unscaledPixelsOf(operator: string, image: Image): Pixels {
  const pixels = pixelsOf(operator, image);
  const negative = pixels.data instanceof Float32Array ? floatsOf(pixels).find((value) => value < BLACK) : undefined;
  if (negative === undefined) return pixels;
  const place = 'normalise images after they are augmented';
  throw new ArgumentError(operator, `pixels must be from 0 to 255 but one is ${negative}: ${place}`);
}

/** Writes the pixels into an array of their number, without gaps. */
export function copyInto<D extends PixelData | Uint8ClampedArray>(target: D, pixels: Pixels): D {
  const { data, offset, height, width, channels, rowStride, columnStride, channelStride } = pixels;
  if (isDense(pixels)) {
    target.set(data.subarray(offset, offset + target.length));
    return target;
  }
  let i = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let source = offset + y * rowStride + x * columnStride;
      for (let c = 0; c < channels; c++, source += channelStride) target[i++] = data[source] as number;
    }
  }
  return target;
}

/** In pixels: configurations come from files, and what they ask for must fit into memory. */
export const MAX_SIDE = 2 ** 14;

/** [height, width], or one number for both. */
export type Size = number | readonly [height: number, width: number];

export function sizeOf(operator: string, size: Size): readonly [height: number, width: number] {
  const sides = typeof size === 'number' ? [size, size] : size;
  checkPair(operator, 'size', sides);
  const [height, width] = sides;
  checkInteger(operator, 'size[0]', height, 1, MAX_SIDE);
  checkInteger(operator, 'size[1]', width, 1, MAX_SIDE);
  return [height, width];
}

/** Refuses a value that a pixel cannot take: bytes hold integers from 0 to 255. */
export function checkPixelValue(operator: string, name: string, value: number, data: PixelData): void {
  checkFinite(operator, name, value);
  if (data instanceof Uint8Array && (!Number.isInteger(value) || value < 0 || value > 255)) {
    throw new ArgumentError(operator, `${name} must be an integer from 0 to 255 in an image of bytes but is ${value}`);
  }
}
