/** @file Derivatives of 2-D convolution. */
import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, Thread } from '../dialect.ts';
import { conv2dGradFilterTiles } from './conv-tiles.ts';
import { sumInParts } from './parts.ts';
import { runTiled } from './tiles.ts';
import { type WindowConstants, windowConstants } from './window.ts';

type Conv = Thread<WindowConstants & { inChannels: number; outChannels: number }>;

/** Each pixel of the image collects dy from every window that it lay in. Any number of channels. */
function conv2dGradInputFloats(this: Conv, dy: Floats, filter: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.inChannels);
  const channel = this.thread.x - pixel * this.constants.inChannels;
  const line = this.divide(pixel, this.constants.inWidth);
  const image = this.divide(line, this.constants.inHeight);
  const bottom = line - image * this.constants.inHeight + this.constants.padTop;
  const right = pixel - line * this.constants.inWidth + this.constants.padLeft;
  let total = 0;
  for (let ky = 0; ky < this.constants.kernelHeight; ky++) {
    const y = bottom - ky * this.constants.dilationY;
    const row = this.divide(Math.max(y, 0), this.constants.strideY);
    if (y === row * this.constants.strideY && row < this.constants.outHeight) {
      for (let kx = 0; kx < this.constants.kernelWidth; kx++) {
        const x = right - kx * this.constants.dilationX;
        const column = this.divide(Math.max(x, 0), this.constants.strideX);
        if (x === column * this.constants.strideX && column < this.constants.outWidth) {
          const start =
            ((image * this.constants.outHeight + row) * this.constants.outWidth + column) * this.constants.outChannels;
          const tap =
            ((ky * this.constants.kernelWidth + kx) * this.constants.inChannels + channel) * this.constants.outChannels;
          for (let i = 0; i < this.constants.outChannels; i++) {
            total += dy.at(start + i) * filter.at(tap + i);
          }
        }
      }
    }
  }
  return total;
}

/** The same where the number of result channels is a multiple of 4; `outChannels` counts cells. */
function conv2dGradInputMixed(this: Conv, dy: Floats, filter: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.inChannels);
  const channel = this.thread.x - pixel * this.constants.inChannels;
  const line = this.divide(pixel, this.constants.inWidth);
  const image = this.divide(line, this.constants.inHeight);
  const bottom = line - image * this.constants.inHeight + this.constants.padTop;
  const right = pixel - line * this.constants.inWidth + this.constants.padLeft;
  let total = 0;
  for (let ky = 0; ky < this.constants.kernelHeight; ky++) {
    const y = bottom - ky * this.constants.dilationY;
    const row = this.divide(Math.max(y, 0), this.constants.strideY);
    if (y === row * this.constants.strideY && row < this.constants.outHeight) {
      for (let kx = 0; kx < this.constants.kernelWidth; kx++) {
        const x = right - kx * this.constants.dilationX;
        const column = this.divide(Math.max(x, 0), this.constants.strideX);
        if (x === column * this.constants.strideX && column < this.constants.outWidth) {
          const start =
            ((image * this.constants.outHeight + row) * this.constants.outWidth + column) * this.constants.outChannels;
          const tap =
            ((ky * this.constants.kernelWidth + kx) * this.constants.inChannels + channel) * this.constants.outChannels;
          for (let i = 0; i < this.constants.outChannels; i++) {
            const [d0, d1, d2, d3] = dy.cell(start + i);
            const [w0, w1, w2, w3] = filter.cell(tap + i);
            total += d0 * w0 + d1 * w1 + d2 * w2 + d3 * w3;
          }
        }
      }
    }
  }
  return total;
}

/** The same where both numbers of channels are. */
function conv2dGradInputCells(this: Conv, dy: Floats, filter: Floats): Cell {
  const image = this.divide(this.thread.z, this.constants.inHeight);
  const bottom = this.thread.z - image * this.constants.inHeight + this.constants.padTop;
  const right = this.thread.y + this.constants.padLeft;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let ky = 0; ky < this.constants.kernelHeight; ky++) {
    const y = bottom - ky * this.constants.dilationY;
    const row = this.divide(Math.max(y, 0), this.constants.strideY);
    if (y === row * this.constants.strideY && row < this.constants.outHeight) {
      for (let kx = 0; kx < this.constants.kernelWidth; kx++) {
        const x = right - kx * this.constants.dilationX;
        const column = this.divide(Math.max(x, 0), this.constants.strideX);
        if (x === column * this.constants.strideX && column < this.constants.outWidth) {
          const start =
            ((image * this.constants.outHeight + row) * this.constants.outWidth + column) * this.constants.outChannels;
          const tap =
            ((ky * this.constants.kernelWidth + kx) * this.constants.inChannels + this.thread.x * 4) *
            this.constants.outChannels;
          for (let i = 0; i < this.constants.outChannels; i++) {
            const [d0, d1, d2, d3] = dy.cell(start + i);
            const [p0, p1, p2, p3] = filter.cell(tap + i);
            const [q0, q1, q2, q3] = filter.cell(tap + this.constants.outChannels + i);
            const [r0, r1, r2, r3] = filter.cell(tap + 2 * this.constants.outChannels + i);
            const [t0, t1, t2, t3] = filter.cell(tap + 3 * this.constants.outChannels + i);
            s0 += d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3;
            s1 += d0 * q0 + d1 * q1 + d2 * q2 + d3 * q3;
            s2 += d0 * r0 + d1 * r1 + d2 * r2 + d3 * r3;
            s3 += d0 * t0 + d1 * t1 + d2 * t2 + d3 * t3;
          }
        }
      }
    }
  }
  return [s0, s1, s2, s3];
}

type GradFilter = Thread<WindowConstants & { inChannels: number; outChannels: number; rows: number; taps: number }>;

/** [parts, taps, in, out]: each part sums over `rows` rows of dy, of all images one after another. */
function conv2dGradFilterFloats(this: GradFilter, x: Floats, dy: Floats): number {
  const line = this.divide(this.thread.x, this.constants.outChannels);
  const outChannel = this.thread.x - line * this.constants.outChannels;
  const plane = this.divide(line, this.constants.inChannels);
  const inChannel = line - plane * this.constants.inChannels;
  const part = this.divide(plane, this.constants.taps);
  const tap = plane - part * this.constants.taps;
  const ky = this.divide(tap, this.constants.kernelWidth);
  const left = (tap - ky * this.constants.kernelWidth) * this.constants.dilationX - this.constants.padLeft;
  let total = 0;
  for (let r = 0; r < this.constants.rows; r++) {
    const outRow = part * this.constants.rows + r;
    const image = this.divide(outRow, this.constants.outHeight);
    const row =
      (outRow - image * this.constants.outHeight) * this.constants.strideY +
      ky * this.constants.dilationY -
      this.constants.padTop;
    if (row >= 0 && row < this.constants.inHeight) {
      const inRow = (image * this.constants.inHeight + row) * this.constants.inWidth;
      for (let i = 0; i < this.constants.outWidth; i++) {
        const column = left + i * this.constants.strideX;
        if (column >= 0 && column < this.constants.inWidth) {
          total +=
            x.at((inRow + column) * this.constants.inChannels + inChannel) *
            dy.at((outRow * this.constants.outWidth + i) * this.constants.outChannels + outChannel);
        }
      }
    }
  }
  return total;
}

/** The same where the number of result channels is a multiple of 4; `outChannels` counts cells. */
function conv2dGradFilterCells(this: GradFilter, x: Floats, dy: Floats): Cell {
  const part = this.divide(this.thread.z, this.constants.taps);
  const tap = this.thread.z - part * this.constants.taps;
  const ky = this.divide(tap, this.constants.kernelWidth);
  const left = (tap - ky * this.constants.kernelWidth) * this.constants.dilationX - this.constants.padLeft;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let r = 0; r < this.constants.rows; r++) {
    const outRow = part * this.constants.rows + r;
    const image = this.divide(outRow, this.constants.outHeight);
    const row =
      (outRow - image * this.constants.outHeight) * this.constants.strideY +
      ky * this.constants.dilationY -
      this.constants.padTop;
    if (row >= 0 && row < this.constants.inHeight) {
      const inRow = (image * this.constants.inHeight + row) * this.constants.inWidth;
      for (let i = 0; i < this.constants.outWidth; i++) {
        const column = left + i * this.constants.strideX;
        if (column >= 0 && column < this.constants.inWidth) {
          const value = x.at((inRow + column) * this.constants.inChannels + this.thread.y);
          const [d0, d1, d2, d3] = dy.cell(
            (outRow * this.constants.outWidth + i) * this.constants.outChannels + this.thread.x,
          );
          s0 += value * d0;
          s1 += value * d1;
          s2 += value * d2;
          s3 += value * d3;
        }
      }
    }
  }
  return [s0, s1, s2, s3];
}

export function convGradientKernels(device: Device): Pick<Backend, 'conv2dGradInput' | 'conv2dGradFilter'> {
  return {
    conv2dGradInput([dy, filter], window) {
      const { batch, inHeight, inWidth, inChannels, outChannels } = window;
      const length = batch * inHeight * inWidth * inChannels;
      const call = { inputs: [dy.buffer, filter.buffer], length };
      const constants = { ...windowConstants(window), inChannels, outChannels };
      if (outChannels % 4 !== 0)
        return device.run({ ...call, kernel: conv2dGradInputFloats, constants, grid: [length] });
      const cells = { ...constants, outChannels: outChannels / 4 };
      if (inChannels % 4 !== 0)
        return device.run({ ...call, kernel: conv2dGradInputMixed, constants: cells, grid: [length] });
      const grid = [inChannels / 4, inWidth, batch * inHeight];
      return device.run({ ...call, kernel: conv2dGradInputCells, constants: cells, grid });
    },

    conv2dGradFilter([x, dy], window) {
      const { batch, outHeight, outWidth, kernelHeight, kernelWidth, inChannels, outChannels } = window;
      const taps = kernelHeight * kernelWidth;
      const size = taps * inChannels * outChannels;
      const lines = batch * outHeight;
      return sumInParts(device, lines, outWidth, size, (parts) => {
        const call = { inputs: [x.buffer, dy.buffer], length: parts * size };
        const constants = { ...windowConstants(window), inChannels, outChannels, rows: lines / parts, taps };
        if (outChannels % 4 !== 0)
          return device.run({ ...call, kernel: conv2dGradFilterFloats, constants, grid: [call.length] });
        const cells = { ...constants, outChannels: outChannels / 4 };
        const grid = [outChannels / 4, inChannels, parts * taps] as const;
        if (!device.runTiles || inChannels % 4 !== 0)
          return device.run({ ...call, kernel: conv2dGradFilterCells, constants: cells, grid });
        return runTiled(device, device.runTiles, {
          ...call,
          kernel: conv2dGradFilterTiles,
          constants: { ...cells, inChannels: inChannels / 4 },
          grid,
        });
      });
    },
  };
}
