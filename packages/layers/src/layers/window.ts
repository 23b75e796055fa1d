/** @file The geometry of layers that work on images. */
import {
  type Padding,
  type Pair,
  pair,
  type Shape,
  ShapeError,
  type Window2d,
  type WindowOptions,
  window2d,
} from '@fer/core';

export interface WindowLayerOptions {
  readonly kernelSize: Pair;
  /** 1 unless given. */
  readonly strides?: Pair;
  /** 'valid' unless given. */
  readonly padding?: Padding;
  /** 1 unless given. */
  readonly dilationRate?: Pair;
}

/** The same in the operators' terms: a new object, to assign more options to, as engines are slow to spread objects. */
export function windowOptions({
  strides = 1,
  padding = 'valid',
  dilationRate = 1,
}: Partial<WindowLayerOptions>): WindowOptions {
  return { strides, padding, dilation: dilationRate };
}

/** How the window slides over one image [H, W, C]. @throws ShapeError if it does not fit */
export function windowOn(label: string, inputShape: Shape, options: WindowLayerOptions, outChannels: number): Window2d {
  const image = imageShape(label, inputShape);
  const [kernelHeight, kernelWidth] = pair(label, 'kernelSize', options.kernelSize);
  pair(label, 'dilationRate', options.dilationRate ?? 1); // which operators know by another name
  return window2d(label, { shape: [1, ...image] }, { kernelHeight, kernelWidth, outChannels }, windowOptions(options));
}

/** The same for each channel by itself. */
export function depthwiseWindowOn(
  label: string,
  inputShape: Shape,
  options: WindowLayerOptions & { readonly depthMultiplier?: number },
): Window2d {
  const [, , channels] = imageShape(label, inputShape);
  return windowOn(label, inputShape, options, channels * (options.depthMultiplier ?? 1));
}

/** The shape, if it is an image's. @throws ShapeError */
export function imageShape(label: string, shape: Shape): [height: number, width: number, channels: number] {
  if (shape.length !== 3) throw new ShapeError(label, `expected images [H,W,C] but got [${shape}]`);
  return [...shape] as [number, number, number];
}
