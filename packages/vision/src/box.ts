/** @file Rectangles in an image. */

/** In pixels from the image's top left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An object that was found. */
export interface Detection extends Box {
  /** How many windows that were taken for the object it is the mean of: the more, the surer. */
  readonly neighbors: number;
}
