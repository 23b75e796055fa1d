/** @file Transforms made again from their configuration, as recipes hold it and workers receive it. */
import { ArgumentError } from '@fer/core';
import type { Transform, TransformConfig } from '../image.ts';
import { affine, rotate, shift, zoom } from './affine.ts';
import { brightness, contrast, grayscaleToRGB, normalise, rescale, toGrayscale } from './color.ts';
import { compose, randomApply } from './compose.ts';
import { centerCrop, flip, pad, randomCrop } from './crop.ts';
import { cutout, randomErasing } from './erase.ts';
import { randAugment } from './rand-augment.ts';
import { degrade, resize } from './resize.ts';
import { autoContrast, equalize, posterize, sharpness, solarize } from './tones.ts';

type Options = TransformConfig['options'];

/** What makes a transform of its options, and the names of those. The functions check the values. */
type Row = readonly [make: (options: never) => Transform, ...names: string[]];

const fill = ['fillMode', 'fillValue'];
const rows: Readonly<Record<string, Row>> = {
  affine: [affine, 'rotation', 'widthShift', 'heightShift', 'zoom', 'shearX', 'shearY', ...fill],
  autoContrast: [autoContrast],
  brightness: [brightness, 'factor'],
  centerCrop: [centerCrop, 'size'],
  compose: [({ transforms }: { transforms: TransformConfig[] }) => composeConfigs(transforms), 'transforms'],
  contrast: [contrast, 'factor'],
  cutout: [cutout, 'size', 'value'],
  degrade: [degrade, 'size'],
  equalize: [equalize],
  flip: [flip, 'probability'],
  grayscaleToRGB: [grayscaleToRGB],
  normalise: [normalise, 'mean', 'deviation'],
  pad: [pad, 'padding', ...fill],
  posterize: [posterize, 'bits'],
  randAugment: [randAugment, 'count', 'magnitude', ...fill],
  randomApply: [
    ({ transform, ...options }: { transform: TransformConfig }) => randomApply(transformFromConfig(transform), options),
    'transform',
    'probability',
  ],
  randomCrop: [randomCrop, 'size'],
  randomErasing: [randomErasing, 'probability', 'area', 'aspect', 'value'],
  rescale: [rescale, 'scale', 'offset'],
  resize: [resize, 'size', 'interpolation'],
  rotate: [rotate, 'rotation', ...fill],
  sharpness: [sharpness, 'factor'],
  shift: [shift, 'widthShift', 'heightShift', ...fill],
  solarize: [solarize, 'threshold'],
  toGrayscale: [toGrayscale],
  zoom: [zoom, 'zoom', ...fill],
};

/**
 * The transform that has this configuration.
 * @throws ArgumentError for a name or an option that does not exist, and for values that its function refuses.
 */
export function transformFromConfig(config: TransformConfig): Transform {
  const { name, options = {} } = config ?? {};
  const row = name !== undefined && Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (!row) throw new ArgumentError('transformFromConfig', `name must be one of ${Object.keys(rows)} but is ${name}`);
  const [make, ...names] = row;
  if (options === null || typeof options !== 'object')
    throw new ArgumentError(name, `options must be an object but are ${options}`);
  const unknown = Object.keys(options).find((option) => !names.includes(option));
  if (unknown) throw new ArgumentError(name, `there is no option ${unknown}, only ${names.join(', ') || 'none'}`);
  return (make as (options: Options) => Transform)(options);
}

function composeConfigs(transforms: unknown): Transform {
  if (!Array.isArray(transforms)) {
    throw new ArgumentError('compose', `transforms must be an array of configurations but is ${transforms}`);
  }
  return compose(...transforms.map(transformFromConfig));
}
