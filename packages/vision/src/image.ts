/** @file What a detector looks at: images of bytes, and their gray values. */
import { ArgumentError, checkNdArray, DTypeError, ShapeError } from '@fer/core';

/**
 * An image of bytes [height, width, channels] with 1 channel (gray), 3 (red, green, blue) or 4 (alpha, which is ignored).
 * Any ndarray is one, and so is any strided view; a camera's frame is `ndarray(imageData.data, [height, width, 4])`.
 */
export interface ByteImage {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** A gray image [height, width] without gaps. */
export interface GrayImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The gray values of an image. @throws ShapeError, DTypeError */
export function toGray(operator: string, image: ByteImage): GrayImage {
  checkImage(operator, image);
  const [height = 0, width = 0, channels = 0] = image.shape;
  const data = new Uint8Array(height * width);
  if (channels === 1) copyChannel(data, image, height, width);
  else weighColors(data, image, height, width);
  return { data, width, height };
}

function checkImage(operator: string, image: ByteImage): void {
  if (typeof image !== 'object' || image === null || !Array.isArray(image.shape) || !Array.isArray(image.stride))
    throw new ArgumentError(operator, 'image must be an ndarray');
  const { data, shape } = image;
  const [height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 3 || height < 1 || width < 1 || ![1, 3, 4].includes(channels))
    throw new ShapeError(operator, `image must be [height,width,1 or 3 or 4] but is [${shape}]`);
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray))
    throw new DTypeError(operator, `image must hold bytes but holds ${data?.constructor?.name}`);
  checkNdArray(operator, 'pixels', image);
}

function copyChannel(gray: Uint8Array, { data, stride, offset }: ByteImage, height: number, width: number): void {
  const [rowStride = 0, columnStride = 0] = stride;
  for (let y = 0, target = 0; y < height; y++) {
    for (let x = 0, source = offset + y * rowStride; x < width; x++, source += columnStride)
      gray[target++] = data[source] as number;
  }
}

/** 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) in 15 bits, rounded: OpenCV's COLOR_RGB2GRAY, bit for bit. */
function weighColors(gray: Uint8Array, { data, stride, offset }: ByteImage, height: number, width: number): void {
  const [rowStride = 0, columnStride = 0, channelStride = 0] = stride;
  for (let y = 0, target = 0; y < height; y++) {
    for (let x = 0, source = offset + y * rowStride; x < width; x++, source += columnStride) {
      const red = data[source] as number;
      const green = data[source + channelStride] as number;
      const blue = data[source + 2 * channelStride] as number;
      gray[target++] = (9798 * red + 19235 * green + 3735 * blue + 16384) >> 15;
    }
  }
}
