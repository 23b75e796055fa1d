/** @file Images that are in memory already. */
import { ArgumentError, ShapeError } from '@fer/core';
import ndarray, { type NdArray } from 'ndarray';
import { Dataset } from '../dataset.ts';
import type { Image } from '../image.ts';
import { floatsOf, pixelsOf } from '../transforms/pixels.ts';
import { FER2013_CLASSES } from './classes.ts';

export interface ArraysOptions {
  /** The names of the labels; FER2013's unless given. */
  readonly classes?: readonly string[];
}

/**
 * A data set of arrays. It keeps views of them if they hold bytes or float32, otherwise a copy.
 * @param images [N, H, W] or [N, H, W, C], pixels from 0 to 255
 * @param labels [N], indices into the classes
 * @throws ShapeError if the shapes are others, ArgumentError for other pixels or labels.
 */
export function fromArrays(images: NdArray, labels: NdArray | ArrayLike<number>, options: ArraysOptions = {}): Dataset {
  const { classes = FER2013_CLASSES } = options;
  const { dimension, shape, stride, offset } = images;
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  const [step = 0, rowStride = 0, columnStride = 0, channelStride = 1] = stride;
  if (![3, 4].includes(dimension) || images.size === 0)
    throw new ShapeError('fromArrays', `images must be [N,H,W] or [N,H,W,C] but are [${shape}]`);
  const values = labelsOf(labels);
  if (values.length !== count)
    throw new ShapeError('fromArrays', `there are ${values.length} labels for ${count} images`);
  const data = pixelData(images.data as ArrayLike<number>);
  const items = values.map((label, i) => {
    const strides = [rowStride, columnStride, channelStride];
    const image: Image = ndarray(data, [height, width, channels], strides, offset + i * step);
    checkPixels(image, i);
    return { image, label };
  });
  checkScale('fromArrays', data);
  return new Dataset({ classes, items });
}

function labelsOf(labels: NdArray | ArrayLike<number>): number[] {
  if (!('stride' in labels)) return Array.from(labels);
  if (labels.dimension !== 1) throw new ShapeError('fromArrays', `labels must be [N] but are [${labels.shape}]`);
  return Array.from({ length: labels.size }, (_, i) => labels.get(i));
}

function pixelData(data: ArrayLike<number>): Uint8Array | Float32Array {
  if (data instanceof Uint8Array || data instanceof Float32Array) return data;
  const floats = Float32Array.from(data);
  return floats.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)
    ? Uint8Array.from(floats)
    : floats;
}

/** Pixels from 0 to 1 would be taken for black. @throws ArgumentError */
export function checkScale(operator: string, data: Uint8Array | Float32Array): void {
  if (data instanceof Uint8Array || data.some((value) => value > 1) || data.every(Number.isInteger)) return;
  throw new ArgumentError(operator, 'pixels must be from 0 to 255 but all are at most 1: multiply them by 255');
}

function checkPixels(image: Image, index: number): void {
  if (image.data instanceof Uint8Array) return;
  const wrong = floatsOf(pixelsOf('fromArrays', image)).find((value) => !(value >= 0 && value <= 255));
  if (wrong !== undefined)
    throw new ArgumentError('fromArrays', `pixels must be from 0 to 255 but one of image ${index} is ${wrong}`);
}
