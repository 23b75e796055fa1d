/** @file What a data set is made of: images, their labels, and functions from image to image. */
import type { Random } from '@fer/core';
import type { NdArray } from 'ndarray';

/** One image: [height, width, channels], pixels from 0 to 255 as bytes or floats until a transform scales them. */
export type Image = NdArray<Uint8Array | Float32Array>;

/** An image with its label, an index into the classes of its data set. */
export interface Sample {
  readonly image: Image;
  readonly label: number;
}

/** A pure function of an image and a generator of random numbers. The image that comes in is not changed. */
export interface Transform {
  (image: Image, random: Random): Image;
  /** What it was made from, so that it can be written into a recipe and made again in a worker. */
  readonly config: TransformConfig;
}

export interface TransformConfig {
  /** The name of the function that makes it. */
  readonly name: string;
  /** That function's argument: plain JSON. */
  readonly options: Readonly<Record<string, unknown>>;
}
