/** @file Resizing with half-pixel centres: target pixel i lies at (i + 0.5) * in / out - 0.5 among the source pixels. */
import { at, type Shape } from '../../../shape.ts';
import type { Backend, Interpolation } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Floats, Helpers, KernelFunction, ScalarFunction, Thread } from '../dialect.ts';
import { floatGrid } from './sizes.ts';

type Sizes = { channels: number; inHeight: number; inWidth: number; outHeight: number; outWidth: number };

/** Where target pixel i takes its value from: a place between source pixels, or one of them. */
type Place = { place(i: number, inSize: number, outSize: number): number };

/** Both divide integers, because GPUs do not divide floats exactly and the slightest error may give another pixel. */
function linearPlace(this: Helpers, i: number, inSize: number, outSize: number): number {
  const numerator = Math.max((2 * i + 1) * inSize - outSize, 0);
  const whole = this.divide(numerator, 2 * outSize);
  return Math.min(whole + (numerator - whole * 2 * outSize) / (2 * outSize), inSize - 1);
}

function nearestPlace(this: Helpers, i: number, inSize: number, outSize: number): number {
  return this.divide((2 * i + 1) * inSize, 2 * outSize);
}

function resizeBilinear(this: Thread<Sizes, Place>, source: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - pixel * this.constants.channels;
  const row = this.divide(pixel, this.constants.outWidth);
  const n = this.divide(row, this.constants.outHeight);
  const y = this.place(row - n * this.constants.outHeight, this.constants.inHeight, this.constants.outHeight);
  const x = this.place(pixel - row * this.constants.outWidth, this.constants.inWidth, this.constants.outWidth);
  const top = Math.floor(y);
  const left = Math.floor(x);
  const bottom = Math.min(top + 1, this.constants.inHeight - 1);
  const right = Math.min(left + 1, this.constants.inWidth - 1);
  const upper = (n * this.constants.inHeight + top) * this.constants.inWidth;
  const lower = (n * this.constants.inHeight + bottom) * this.constants.inWidth;
  const upperLeft = source.at((upper + left) * this.constants.channels + channel);
  const upperRight = source.at((upper + right) * this.constants.channels + channel);
  const lowerLeft = source.at((lower + left) * this.constants.channels + channel);
  const lowerRight = source.at((lower + right) * this.constants.channels + channel);
  const above = upperLeft + (upperRight - upperLeft) * (x - left);
  const below = lowerLeft + (lowerRight - lowerLeft) * (x - left);
  return above + (below - above) * (y - top);
}

function resizeNearest(this: Thread<Sizes, Place>, source: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - pixel * this.constants.channels;
  const row = this.divide(pixel, this.constants.outWidth);
  const n = this.divide(row, this.constants.outHeight);
  const y = this.place(row - n * this.constants.outHeight, this.constants.inHeight, this.constants.outHeight);
  const x = this.place(pixel - row * this.constants.outWidth, this.constants.inWidth, this.constants.outWidth);
  return source.at(
    ((n * this.constants.inHeight + y) * this.constants.inWidth + x) * this.constants.channels + channel,
  );
}

type ResizeGrad = Thread<
  Sizes & { reachY: number; reachX: number },
  Place & { first(source: number, inSize: number, outSize: number): number }
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
  const firstY = this.first(y, this.constants.inHeight, this.constants.outHeight);
  const firstX = this.first(x, this.constants.inWidth, this.constants.outWidth);
  let total = 0;
  for (let i = 0; i < this.constants.reachY; i++) {
    for (let j = 0; j < this.constants.reachX; j++) {
      const outY = firstY + i;
      const outX = firstX + j;
      if (outY < this.constants.outHeight && outX < this.constants.outWidth) {
        const distanceY = Math.abs(this.place(outY, this.constants.inHeight, this.constants.outHeight) - y);
        const distanceX = Math.abs(this.place(outX, this.constants.inWidth, this.constants.outWidth) - x);
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
const first: ScalarFunction = (source, inSize, outSize) =>
  Math.max(Math.floor(((source - 0.5) * outSize) / inSize - 0.5), 0);

const kernels: Record<Interpolation, KernelFunction> = { bilinear: resizeBilinear, nearest: resizeNearest };
const places: Record<Interpolation, ScalarFunction> = { bilinear: linearPlace, nearest: nearestPlace };

export function resizeKernels(device: Device): Pick<Backend, 'resize' | 'resizeGrad'> {
  return {
    resize: ([x], { interpolation }, shape) =>
      device.run({
        kernel: kernels[interpolation],
        inputs: [x.buffer],
        constants: sizes(x.shape, shape),
        functions: { place: places[interpolation] },
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
        },
        functions: { place: places[interpolation], first },
        ...floatGrid(shape),
      });
    },
  };
}

function sizes(from: Shape, to: Shape): Sizes {
  return {
    channels: at(from, 3),
    inHeight: at(from, 1),
    inWidth: at(from, 2),
    outHeight: at(to, 1),
    outWidth: at(to, 2),
  };
}

/** Targets within a pixel on both sides, and one more at each end for rounding. */
const reach = (inSize: number, outSize: number) => Math.min(Math.ceil((2 * outSize) / inSize) + 2, outSize);
