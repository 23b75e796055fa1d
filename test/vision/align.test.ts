/** @file Faces cut out for networks. */
import { ArgumentError, DTypeError } from '@fer/core';
import { alignFace } from '@fer/vision';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { photos, reference } from './cases.ts';

const gray = (height: number, width: number, pixel: (x: number, y: number) => number) =>
  ndarray(
    Uint8Array.from({ length: height * width }, (_, i) => pixel(i % width, Math.floor(i / width))),
    [height, width, 1],
  );

const valuesOf = (image: { readonly data: Uint8Array }) => Array.from(image.data);

describe('alignFace', () => {
  it('gives gray bytes of 48 x 48 unless told otherwise', () => {
    const image = gray(60, 80, () => 77);
    const face = alignFace(image, { x: 10, y: 5, width: 40, height: 30 });
    expect(face.shape).toEqual([48, 48, 1]);
    expect(face.data).toBeInstanceOf(Uint8Array);
    expect(new Set(face.data)).toEqual(new Set([77]));
    expect(alignFace(image, { x: 10, y: 5, width: 40, height: 30 }, { size: 7 }).shape).toEqual([7, 7, 1]);
  });

  it('copies pixels where nothing changes its size', () => {
    const photo = photos.lisa1 as (typeof photos)[string];
    const image = ndarray(photo.data, [...photo.shape, 1]);
    const face = alignFace(image, { x: 50, y: 100, width: 48, height: 48 });
    for (let y = 0; y < 48; y++)
      for (let x = 0; x < 48; x++) expect(face.get(y, x, 0)).toBe(photo.get(100 + y, 50 + x));
  });

  it('makes boxes square around their middle, and adds the margin on each side', () => {
    const columns = gray(40, 40, (x) => 6 * x);
    // as wide as high: 16, from x = 8 to 24 and y = 10 to 26
    expect(valuesOf(alignFace(columns, { x: 8, y: 14, width: 16, height: 8 }, { size: 16 })).slice(0, 16)).toEqual(
      Array.from({ length: 16 }, (_, i) => 6 * (8 + i)),
    );
    // 8 wider: from x = 4
    expect(
      valuesOf(alignFace(columns, { x: 8, y: 12, width: 16, height: 16 }, { margin: 0.25, size: 24 })).slice(0, 24),
    ).toEqual(Array.from({ length: 24 }, (_, i) => 6 * (4 + i)));
  });

  it('is linear between pixels where it grows', () => {
    const image = gray(10, 10, (x, y) => 10 * x + 8 * y);
    const face = alignFace(image, { x: 3, y: 3, width: 4, height: 4 }, { size: 8 });
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        const exact = 10 * (3 + (x + 0.5) / 2 - 0.5) + 8 * (3 + (y + 0.5) / 2 - 0.5);
        expect(Math.abs(face.get(y, x, 0) - exact)).toBeLessThanOrEqual(0.5);
      }
    }
  });

  it("shrinks by a triangle twice as wide as a target pixel, as Pillow's BILINEAR does", () => {
    const line = [0, 0, 0, 255, 0, 0, 0, 0];
    const image = gray(8, 8, (x) => line[x] as number);
    // at half the size pixel 1 lies around x = 3, and pixel 3, half a pixel off, weighs 3/8; pixel 2 around x = 5
    expect(valuesOf(alignFace(image, { x: 0, y: 0, width: 8, height: 8 }, { size: 4 })).slice(0, 4)).toEqual(
      [0, 3 / 8, 1 / 8, 0].map((weight) => Math.round(255 * weight)),
    );
  });

  it('goes on with the border outside of the image', () => {
    const image = gray(20, 20, (x) => (x < 10 ? 50 : 200));
    const face = alignFace(image, { x: -10, y: -10, width: 40, height: 40 }, { size: 40 });
    expect(Array.from({ length: 40 }, (_, x) => face.get(0, x, 0))).toEqual(
      Array.from({ length: 40 }, (_, x) => (x < 20 ? 50 : 200)),
    );
  });

  it("weighs colors as OpenCV's COLOR_RGB2GRAY does", () => {
    const { colors, gray: expected } = reference;
    const image = ndarray(Uint8Array.from(colors.flat()), [8, 8, 3]);
    expect(valuesOf(alignFace(image, { x: 0, y: 0, width: 8, height: 8 }, { size: 8 }))).toEqual(expected);
  });

  const image = gray(20, 30, (x) => x);
  it.each([
    ['a box beside the image', { x: 30, y: 0, width: 5, height: 5 }, {}],
    ['an empty box', { x: 3, y: 3, width: 0, height: 5 }, {}],
    ['a box that is much larger', { x: 0, y: 0, width: 1e9, height: 5 }, {}],
    ['a place that is no number', { x: Number.NaN, y: 0, width: 5, height: 5 }, {}],
    ['a negative margin', { x: 0, y: 0, width: 5, height: 5 }, { margin: -0.1 }],
    ['no size', { x: 0, y: 0, width: 5, height: 5 }, { size: 0 }],
  ])('refuses %s', (_, box, options) => {
    expect(() => alignFace(image, box, options)).toThrow(ArgumentError);
    expect(() => alignFace(image, box, options)).toThrow(/^alignFace: /);
  });

  it('refuses floats', () => {
    const floats = ndarray(new Float32Array(100), [10, 10, 1]);
    expect(() => alignFace(floats, { x: 0, y: 0, width: 5, height: 5 })).toThrow(DTypeError);
  });
});
