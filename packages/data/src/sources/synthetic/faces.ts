/** @file Faces that nobody has: a data set that needs no download. */

import { ArgumentError, checkInteger } from '@fer/core';
import ndarray from 'ndarray';
import { Dataset, type Item } from '../../dataset.ts';
import { randomFor } from '../../pipeline/random.ts';
import { lumaOf } from '../../transforms/color.ts';
import { type Size, sizeOf } from '../../transforms/pixels.ts';
import { FER2013_CLASSES } from '../classes.ts';
import { drawExpression } from './expressions.ts';
import { paintFace } from './paint.ts';
import { drawPerson, drawScene } from './person.ts';

export interface SyntheticFacesOptions {
  readonly seed: number;
  readonly count: number;
  /** [height, width] in pixels, or one number for both: 48, as FER2013's, unless given. */
  readonly size?: Size;
  /** 1 for gray, unless given; 3 for colour. */
  readonly channels?: 1 | 3;
}

/** What random numbers are drawn for. */
const PERSON = 0;
const PHOTOGRAPH = 1;

/**
 * Drawn faces with FER2013's seven expressions, as many of each: seven in a row are one person, their `subject`. They
 * differ in features, skin, hair, strength of expression, pose, light and noise. Face i depends on the seed and i alone.
 */
export function syntheticFaces({ seed, count, size = 48, channels = 1 }: SyntheticFacesOptions): Dataset {
  if (!Number.isInteger(seed)) throw new ArgumentError('syntheticFaces', `seed must be an integer but is ${seed}`);
  checkInteger('syntheticFaces', 'count', count, 1, 2 ** 20);
  if (channels !== 1 && channels !== 3)
    throw new ArgumentError('syntheticFaces', `channels must be 1 or 3 but is ${channels}`);
  const [height, width] = sizeOf('syntheticFaces', size);
  const items = Array.from({ length: count }, (_, index): Item => {
    const label = index % FER2013_CLASSES.length;
    const subject = Math.floor(index / FER2013_CLASSES.length);
    const person = drawPerson(randomFor(seed, PERSON, subject));
    const random = randomFor(seed, PHOTOGRAPH, index);
    const expression = drawExpression(FER2013_CLASSES[label] as (typeof FER2013_CLASSES)[number], random);
    const rgb = paintFace(height, width, { person, expression, scene: drawScene(random) }, random);
    const pixels = toBytes(channels === 1 ? lumaOf(rgb) : rgb);
    return { image: ndarray(pixels, [height, width, channels]), label, subject: `face ${subject}` };
  });
  return new Dataset({ classes: FER2013_CLASSES, items });
}

function toBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = 255 * (values[i] as number);
  return new Uint8Array(bytes.buffer);
}
