/** @file How a transform is made of a function and the options that it came from. */
import { ArgumentError, checkFinite, type Random } from '@fer/core';
import type { Image, Transform } from '../image.ts';

/** @param options The argument of the function named `name`, as plain JSON. */
export function defineTransform(
  name: string,
  options: object,
  apply: (image: Image, random: Random) => Image,
): Transform {
  const transform = (image: Image, random: Random) => apply(image, random);
  return Object.assign(transform, { config: { name, options: { ...options } } });
}

/** What a number is drawn from, uniformly: the two ends, or how far they are from the middle. */
export type Range = number | readonly [minimum: number, maximum: number];

export function rangeOf(
  operator: string,
  name: string,
  range: Range,
  middle: number,
): readonly [minimum: number, maximum: number] {
  const ends = typeof range === 'number' ? [middle - range, middle + range] : range;
  checkPair(operator, name, ends);
  const [minimum, maximum] = ends;
  checkFinite(operator, name, minimum);
  checkFinite(operator, name, maximum);
  if (minimum > maximum) throw new ArgumentError(operator, `${name} must ascend but is [${minimum},${maximum}]`);
  return [minimum, maximum];
}

export function checkPair(operator: string, name: string, value: unknown): void {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new ArgumentError(operator, `${name} must be a number or two of them but is ${JSON.stringify(value)}`);
  }
}
