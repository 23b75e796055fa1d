/** @file Tones and sharpness as Pillow has them, and RandAugment, which draws from them. */
import { ArgumentError, Random } from '@fer/core';
import {
  affine,
  autoContrast,
  equalize,
  posterize,
  randAugment,
  sharpness,
  solarize,
  type Transform,
  transformFromConfig,
} from '@fer/data';
import { describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import pillow from './fixtures/tones.json' with { type: 'json' };
import { gray, image, values } from './images.ts';

const random = new Random(1);
const of = ({ size, pixels }: { size: number[]; pixels: number[] }) => image([size[0] ?? 0, size[1] ?? 0, 1], pixels);
const face = of(pillow);
const apply = (transform: Transform, x = face) => values(transform(x, random));

describe('tones, as in Pillow', () => {
  it.each(Object.entries(pillow.sharpness))('sharpness %s', (factor, expected) => {
    const range = [Number(factor), Number(factor)] as const;
    const difference = apply(sharpness({ factor: range })).map((x, i) => Math.abs(x - (expected[i] as number)));
    // Pillow rounds the blurred image, and then the result
    expect(Math.max(...difference)).toBeLessThanOrEqual(0.5 * Math.abs(1 - Number(factor)) + 1);
  });

  it.each(Object.entries(pillow.posterize))('posterize to %s bits', (bits, expected) => {
    expect(apply(posterize({ bits: Number(bits) }))).toEqual(expected);
  });

  it.each(Object.entries(pillow.solarize))('solarize from %s on', (threshold, expected) => {
    expect(apply(solarize({ threshold: Number(threshold) }))).toEqual(expected);
  });

  it('autoContrast', () => {
    const result = apply(autoContrast());
    expect([Math.min(...result), Math.max(...result)]).toEqual([0, 255]);
    // Pillow rounds down
    expect(result.map((x) => Math.floor(x + 1e-4))).toEqual(pillow.autoContrast);
  });

  it('equalize', () => {
    expect(apply(equalize(), of(pillow.large))).toEqual(pillow.equalize);
  });

  it('leave an image of one tone as it is', () => {
    const flat = gray([
      [7, 7],
      [7, 7],
    ]);
    for (const transform of [autoContrast(), equalize()]) expect(apply(transform, flat)).toEqual([7, 7, 7, 7]);
  });

  it('treat each channel on its own', () => {
    const [dark, bright] = [1, 2].map((k) => pillow.pixels.map((x) => Math.floor((k * x) / 2)));
    const both = image(
      [23, 17, 2],
      pillow.pixels.flatMap((_, i) => [dark?.[i] ?? 0, bright?.[i] ?? 0]),
    );
    for (const transform of [autoContrast(), equalize(), posterize({ bits: 3 }), sharpness({ factor: [1.5, 1.5] })]) {
      const together = apply(transform, both);
      for (const [channel, pixels] of [dark, bright].entries())
        expect(together.filter((_, i) => i % 2 === channel)).toEqual(
          apply(transform, image([23, 17, 1], pixels as number[])),
        );
    }
  });
});

describe('shear', () => {
  const line = gray([
    [0, 0, 9, 0, 0],
    [0, 0, 9, 0, 0],
    [0, 0, 9, 0, 0],
  ]);

  it('moves each row to the right of the one above', () => {
    expect(apply(affine({ shearX: [1, 1] }), line)).toEqual([0, 9, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 9, 0]);
  });

  it('moves each column down against the one to its left', () => {
    const turned = gray([
      [0, 0, 0],
      [0, 0, 0],
      [9, 9, 9],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(apply(affine({ shearY: [1, 1] }), turned)).toEqual([0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0]);
  });
});

describe('randAugment', () => {
  it('changes nothing at magnitude 0 but by what has no strength', () => {
    const generator = new Random(3);
    const results = Array.from({ length: 200 }, () => values(randAugment({ count: 1, magnitude: 0 })(face, generator)));
    const [stretched, equal] = [apply(autoContrast()), apply(equalize())];
    for (const result of results)
      expect(
        [pillow.pixels, stretched, equal].some((known) =>
          known.every((x, i) => Math.abs(x - (result[i] as number)) < 1e-3),
        ),
      ).toBe(true);
  });

  it('draws every operation, about as often', () => {
    const generator = new Random(4);
    const seen = new Map<string, number>();
    for (let i = 0; i < 2600; i++) {
      const key = String(values(randAugment({ count: 1, magnitude: 15 })(face, generator)));
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    // eight in two directions, four, and none
    const counts = [...seen.values()].sort((a, b) => a - b);
    expect(counts).toHaveLength(21);
    for (const count of counts.slice(0, 16)) expect(Math.abs(count - 100)).toBeLessThan(50);
    for (const count of counts.slice(16)) expect(Math.abs(count - 200)).toBeLessThan(70);
  });

  it('is repeatable, and made again from its configuration', () => {
    const transform = randAugment({ count: 3, magnitude: 12, fillMode: 'reflect' });
    const again = transformFromConfig(JSON.parse(JSON.stringify(transform.config)));
    for (let seed = 0; seed < 20; seed++)
      expectNumbersClose(
        values(again(face, new Random(seed))),
        values(transform(face, new Random(seed))),
        0,
        `${seed}`,
      );
  });

  it.each([
    [() => randAugment({ count: 0 }), 'randAugment: count must be an integer of at least 1 but is 0'],
    [() => randAugment({ magnitude: 31 }), 'randAugment: magnitude must be from 0 to 30 but is 31'],
    [() => posterize({ bits: 9 }), 'posterize: bits must be from 1 to 8 but is 9'],
    [() => posterize({ bits: 1.5 }), 'posterize: bits must be an integer of at least 1 but is 1.5'],
    [() => solarize({ threshold: 256 }), 'solarize: threshold must be from 0 to 255 but is 256'],
    [() => sharpness({ factor: [-1, 0] }), 'sharpness: factor must not be below 0 but begins at -1'],
  ])('refuses nonsense: %s', (make, message) => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});
