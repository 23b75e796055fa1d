import {
  type AffineOptions,
  affineTransform,
  getBackend,
  Parameter,
  resizeBilinear,
  resizeNearest,
  sum,
  tensor,
  tidy,
} from '@fer/core';
import { describe, expect, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { constant, fixed, uniform } from '../inputs.ts';
import * as reference from '../reference/image.ts';
import { testOp } from '../testOp.ts';

const resizings: [shape: number[], size: [height: number, width: number]][] = [
  // targets that lie between pixels at every distance
  [
    [1, 2, 3, 1],
    [21, 5],
  ],
  [
    [1, 5, 7, 3],
    [5, 7],
  ],
  [
    [1, 3, 5, 1],
    [7, 13],
  ],
  [
    [3, 4, 4, 4],
    [8, 8],
  ],
  [
    [1, 8, 8, 3],
    [4, 4],
  ],
  [
    [1, 17, 13, 1],
    [5, 3],
  ],
  [
    [2, 3, 3, 5],
    [7, 2],
  ],
  [
    [1, 1, 1, 3],
    [3, 5],
  ],
  [
    [1, 7, 5, 8],
    [1, 1],
  ],
  // products of sizes beyond 2^31
  [
    [1, 1, 40000, 1],
    [1, 30000],
  ],
];

/** Turned by 0.5 and enlarged by 1 / 0.8, about a point that keeps samples away from the middle between pixels. */
const turned = [0.8 * Math.cos(0.5), -0.8 * Math.sin(0.5), 0.63, 0.8 * Math.sin(0.5), 0.8 * Math.cos(0.5), -0.57];
/** Far outside on all sides, more than once the image's size. */
const shrunk = [3.3, 0.1, -7.37, -0.2, 3.1, -6.83];
const identity = [1, 0, 0, 0, 1, 0];
const mirrored = [-1, 0, 4, 0, 1, 0];
const shifted = [1, 0, 1.25, 0, 1, -2.75];

const transformations: [name: string, shape: number[], matrices: number[][], outputSize?: [number, number]][] = [
  ['identity', [1, 5, 7, 3], [identity]],
  ['reflection', [1, 3, 5, 4], [mirrored]],
  ['shift', [1, 5, 5, 1], [shifted]],
  ['rotation', [1, 7, 5, 3], [turned]],
  ['reduction', [1, 5, 4, 2], [shrunk]],
  ['another one for each image', [3, 5, 5, 4], [turned, shifted, shrunk]],
  ['into another size', [2, 4, 5, 3], [turned, mirrored], [7, 3]],
];

onEveryBackend(() => {
  describe('resize', () => {
    for (const [shape, size] of resizings) {
      for (const [name, op, interpolation] of [
        ['resizeBilinear', resizeBilinear, 'bilinear'],
        ['resizeNearest', resizeNearest, 'nearest'],
      ] as const) {
        testOp(`${name} of [${shape}] to [${size}]`, {
          inputs: [uniform(shape)],
          op: (x) => op(x, size),
          reference: reference.resize(...size, interpolation),
        });
      }
    }
  });

  describe('resize of more pixels than float32 can number', () => {
    it('is exact, or refused', async () => {
      const ramp = tensor(
        Float32Array.from({ length: 4099 }, (_, i) => i),
        [1, 1, 4099, 1],
      );
      const resized = () => resizeNearest(ramp, [1, 4093]);
      if (getBackend() !== 'simd') return expect(resized).toThrow('cannot resize 4099 pixels to 4093');
      const expected = Array.from({ length: 4093 }, (_, i) => Math.floor(((2 * i + 1) * 4099) / (2 * 4093)));
      expect([...(await resized().data())]).toEqual(expected);
    });
  });

  describe('affineTransform', () => {
    it('has no gradient by its matrices', () => {
      const matrices = new Parameter(tensor([[1, 0, 0, 0, 1, 0]]));
      const images = new Parameter(tensor([1, 2, 3, 4], [1, 2, 2, 1]));
      tidy(() => sum(affineTransform(images, matrices)).backward());
      expect(images.grad).toBeDefined();
      expect(matrices.grad).toBeUndefined();
    });

    for (const [name, shape, matrices, outputSize] of transformations) {
      const size = outputSize ?? (shape.slice(1, 3) as [number, number]);
      for (const interpolation of ['bilinear', 'nearest'] as const) {
        for (const fillMode of ['nearest', 'constant', 'reflect'] as const) {
          const options: AffineOptions = { interpolation, fillMode, ...(outputSize && { outputSize }) };
          testOp(`${name}, ${interpolation}, ${fillMode}`, {
            inputs: [uniform(shape), constant(fixed([matrices.length, 6], matrices.flat()))],
            op: (x, m) => affineTransform(x, m, options),
            reference: reference.affineTransform(size, interpolation, fillMode),
          });
        }
      }
    }
    testOp('fills with the given value', {
      inputs: [uniform([1, 3, 3, 1]), constant(fixed([1, 6], shrunk))],
      op: (x, m) => affineTransform(x, m, { fillMode: 'constant', fillValue: 5.5 }),
      reference: reference.affineTransform([3, 3], 'bilinear', 'constant', 5.5),
    });
    testOp('interpolates and repeats the border unless told otherwise', {
      inputs: [uniform([1, 3, 5, 2]), constant(fixed([1, 6], shifted))],
      op: (x, m) => affineTransform(x, m),
      reference: reference.affineTransform([3, 5], 'bilinear', 'nearest'),
    });
  });
});
