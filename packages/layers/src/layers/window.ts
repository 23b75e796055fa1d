/** @file The options of layers that slide a window over images. */
import {
  type Padding,
  type Pair,
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

/** The same in the operators' terms. */
export function windowOptions({
  strides = 1,
  padding = 'valid',
  dilationRate = 1,
}: Partial<WindowLayerOptions>): WindowOptions {
  return { strides, padding, dilation: dilationRate };
}

/** How the window slides over one image [H, W, C]. @throws ShapeError if it does not fit */
export function windowOn(label: string, inputShape: Shape, options: WindowLayerOptions, outChannels: number): Window2d {
  if (inputShape.length !== 3) throw new ShapeError(label, `expected images [H,W,C] but got [${inputShape}]`);
  const { kernelSize } = options;
  const [kernelHeight, kernelWidth] = typeof kernelSize === 'number' ? [kernelSize, kernelSize] : kernelSize;
  return window2d(
    label,
    { shape: [1, ...inputShape] },
    { kernelHeight, kernelWidth, outChannels },
    windowOptions(options),
  );
}
