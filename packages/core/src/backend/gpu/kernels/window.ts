/** @file The geometry of convolutions as constants of kernels. */
import type { Window2d } from '../../backend.ts';

/** Where windows lie: what every kernel that slides one over images needs. */
export type WindowConstants = Pick<
  Window2d,
  | 'inHeight'
  | 'inWidth'
  | 'outHeight'
  | 'outWidth'
  | 'kernelHeight'
  | 'kernelWidth'
  | 'strideY'
  | 'strideX'
  | 'dilationY'
  | 'dilationX'
  | 'padTop'
  | 'padLeft'
>;

export function windowConstants(window: Window2d): WindowConstants {
  const { inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth } = window;
  const { strideY, strideX, dilationY, dilationX, padTop, padLeft } = window;
  return {
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    dilationY,
    dilationX,
    padTop,
    padLeft,
  };
}
