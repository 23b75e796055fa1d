/** @file Which tones an image has, and how sharp it is. For images not scaled yet; all give float32. */
import { ArgumentError, checkInteger, checkRange } from '@fer/core';
import type { Image, Transform } from '../image.ts';
import { defineTransform, type Range, rangeOf } from './define.ts';
import { floatsOf, imageOf, type Pixels, unscaledPixelsOf } from './pixels.ts';

const WHITE = 255;

export interface SharpnessOptions {
  /** What distances from the blurred image are multiplied with: 0 blurs, 1 changes nothing; r means [1 - r, 1 + r]. */
  readonly factor: Range;
}

/** The middle weighs five times as much as each of its neighbours (Pillow's SMOOTH). */
const MIDDLE = 5;

/** Every pixel's distance from the mean of its neighbourhood times a random factor; the border stays (Pillow's Sharpness). */
export function sharpness(options: SharpnessOptions): Transform {
  const range = rangeOf('sharpness', 'factor', options.factor, 1);
  if (range[0] < 0) throw new ArgumentError('sharpness', `factor must not be below 0 but begins at ${range[0]}`);
  return defineTransform('sharpness', options, (image, random) => {
    const pixels = unscaledPixelsOf('sharpness', image);
    const source = floatsOf(pixels);
    const factor = random.uniform(...range);
    const blurred = blur(source, pixels);
    const sharpened = blurred.map((mean, i) => clamp(mean + ((source[i] as number) - mean) * factor));
    return imageOf(sharpened, pixels.height, pixels.width, pixels.channels);
  });
}

function blur(source: Float32Array, { height, width, channels }: Pixels): Float32Array {
  const result = source.slice();
  const line = width * channels;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * line + channels; i < (y + 1) * line - channels; i++) {
      let sum = (MIDDLE - 1) * (source[i] as number);
      for (let row = i - line; row <= i + line; row += line)
        sum += (source[row - channels] as number) + (source[row] as number) + (source[row + channels] as number);
      result[i] = sum / (MIDDLE + 8);
    }
  }
  return result;
}

export interface PosterizeOptions {
  /** That are kept of eight: 1 leaves two tones. */
  readonly bits: number;
}

/** Fewer tones, each rounded down (Pillow's ImageOps.posterize). */
export function posterize(options: PosterizeOptions): Transform {
  checkInteger('posterize', 'bits', options.bits, 1);
  checkRange('posterize', 'bits', options.bits, 1, 8);
  const step = 2 ** (8 - options.bits);
  return eachPixel('posterize', options, (value) => Math.floor(value / step) * step);
}

export interface SolarizeOptions {
  /** From 0 to 255. */
  readonly threshold: number;
}

/** Tones from the threshold on inverted (Pillow's ImageOps.solarize). */
export function solarize(options: SolarizeOptions): Transform {
  const { threshold } = options;
  checkRange('solarize', 'threshold', threshold, 0, WHITE);
  return eachPixel('solarize', options, (value) => (value < threshold ? value : WHITE - value));
}

/** Each channel stretched from black to white (Pillow's ImageOps.autocontrast). */
export function autoContrast(): Transform {
  return eachChannel('autoContrast', (tones) => {
    const darkest = tones.reduce((a, b) => Math.min(a, b));
    const brightest = tones.reduce((a, b) => Math.max(a, b));
    if (brightest === darkest) return tones;
    return tones.map((value) => ((value - darkest) * WHITE) / (brightest - darkest));
  });
}

/** Each channel with tones about as frequent as each other (Pillow's ImageOps.equalize). */
export function equalize(): Transform {
  return eachChannel('equalize', (tones) => {
    const counts = new Uint32Array(WHITE + 1);
    for (const value of tones) counts[byteOf(value)] = (counts[byteOf(value)] as number) + 1;
    const ofBrightest = counts.findLast((count) => count > 0) as number;
    const step = Math.floor((tones.length - ofBrightest) / WHITE);
    if (step === 0) return tones;
    let darker = Math.floor(step / 2);
    const table = counts.map((count) => {
      const tone = Math.min(Math.floor(darker / step), WHITE);
      darker += count;
      return tone;
    });
    return tones.map((value) => table[byteOf(value)] as number);
  });
}

const clamp = (value: number) => Math.min(Math.max(value, 0), WHITE);

const byteOf = (value: number) => Math.round(clamp(value));

function eachPixel(name: string, options: object, change: (value: number) => number): Transform {
  return defineTransform(name, options, (image: Image) => {
    const pixels = unscaledPixelsOf(name, image);
    return imageOf(floatsOf(pixels).map(change), pixels.height, pixels.width, pixels.channels);
  });
}

function eachChannel(name: string, change: (tones: Float32Array) => Float32Array): Transform {
  return defineTransform(name, {}, (image: Image) => {
    const pixels = unscaledPixelsOf(name, image);
    const { height, width, channels } = pixels;
    const source = floatsOf(pixels);
    const result = new Float32Array(source.length);
    for (let c = 0; c < channels; c++) {
      const tones = change(source.filter((_, i) => i % channels === c));
      for (let i = 0; i < tones.length; i++) result[i * channels + c] = tones[i] as number;
    }
    return imageOf(result, height, width, channels);
  });
}
