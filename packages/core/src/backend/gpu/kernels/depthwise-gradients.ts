/** @file Derivatives of depthwise 2-D convolution. */
import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, Thread } from '../dialect.ts';
import { sumInParts } from './parts.ts';
import { type WindowConstants, windowConstants } from './window.ts';

type Depthwise = Thread<WindowConstants & { channels: number; multiplier: number }>;

/** Each pixel of the image collects dy from every window that it lay in. Any number of channels, any multiplier. */
function depthwiseGradInputFloats(this: Depthwise, dy: Floats, filter: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - pixel * this.constants.channels;
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
          const position = (image * this.constants.outHeight + row) * this.constants.outWidth + column;
          const start = (position * this.constants.channels + channel) * this.constants.multiplier;
          const tap =
            ((ky * this.constants.kernelWidth + kx) * this.constants.channels + channel) * this.constants.multiplier;
          for (let i = 0; i < this.constants.multiplier; i++) {
            total += dy.at(start + i) * filter.at(tap + i);
          }
        }
      }
    }
  }
  return total;
}

/** Multiplier 1, and channels in cells: `channels` counts them. */
function depthwiseGradInputCells(this: Depthwise, dy: Floats, filter: Floats): Cell {
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
          const position = (image * this.constants.outHeight + row) * this.constants.outWidth + column;
          const [d0, d1, d2, d3] = dy.cell(position * this.constants.channels + this.thread.x);
          const [w0, w1, w2, w3] = filter.cell(
            (ky * this.constants.kernelWidth + kx) * this.constants.channels + this.thread.x,
          );
          s0 += d0 * w0;
          s1 += d1 * w1;
          s2 += d2 * w2;
          s3 += d3 * w3;
        }
      }
    }
  }
  return [s0, s1, s2, s3];
}

type GradFilter = Thread<WindowConstants & { channels: number; multiplier: number; rows: number; taps: number }>;

/** [parts, taps, channels, multiplier]: each part sums over `rows` rows of dy, of all images one after another. */
function depthwiseGradFilterFloats(this: GradFilter, x: Floats, dy: Floats): number {
  const outChannels = this.constants.channels * this.constants.multiplier;
  const plane = this.divide(this.thread.x, outChannels);
  const outChannel = this.thread.x - plane * outChannels;
  const channel = this.divide(outChannel, this.constants.multiplier);
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
            x.at((inRow + column) * this.constants.channels + channel) *
            dy.at((outRow * this.constants.outWidth + i) * outChannels + outChannel);
        }
      }
    }
  }
  return total;
}

/** Multiplier 1, and channels in cells: `channels` counts them. */
function depthwiseGradFilterCells(this: GradFilter, x: Floats, dy: Floats): Cell {
  const ky = this.divide(this.thread.y, this.constants.kernelWidth);
  const left = (this.thread.y - ky * this.constants.kernelWidth) * this.constants.dilationX - this.constants.padLeft;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let r = 0; r < this.constants.rows; r++) {
    const outRow = this.thread.z * this.constants.rows + r;
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
          const [x0, x1, x2, x3] = x.cell((inRow + column) * this.constants.channels + this.thread.x);
          const [d0, d1, d2, d3] = dy.cell(
            (outRow * this.constants.outWidth + i) * this.constants.channels + this.thread.x,
          );
          s0 += x0 * d0;
          s1 += x1 * d1;
          s2 += x2 * d2;
          s3 += x3 * d3;
        }
      }
    }
  }
  return [s0, s1, s2, s3];
}

export function depthwiseGradientKernels(
  device: Device,
): Pick<Backend, 'depthwiseConv2dGradInput' | 'depthwiseConv2dGradFilter'> {
  return {
    depthwiseConv2dGradInput([dy, filter], window) {
      const { batch, inHeight, inWidth, inChannels, outChannels } = window;
      const multiplier = outChannels / inChannels;
      const length = batch * inHeight * inWidth * inChannels;
      const call = { inputs: [dy.buffer, filter.buffer], length };
      const constants = { ...windowConstants(window), channels: inChannels, multiplier };
      if (multiplier !== 1 || inChannels % 4 !== 0)
        return device.run({ ...call, kernel: depthwiseGradInputFloats, constants, grid: [length] });
      return device.run({
        ...call,
        kernel: depthwiseGradInputCells,
        constants: { ...constants, channels: inChannels / 4 },
        grid: [inChannels / 4, inWidth, batch * inHeight],
      });
    },

    depthwiseConv2dGradFilter([x, dy], window) {
      const { batch, outHeight, outWidth, kernelHeight, kernelWidth, inChannels, outChannels } = window;
      const multiplier = outChannels / inChannels;
      const taps = kernelHeight * kernelWidth;
      const size = taps * outChannels;
      const lines = batch * outHeight;
      return sumInParts(device, lines, outWidth, size, (parts) => {
        const call = { inputs: [x.buffer, dy.buffer], length: parts * size };
        const constants = { ...windowConstants(window), channels: inChannels, multiplier, rows: lines / parts, taps };
        if (multiplier !== 1 || inChannels % 4 !== 0)
          return device.run({ ...call, kernel: depthwiseGradFilterFloats, constants, grid: [call.length] });
        return device.run({
          ...call,
          kernel: depthwiseGradFilterCells,
          constants: { ...constants, channels: inChannels / 4 },
          grid: [inChannels / 4, taps, parts],
        });
      });
    },
  };
}
