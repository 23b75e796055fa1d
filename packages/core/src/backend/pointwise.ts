/** @file Which convolutions are products of matrices: each pixel by the filter. */
import type { Window2d } from './backend.ts';

export function isPointwise(window: Window2d): boolean {
  const { inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth } = window;
  const isOneTap = kernelHeight === 1 && kernelWidth === 1 && window.strideY === 1 && window.strideX === 1;
  return isOneTap && outHeight === inHeight && outWidth === inWidth && window.padTop === 0 && window.padLeft === 0;
}
