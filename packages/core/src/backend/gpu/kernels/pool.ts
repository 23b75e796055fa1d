/** @file Pooling. Each kernel comes twice: for cells of four channels, and for any number of channels. */
import type { Backend, Buffer, Window2d } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, KernelFunction, ScalarFunction, Thread } from '../dialect.ts';
import { binaryFunctions } from './functions.ts';
import { type WindowConstants, windowConstants } from './window.ts';

/** `channels` counts cells in the kernels of cells. At most `windowsY` x `windowsX` windows hold the same pixel. */
type Sizes = WindowConstants & { channels: number; windowsY: number; windowsX: number };

/** How many of a window's rows, from `top` on, are the image's; or columns, from `left` on. */
const extent: ScalarFunction = (start, kernel, size) => Math.min(start + kernel, size) - Math.max(start, 0);
type Extent = { extent(start: number, kernel: number, size: number): number };

type Pool = Thread<
  Sizes,
  Extent & {
    fold(total: number, x: number): number;
    /** `winner` is where in its image, counted row by row, the window has its first largest pixel. */
    finish(total: number, winner: number, count: number): number;
  }
>;

/** Folds the pixels of each window, beginning with `initial`. */
function poolCells(this: Pool, x: Floats, initial: number): Cell {
  const outY = this.divide(this.thread.y, this.constants.outWidth);
  const outX = this.thread.y - outY * this.constants.outWidth;
  const top = outY * this.constants.strideY - this.constants.padTop;
  const left = outX * this.constants.strideX - this.constants.padLeft;
  const rows = this.extent(top, this.constants.kernelHeight, this.constants.inHeight);
  const columns = this.extent(left, this.constants.kernelWidth, this.constants.inWidth);
  const first = Math.max(top, 0) * this.constants.inWidth + Math.max(left, 0);
  const image = this.thread.z * this.constants.inHeight * this.constants.inWidth;
  let t0 = initial;
  let t1 = initial;
  let t2 = initial;
  let t3 = initial;
  let w0 = first;
  let w1 = first;
  let w2 = first;
  let w3 = first;
  for (let i = 0; i < this.constants.kernelHeight; i++) {
    for (let j = 0; j < this.constants.kernelWidth; j++) {
      if (i < rows && j < columns) {
        const pixel = first + i * this.constants.inWidth + j;
        const [x0, x1, x2, x3] = x.cell((image + pixel) * this.constants.channels + this.thread.x);
        w0 = x0 > t0 ? pixel : w0;
        w1 = x1 > t1 ? pixel : w1;
        w2 = x2 > t2 ? pixel : w2;
        w3 = x3 > t3 ? pixel : w3;
        t0 = this.fold(t0, x0);
        t1 = this.fold(t1, x1);
        t2 = this.fold(t2, x2);
        t3 = this.fold(t3, x3);
      }
    }
  }
  const count = rows * columns;
  return [
    this.finish(t0, w0, count),
    this.finish(t1, w1, count),
    this.finish(t2, w2, count),
    this.finish(t3, w3, count),
  ];
}

function poolFloats(this: Pool, x: Floats, initial: number): number {
  const outPixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - outPixel * this.constants.channels;
  const row = this.divide(outPixel, this.constants.outWidth);
  const n = this.divide(row, this.constants.outHeight);
  const top = (row - n * this.constants.outHeight) * this.constants.strideY - this.constants.padTop;
  const left = (outPixel - row * this.constants.outWidth) * this.constants.strideX - this.constants.padLeft;
  const rows = this.extent(top, this.constants.kernelHeight, this.constants.inHeight);
  const columns = this.extent(left, this.constants.kernelWidth, this.constants.inWidth);
  const first = Math.max(top, 0) * this.constants.inWidth + Math.max(left, 0);
  const image = n * this.constants.inHeight * this.constants.inWidth;
  let total = initial;
  let winner = first;
  for (let i = 0; i < this.constants.kernelHeight; i++) {
    for (let j = 0; j < this.constants.kernelWidth; j++) {
      if (i < rows && j < columns) {
        const pixel = first + i * this.constants.inWidth + j;
        const value = x.at((image + pixel) * this.constants.channels + channel);
        winner = value > total ? pixel : winner;
        total = this.fold(total, value);
      }
    }
  }
  return this.finish(total, winner, rows * columns);
}

type PoolGrad = Thread<
  Sizes,
  Extent & {
    /** What a window gives to one of its `count` pixels. */
    share(dy: number, winner: number, pixel: number, count: number): number;
  }
>;

/** Each pixel collects its share of the windows that hold it: the last that begins before it, and those before that. */
function poolGradCells(this: PoolGrad, dy: Floats, winners: Floats): Cell {
  const y = this.divide(this.thread.y, this.constants.inWidth);
  const x = this.thread.y - y * this.constants.inWidth;
  const lastY = this.divide(y + this.constants.padTop, this.constants.strideY);
  const lastX = this.divide(x + this.constants.padLeft, this.constants.strideX);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < this.constants.windowsY; i++) {
    for (let j = 0; j < this.constants.windowsX; j++) {
      const outY = lastY - i;
      const outX = lastX - j;
      const top = outY * this.constants.strideY - this.constants.padTop;
      const left = outX * this.constants.strideX - this.constants.padLeft;
      const exists = outY >= 0 && outY < this.constants.outHeight && outX >= 0 && outX < this.constants.outWidth;
      if (exists && y < top + this.constants.kernelHeight && x < left + this.constants.kernelWidth) {
        const rows = this.extent(top, this.constants.kernelHeight, this.constants.inHeight);
        const count = rows * this.extent(left, this.constants.kernelWidth, this.constants.inWidth);
        const outPixel = (this.thread.z * this.constants.outHeight + outY) * this.constants.outWidth + outX;
        const [d0, d1, d2, d3] = dy.cell(outPixel * this.constants.channels + this.thread.x);
        const [w0, w1, w2, w3] = winners.cell(outPixel * this.constants.channels + this.thread.x);
        s0 += this.share(d0, w0, this.thread.y, count);
        s1 += this.share(d1, w1, this.thread.y, count);
        s2 += this.share(d2, w2, this.thread.y, count);
        s3 += this.share(d3, w3, this.thread.y, count);
      }
    }
  }
  return [s0, s1, s2, s3];
}

function poolGradFloats(this: PoolGrad, dy: Floats, winners: Floats): number {
  const position = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - position * this.constants.channels;
  const n = this.divide(position, this.constants.inHeight * this.constants.inWidth);
  const pixel = position - n * this.constants.inHeight * this.constants.inWidth;
  const y = this.divide(pixel, this.constants.inWidth);
  const x = pixel - y * this.constants.inWidth;
  const lastY = this.divide(y + this.constants.padTop, this.constants.strideY);
  const lastX = this.divide(x + this.constants.padLeft, this.constants.strideX);
  let total = 0;
  for (let i = 0; i < this.constants.windowsY; i++) {
    for (let j = 0; j < this.constants.windowsX; j++) {
      const outY = lastY - i;
      const outX = lastX - j;
      const top = outY * this.constants.strideY - this.constants.padTop;
      const left = outX * this.constants.strideX - this.constants.padLeft;
      const exists = outY >= 0 && outY < this.constants.outHeight && outX >= 0 && outX < this.constants.outWidth;
      if (exists && y < top + this.constants.kernelHeight && x < left + this.constants.kernelWidth) {
        const rows = this.extent(top, this.constants.kernelHeight, this.constants.inHeight);
        const count = rows * this.extent(left, this.constants.kernelWidth, this.constants.inWidth);
        const outPixel = (n * this.constants.outHeight + outY) * this.constants.outWidth + outX;
        const index = outPixel * this.constants.channels + channel;
        total += this.share(dy.at(index), winners.at(index), pixel, count);
      }
    }
  }
  return total;
}

/** What the first two kernels compute. */
interface Fold {
  readonly initial: number;
  readonly fold: ScalarFunction;
  readonly finish: ScalarFunction;
}

const average: Fold = {
  initial: 0,
  fold: (total, x) => total + x,
  finish: (total, _winner, count) => total / count,
};
const largest: Fold = {
  initial: Number.NEGATIVE_INFINITY,
  fold: binaryFunctions.maximum,
  finish: (total, _winner, _count) => total,
};
const winner: Fold = { ...largest, finish: (_total, place, _count) => place };

const toAll: ScalarFunction = (dy, _winner, _pixel, count) => dy / count;
const toWinner: ScalarFunction = (dy, place, pixel, _count) => (place === pixel ? dy : 0);

export function poolKernels(
  device: Device,
): Pick<Backend, 'maxPool2d' | 'maxPool2dGrad' | 'avgPool2d' | 'avgPool2dGrad'> {
  const pool = (x: Buffer, window: Window2d, { initial, fold, finish }: Fold): Buffer => {
    const { outHeight, outWidth } = window;
    const call = { inputs: [x], numbers: [initial], functions: { extent, fold, finish } };
    return device.run({ ...call, ...variant(window, poolCells, poolFloats, outHeight * outWidth) });
  };

  const spread = (dy: Buffer, winners: Buffer, window: Window2d, share: ScalarFunction): Buffer => {
    const { inHeight, inWidth } = window;
    const call = { inputs: [dy, winners], functions: { extent, share } };
    return device.run({ ...call, ...variant(window, poolGradCells, poolGradFloats, inHeight * inWidth) });
  };

  return {
    maxPool2d: ([x], window) => pool(x.buffer, window, largest),
    avgPool2d: ([x], window) => pool(x.buffer, window, average),

    maxPool2dGrad([x, _y, dy], window) {
      const winners = pool(x.buffer, window, winner);
      const result = spread(dy.buffer, winners, window, toWinner);
      device.release(winners);
      return result;
    },

    // dy stands in for the winners, which averages do not have
    avgPool2dGrad: ([dy], window) => spread(dy.buffer, dy.buffer, window, toAll),
  };
}

/** The kernel that suits the number of channels, for a result with this many pixels an image. */
function variant(window: Window2d, cells: KernelFunction, floats: KernelFunction, pixels: number) {
  const { batch, inChannels, kernelHeight, kernelWidth, strideY, strideX } = window;
  const whole = inChannels % 4 === 0;
  const channels = whole ? inChannels / 4 : inChannels;
  const length = batch * pixels * inChannels;
  const constants = {
    ...windowConstants(window),
    channels,
    windowsY: Math.ceil(kernelHeight / strideY),
    windowsX: Math.ceil(kernelWidth / strideX),
  };
  return { kernel: whole ? cells : floats, constants, grid: whole ? [channels, pixels, batch] : [length], length };
}
