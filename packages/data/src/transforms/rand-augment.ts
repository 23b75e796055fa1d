/** @file RandAugment: Cubuk, Zoph, Shlens & Le 2020, "RandAugment: practical automated data augmentation with a reduced search space". */
import { checkInteger, checkRange } from '@fer/core';
import type { Image, Transform } from '../image.ts';
import { affine } from './affine.ts';
import { checkFill, type FillOptions } from './border.ts';
import { brightness, contrast } from './color.ts';
import { defineTransform } from './define.ts';
import { autoContrast, equalize, posterize, sharpness, solarize } from './tones.ts';

export interface RandAugmentOptions extends FillOptions {
  /** How many operations, drawn with replacement; 2 unless given. */
  readonly count?: number;
  /** How strong they are, from 0 to 30; 9 unless given. */
  readonly magnitude?: number;
}

const STRONGEST = 30;

/** An operation of a strength from 0 to 1. Those that go both ways get it with either sign. */
type Operation = (strength: number, fill: FillOptions) => Transform;

const factor = (strength: number) => ({ factor: [1 + 0.9 * strength, 1 + 0.9 * strength] as const });
const exactly = (value: number) => [value, value] as const;

/** With either sign. torchvision's ranges. */
const SIGNED: readonly Operation[] = [
  (s, fill) => affine({ shearX: exactly(0.3 * s), ...fill }),
  (s, fill) => affine({ shearY: exactly(0.3 * s), ...fill }),
  (s, fill) => affine({ widthShift: exactly((150 / 331) * s), ...fill }),
  (s, fill) => affine({ heightShift: exactly((150 / 331) * s), ...fill }),
  (s, fill) => affine({ rotation: exactly(30 * s), ...fill }),
  (s) => brightness(factor(s)),
  (s) => contrast(factor(s)),
  (s) => sharpness(factor(s)),
];

const UNSIGNED: readonly Operation[] = [
  (s) => posterize({ bits: 8 - Math.round(4 * s) }),
  (s) => solarize({ threshold: 255 * (1 - s) }),
  autoContrast,
  equalize,
];

/** All, and one that does nothing. */
const COUNT = SIGNED.length + UNSIGNED.length + 1;

/**
 * Some of thirteen operations, each as likely as the others, of one strength: shearing and shifting along both axes, turning,
 * brightness, contrast, sharpness, posterize, solarize, autoContrast, equalize, and none. Those and their ranges are
 * torchvision's, without the one for colours. For images not scaled yet.
 */
export function randAugment(options: RandAugmentOptions = {}): Transform {
  const { count = 2, magnitude = 9, fillMode = 'nearest', fillValue = 0 } = options;
  checkInteger('randAugment', 'count', count, 1);
  checkRange('randAugment', 'magnitude', magnitude, 0, STRONGEST);
  checkFill('randAugment', options);
  const strength = magnitude / STRONGEST;
  const fill = { fillMode, fillValue };
  const signed = SIGNED.map((operation) => [operation(strength, fill), operation(-strength, fill)] as const);
  const unsigned = UNSIGNED.map((operation) => operation(strength, fill));
  return defineTransform('randAugment', options, (image, random) => {
    let result: Image = image;
    for (let i = 0; i < count; i++) {
      const drawn = random.integer(COUNT);
      const pair = signed[drawn];
      const chosen = pair ? pair[random.integer(2)] : unsigned[drawn - signed.length];
      if (chosen) result = chosen(result, random);
    }
    return result;
  });
}
