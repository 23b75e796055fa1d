/** @file Resizing with half-pixel centres: target pixel i lies at (i + 0.5) * in / out - 0.5 among the source pixels. */
import { BackendError } from '../../../errors.ts';
import { greatestCommonDivisor, isInt32 } from '../../../integers.ts';
import { at, type Shape } from '../../../shape.ts';
import type { Backend, Interpolation } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Floats, Helpers, KernelFunction, ScalarFunction, Thread } from '../dialect.ts';
import { floatGrid } from './sizes.ts';

type Sizes = {
  channels: number;
  inHeight: number;
  inWidth: number;
  outHeight: number;
  outWidth: number;
  /** in / out in lowest terms. */
  inY: number;
  outY: number;
  inX: number;
  outX: number;
};

/** The source pixel that target pixel i lies at or after, or the nearest one. */
type Place = { place(i: number, inPart: number, outPart: number): number };

/** How far it lies after that pixel; apart from it, so that it is as exact far from the first pixel. */
type Fraction = { fraction(i: number, pixel: number, last: number, inPart: number, outPart: number): number };

/** Both divide integers, because GPUs do not divide floats exactly and the slightest error may give another pixel. */
function pixelBefore(this: Helpers, i: number, inPart: number, outPart: number): number {
  return this.divide(Math.max((2 * i + 1) * inPart - outPart, 0), 2 * outPart);
}

function nearestPixel(this: Helpers, i: number, inPart: number, outPart: number): number {
  return this.divide((2 * i + 1) * inPart, 2 * outPart);
}

/** 0 at the last pixel, which has none after it. */
const linearFraction: ScalarFunction = (i, pixel, last, inPart, outPart) =>
  pixel < last ? (Math.max((2 * i + 1) * inPart - outPart, 0) - pixel * 2 * outPart) / (2 * outPart) : 0;

function resizeBilinear(this: Thread<Sizes, Place & Fraction>, source: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - pixel * this.constants.channels;
  const row = this.divide(pixel, this.constants.outWidth);
  const n = this.divide(row, this.constants.outHeight);
  const outY = row - n * this.constants.outHeight;
  const outX = pixel - row * this.constants.outWidth;
  const lastY = this.constants.inHeight - 1;
  const lastX = this.constants.inWidth - 1;
  const top = this.place(outY, this.constants.inY, this.constants.outY);
  const left = this.place(outX, this.constants.inX, this.constants.outX);
  const down = this.fraction(outY, top, lastY, this.constants.inY, this.constants.outY);
  const right = this.fraction(outX, left, lastX, this.constants.inX, this.constants.outX);
  const upper = (n * this.constants.inHeight + top) * this.constants.inWidth;
  const lower = (n * this.constants.inHeight + Math.min(top + 1, lastY)) * this.constants.inWidth;
  const next = Math.min(left + 1, lastX);
  const upperLeft = source.at((upper + left) * this.constants.channels + channel);
  const upperRight = source.at((upper + next) * this.constants.channels + channel);
  const lowerLeft = source.at((lower + left) * this.constants.channels + channel);
  const lowerRight = source.at((lower + next) * this.constants.channels + channel);
  const above = upperLeft + (upperRight - upperLeft) * right;
  const below = lowerLeft + (lowerRight - lowerLeft) * right;
  return above + (below - above) * down;
}

function resizeNearest(this: Thread<Sizes, Place>, source: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - pixel * this.constants.channels;
  const row = this.divide(pixel, this.constants.outWidth);
  const n = this.divide(row, this.constants.outHeight);
  const y = this.place(row - n * this.constants.outHeight, this.constants.inY, this.constants.outY);
  const x = this.place(pixel - row * this.constants.outWidth, this.constants.inX, this.constants.outX);
  return source.at(
    ((n * this.constants.inHeight + y) * this.constants.inWidth + x) * this.constants.channels + channel,
  );
}

type ResizeGrad = Thread<
  Sizes & { reachY: number; reachX: number; linear: number },
  Place & Fraction & { first(source: number, inPart: number, outPart: number): number }
>;

/**
 * Each source pixel collects from the targets whose places are less than a pixel away, of which there are at most
 * reachY x reachX. A target's weight falls linearly with the distance: to 0 or 1 if places are whole numbers.
 */
function resizeGrad(this: ResizeGrad, dy: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - pixel * this.constants.channels;
  const row = this.divide(pixel, this.constants.inWidth);
  const n = this.divide(row, this.constants.inHeight);
  const y = row - n * this.constants.inHeight;
  const x = pixel - row * this.constants.inWidth;
  const firstY = this.first(y, this.constants.inY, this.constants.outY);
  const firstX = this.first(x, this.constants.inX, this.constants.outX);
  const lastY = this.constants.inHeight - 1;
  const lastX = this.constants.inWidth - 1;
  let total = 0;
  for (let i = 0; i < this.constants.reachY; i++) {
    for (let j = 0; j < this.constants.reachX; j++) {
      const outY = firstY + i;
      const outX = firstX + j;
      if (outY < this.constants.outHeight && outX < this.constants.outWidth) {
        const pixelY = this.place(outY, this.constants.inY, this.constants.outY);
        const pixelX = this.place(outX, this.constants.inX, this.constants.outX);
        const afterY = this.fraction(outY, pixelY, lastY, this.constants.inY, this.constants.outY);
        const afterX = this.fraction(outX, pixelX, lastX, this.constants.inX, this.constants.outX);
        const distanceY = Math.abs(pixelY - y + this.constants.linear * afterY);
        const distanceX = Math.abs(pixelX - x + this.constants.linear * afterX);
        if (distanceY < 1 && distanceX < 1) {
          const target = (n * this.constants.outHeight + outY) * this.constants.outWidth + outX;
          total += (1 - distanceY) * (1 - distanceX) * dy.at(target * this.constants.channels + channel);
        }
      }
    }
  }
  return total;
}

/** A target at or before the first whose place is less than a pixel away. */
const first: ScalarFunction = (source, inPart, outPart) =>
  Math.max(Math.floor(((source - 0.5) * outPart) / inPart - 0.5), 0);

const kernels: Record<Interpolation, KernelFunction> = { bilinear: resizeBilinear, nearest: resizeNearest };
const places: Record<Interpolation, ScalarFunction> = { bilinear: pixelBefore, nearest: nearestPixel };

export function resizeKernels(device: Device): Pick<Backend, 'resize' | 'resizeGrad'> {
  return {
    resize: ([x], { interpolation }, shape) =>
      device.run({
        kernel: kernels[interpolation],
        inputs: [x.buffer],
        constants: sizes(x.shape, shape),
        functions: { place: places[interpolation], fraction: linearFraction },
        ...floatGrid(shape),
      }),

    resizeGrad([dy], { interpolation }, shape) {
      const constants = sizes(shape, dy.shape);
      return device.run({
        kernel: resizeGrad,
        inputs: [dy.buffer],
        constants: {
          ...constants,
          reachY: reach(constants.inHeight, constants.outHeight),
          reachX: reach(constants.inWidth, constants.outWidth),
          linear: Number(interpolation === 'bilinear'),
        },
        functions: { place: places[interpolation], fraction: linearFraction, first },
        ...floatGrid(shape),
      });
    },
  };
}

/** @throws BackendError where positions are numbers that float32 does not have */
function sizes(from: Shape, to: Shape): Sizes {
  const [inHeight, inWidth, outHeight, outWidth] = [at(from, 1), at(from, 2), at(to, 1), at(to, 2)];
  const [inY, outY] = lowestTerms(inHeight, outHeight);
  const [inX, outX] = lowestTerms(inWidth, outWidth);
  return { channels: at(from, 3), inHeight, inWidth, outHeight, outWidth, inY, outY, inX, outX };
}

function lowestTerms(inSize: number, outSize: number): [number, number] {
  const divisor = greatestCommonDivisor(inSize, outSize);
  if (!isInt32((2 * outSize * inSize) / divisor))
    throw new BackendError(
      'resize',
      `gpu.js kernels cannot resize ${inSize} pixels to ${outSize} without rounding errors`,
    );
  return [inSize / divisor, outSize / divisor];
}

/** Targets within a pixel on both sides, and one more at each end for rounding. */
const reach = (inSize: number, outSize: number) => Math.min(Math.ceil((2 * outSize) / inSize) + 2, outSize);
