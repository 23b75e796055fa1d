/** @file Transforms: pure functions from image to image. */
export { type AffineOptions, affine, rotate, shift, zoom } from './affine.ts';
export type { FillOptions } from './border.ts';
export {
  type BrightnessOptions,
  brightness,
  type ContrastOptions,
  contrast,
  grayscaleToRGB,
  type NormaliseOptions,
  normalise,
  type RescaleOptions,
  rescale,
  toGrayscale,
} from './color.ts';
export { compose, type RandomApplyOptions, randomApply } from './compose.ts';
export {
  type CropOptions,
  centerCrop,
  type FlipOptions,
  flip,
  type PadOptions,
  pad,
  randomCrop,
  tenCrop,
} from './crop.ts';
export type { Range } from './define.ts';
export { type CutoutOptions, cutout, type RandomErasingOptions, randomErasing } from './erase.ts';
export { transformFromConfig } from './from-config.ts';
export type { Size } from './pixels.ts';
export { type RandAugmentOptions, randAugment } from './rand-augment.ts';
export { type DegradeOptions, degrade, type ResizeInterpolation, type ResizeOptions, resize } from './resize.ts';
export {
  autoContrast,
  equalize,
  type PosterizeOptions,
  posterize,
  type SharpnessOptions,
  type SolarizeOptions,
  sharpness,
  solarize,
} from './tones.ts';
