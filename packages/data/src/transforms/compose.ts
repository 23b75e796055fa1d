/** @file Transforms made of others. */
import { ArgumentError, checkRange } from '@fer/core';
import type { Transform } from '../image.ts';
import { defineTransform } from './define.ts';

/** One transform after the other. Without any, the image as it is. */
export function compose(...transforms: Transform[]): Transform {
  for (const transform of transforms) checkTransform('compose', transform);
  return defineTransform('compose', { transforms: transforms.map(({ config }) => config) }, (image, random) =>
    transforms.reduce((result, transform) => transform(result, random), image),
  );
}

export interface RandomApplyOptions {
  /** 0.5 unless given. */
  readonly probability?: number;
}

/** A transform with a probability, otherwise the image as it is (torchvision's RandomApply). */
export function randomApply(transform: Transform, options: RandomApplyOptions = {}): Transform {
  const { probability = 0.5 } = options;
  checkTransform('randomApply', transform);
  checkRange('randomApply', 'probability', probability, 0, 1);
  return defineTransform('randomApply', { transform: transform.config, ...options }, (image, random) =>
    random.uniform() < probability ? transform(image, random) : image,
  );
}

function checkTransform(operator: string, transform: Transform): void {
  if (typeof transform !== 'function' || !transform.config) {
    throw new ArgumentError(operator, `transforms must come from this package's functions but one is ${transform}`);
  }
}
