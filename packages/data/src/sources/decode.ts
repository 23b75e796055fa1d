/** @file Image files, whatever their format. */
import { ArgumentError, checkInteger, FerError } from '@fer/core';
import ndarray from 'ndarray';
import { DataError } from '../errors.ts';
import type { Image } from '../image.ts';
import { randomFor } from '../pipeline/random.ts';
import { grayscaleToRGB, resize, type Size, toGrayscale } from '../transforms/index.ts';
import { copyInto, pixelsOf, sizeOf } from '../transforms/pixels.ts';
import { decodeJpeg, JPEG_SIGNATURE } from './jpeg.ts';
import { decodePng, PNG_SIGNATURE } from './png.ts';

export interface DecodeOptions {
  /** 1 for gray (luma, ITU-R BT.601), 3 for RGB; as in the file unless given. */
  readonly channels?: 1 | 3;
  /** Resized to this ('area': nothing is left out where it shrinks), rounded to bytes; as in the file unless given. */
  readonly size?: Size;
  /** Larger images are refused before they are decoded: 2^26, which the largest telephones' photographs have, unless given. */
  readonly maxPixels?: number;
}

const MAX_PIXELS = 2 ** 26;

/**
 * A PNG or JPEG file's image as bytes: [height, width, 1] if it is gray, else [height, width, 3]. 16 bits are rounded to
 * 8; alpha is left out, as by Pillow's convert('RGB'). A JPEG is turned as its EXIF data say.
 * @throws DataError if it is damaged, too large or of another format; ArgumentError; BackendError for PNG in browsers.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Image> {
  checkDecodeOptions('decodeImage', options);
  const { maxPixels = MAX_PIXELS } = options;
  const decode = startsWith(bytes, PNG_SIGNATURE)
    ? decodePng
    : startsWith(bytes, JPEG_SIGNATURE)
      ? decodeJpeg
      : undefined;
  if (!decode) throw new DataError('decodeImage', 'neither PNG nor JPEG');
  const image = await decode(bytes, maxPixels).catch((error) => {
    if (error instanceof FerError) throw error;
    throw new DataError('decodeImage', error instanceof Error ? error.message : String(error));
  });
  return convert(image, options);
}

/** @throws ArgumentError for options with which no image can be decoded */
export function checkDecodeOptions(operator: string, { channels, size, maxPixels }: DecodeOptions): void {
  if (![undefined, 1, 3].includes(channels))
    throw new ArgumentError(operator, `channels must be 1 or 3 but is ${channels}`);
  if (size !== undefined) sizeOf(operator, size);
  if (maxPixels !== undefined) checkInteger(operator, 'maxPixels', maxPixels, 1);
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/** To the number of channels and the size wanted, in bytes. */
function convert(image: Image, { channels, size }: DecodeOptions): Image {
  let converted = image;
  const random = randomFor(0); // which none of these draws from
  if (channels === 1) converted = toGrayscale()(converted, random);
  if (channels === 3 && image.shape[2] === 1) converted = grayscaleToRGB()(converted, random);
  if (size !== undefined) converted = resize({ size, interpolation: 'area' })(converted, random);
  if (converted === image) return image;
  const rounded = copyInto(new Uint8ClampedArray(converted.size), pixelsOf('decodeImage', converted));
  return ndarray(new Uint8Array(rounded.buffer), converted.shape);
}
