/** @file 2-D convolution. */
import type { Backend, Operand, Window2d } from '../../backend.ts';
import { isPointwise } from '../../pointwise.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, Thread } from '../dialect.ts';
import { convGradientKernels } from './conv-gradients.ts';
import { conv2dMixedTiles, conv2dTiles } from './conv-tiles.ts';
import { epilogue } from './functions.ts';
import { copyStrided } from './layout.ts';
import { matMulKernels } from './matmul.ts';
import { runTiled } from './tiles.ts';
import { type WindowConstants, windowConstants } from './window.ts';

type Conv = Thread<
  WindowConstants & { inChannels: number; outChannels: number; hasBias: number },
  { f(x: number, alpha: number, beta: number): number }
>;

/** Any number of channels. */
function conv2dFloats(this: Conv, x: Floats, filter: Floats, bias: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.outChannels);
  const channel = this.thread.x - pixel * this.constants.outChannels;
  const line = this.divide(pixel, this.constants.outWidth);
  const image = this.divide(line, this.constants.outHeight);
  const top = (line - image * this.constants.outHeight) * this.constants.strideY - this.constants.padTop;
  const left = (pixel - line * this.constants.outWidth) * this.constants.strideX - this.constants.padLeft;
  let total = 0;
  for (let ky = 0; ky < this.constants.kernelHeight; ky++) {
    const row = top + ky * this.constants.dilationY;
    if (row >= 0 && row < this.constants.inHeight) {
      for (let kx = 0; kx < this.constants.kernelWidth; kx++) {
        const column = left + kx * this.constants.dilationX;
        if (column >= 0 && column < this.constants.inWidth) {
          const start =
            ((image * this.constants.inHeight + row) * this.constants.inWidth + column) * this.constants.inChannels;
          const tap =
            (ky * this.constants.kernelWidth + kx) * this.constants.inChannels * this.constants.outChannels + channel;
          for (let i = 0; i < this.constants.inChannels; i++) {
            total += x.at(start + i) * filter.at(tap + i * this.constants.outChannels);
          }
        }
      }
    }
  }
  const shift = bias.at(channel);
  return this.f(this.constants.hasBias === 1 ? total + shift : total, 0, 0);
}

/** Result channels in cells, image channels one by one. */
function conv2dMixed(this: Conv, x: Floats, filter: Floats, bias: Floats): Cell {
  const image = this.divide(this.thread.z, this.constants.outHeight);
  const top = (this.thread.z - image * this.constants.outHeight) * this.constants.strideY - this.constants.padTop;
  const left = this.thread.y * this.constants.strideX - this.constants.padLeft;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let ky = 0; ky < this.constants.kernelHeight; ky++) {
    const row = top + ky * this.constants.dilationY;
    if (row >= 0 && row < this.constants.inHeight) {
      for (let kx = 0; kx < this.constants.kernelWidth; kx++) {
        const column = left + kx * this.constants.dilationX;
        if (column >= 0 && column < this.constants.inWidth) {
          const start =
            ((image * this.constants.inHeight + row) * this.constants.inWidth + column) * this.constants.inChannels;
          const tap =
            (ky * this.constants.kernelWidth + kx) * this.constants.inChannels * this.constants.outChannels +
            this.thread.x;
          for (let i = 0; i < this.constants.inChannels; i++) {
            const value = x.at(start + i);
            const [w0, w1, w2, w3] = filter.cell(tap + i * this.constants.outChannels);
            s0 += value * w0;
            s1 += value * w1;
            s2 += value * w2;
            s3 += value * w3;
          }
        }
      }
    }
  }
  const [b0, b1, b2, b3] = bias.cell(this.thread.x);
  return [
    this.f(this.constants.hasBias === 1 ? s0 + b0 : s0, 0, 0),
    this.f(this.constants.hasBias === 1 ? s1 + b1 : s1, 0, 0),
    this.f(this.constants.hasBias === 1 ? s2 + b2 : s2, 0, 0),
    this.f(this.constants.hasBias === 1 ? s3 + b3 : s3, 0, 0),
  ];
}

/** Both in cells: `inChannels` and `outChannels` count cells. */
function conv2dCells(this: Conv, x: Floats, filter: Floats, bias: Floats): Cell {
  const image = this.divide(this.thread.z, this.constants.outHeight);
  const top = (this.thread.z - image * this.constants.outHeight) * this.constants.strideY - this.constants.padTop;
  const left = this.thread.y * this.constants.strideX - this.constants.padLeft;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let ky = 0; ky < this.constants.kernelHeight; ky++) {
    const row = top + ky * this.constants.dilationY;
    if (row >= 0 && row < this.constants.inHeight) {
      for (let kx = 0; kx < this.constants.kernelWidth; kx++) {
        const column = left + kx * this.constants.dilationX;
        if (column >= 0 && column < this.constants.inWidth) {
          const start =
            ((image * this.constants.inHeight + row) * this.constants.inWidth + column) * this.constants.inChannels;
          const tap =
            (ky * this.constants.kernelWidth + kx) * this.constants.inChannels * 4 * this.constants.outChannels +
            this.thread.x;
          for (let i = 0; i < this.constants.inChannels; i++) {
            const [x0, x1, x2, x3] = x.cell(start + i);
            const [p0, p1, p2, p3] = filter.cell(tap + i * 4 * this.constants.outChannels);
            const [q0, q1, q2, q3] = filter.cell(tap + (i * 4 + 1) * this.constants.outChannels);
            const [r0, r1, r2, r3] = filter.cell(tap + (i * 4 + 2) * this.constants.outChannels);
            const [t0, t1, t2, t3] = filter.cell(tap + (i * 4 + 3) * this.constants.outChannels);
            s0 += x0 * p0 + x1 * q0 + x2 * r0 + x3 * t0;
            s1 += x0 * p1 + x1 * q1 + x2 * r1 + x3 * t1;
            s2 += x0 * p2 + x1 * q2 + x2 * r2 + x3 * t2;
            s3 += x0 * p3 + x1 * q3 + x2 * r3 + x3 * t3;
          }
        }
      }
    }
  }
  const [b0, b1, b2, b3] = bias.cell(this.thread.x);
  return [
    this.f(this.constants.hasBias === 1 ? s0 + b0 : s0, 0, 0),
    this.f(this.constants.hasBias === 1 ? s1 + b1 : s1, 0, 0),
    this.f(this.constants.hasBias === 1 ? s2 + b2 : s2, 0, 0),
    this.f(this.constants.hasBias === 1 ? s3 + b3 : s3, 0, 0),
  ];
}

export function convKernels(device: Device): Pick<Backend, 'conv2d' | 'conv2dGradInput' | 'conv2dGradFilter'> {
  const { matMul } = matMulKernels(device);
  const gradients = convGradientKernels(device);

  const conv2d: Backend['conv2d'] = ([x, filter, bias], attributes, shape) => {
    const { batch, inChannels, outHeight, outWidth, outChannels, activation } = attributes;
    if (isPointwise(attributes)) {
      const product = { batch: 1, m: batch * outHeight * outWidth, n: outChannels, k: inChannels, activation };
      return matMul([x, filter, bias], { ...product, ...plain, sharedB: true }, shape);
    }
    const call = {
      inputs: [x.buffer, filter.buffer, bias?.buffer ?? filter.buffer],
      functions: { f: epilogue(activation) },
      length: batch * outHeight * outWidth * outChannels,
    };
    const constants = { ...windowConstants(attributes), inChannels, outChannels, hasBias: bias ? 1 : 0 };
    if (outChannels % 4 !== 0) return device.run({ ...call, kernel: conv2dFloats, constants, grid: [call.length] });
    const inCells = inChannels % 4 === 0;
    const cells = { ...constants, inChannels: inCells ? inChannels / 4 : inChannels, outChannels: outChannels / 4 };
    const grid = [outChannels / 4, outWidth, batch * outHeight] as const;
    if (device.runTiles && outWidth >= 4) {
      const kernel = inCells ? conv2dTiles : conv2dMixedTiles;
      const tiled = { kernel, inputs: [x.buffer, filter.buffer], constants: cells, grid, length: call.length };
      return runTiled(device, device.runTiles, { ...tiled, bias: bias?.buffer, activation });
    }
    return device.run({ ...call, kernel: inCells ? conv2dCells : conv2dMixed, constants: cells, grid });
  };

  return {
    conv2d,

    conv2dGradInput([dy, filter], window, shape) {
      const { batch, inChannels, inHeight, inWidth, outChannels, strideY, strideX } = window;
      if (isPointwise(window)) {
        const product = {
          batch: 1,
          m: batch * inHeight * inWidth,
          n: inChannels,
          k: outChannels,
          activation: undefined,
        };
        return matMul([dy, filter, undefined], { ...product, ...plain, sharedB: true, transposeB: true }, shape);
      }
      if (strideY !== 1 || strideX !== 1 || inChannels % 4 !== 0)
        return gradients.conv2dGradInput([dy, filter], window, shape);
      const turned = turnedFilter(device, filter);
      const result = conv2d([dy, turned, undefined], { ...turnedWindow(window), activation: undefined }, shape);
      device.release(turned.buffer);
      return result;
    },

    conv2dGradFilter([x, dy], window, shape) {
      if (!isPointwise(window)) return gradients.conv2dGradFilter([x, dy], window, shape);
      const { batch, inChannels, inHeight, inWidth, outChannels } = window;
      const product = { batch: 1, m: inChannels, n: outChannels, k: batch * inHeight * inWidth, activation: undefined };
      return matMul([x, dy, undefined], { ...product, ...plain, transposeA: true }, shape);
    },
  };
}

const plain = { transposeA: false, transposeB: false, sharedA: false, sharedB: false };

/**
 * With stride 1, the derivative by the image is a convolution of dy too: with the filter turned by 180 degrees, its
 * matrices transposed, and the padding that brings each tap back to where it came from.
 */
function turnedWindow(window: Window2d): Window2d {
  const { kernelHeight, kernelWidth, dilationY, dilationX, padTop, padLeft } = window;
  return {
    ...window,
    inHeight: window.outHeight,
    inWidth: window.outWidth,
    inChannels: window.outChannels,
    outHeight: window.inHeight,
    outWidth: window.inWidth,
    outChannels: window.inChannels,
    padTop: (kernelHeight - 1) * dilationY - padTop,
    padLeft: (kernelWidth - 1) * dilationX - padLeft,
  };
}

function turnedFilter(device: Device, { buffer, shape }: Operand): Operand {
  const [kernelHeight, kernelWidth, inChannels, outChannels] = shape as [number, number, number, number];
  const taps = kernelHeight * kernelWidth;
  const matrix = inChannels * outChannels;
  const sizes = [taps, outChannels, inChannels];
  const strides = [-matrix, 1, outChannels];
  return {
    shape: [kernelHeight, kernelWidth, outChannels, inChannels],
    buffer: copyStrided(device, 'conv2d', buffer, sizes, { strides, offset: (taps - 1) * matrix }),
  };
}
