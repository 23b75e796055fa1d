/** @file Depthwise 2-D convolution. */
import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, Thread } from '../dialect.ts';
import { depthwiseGradientKernels } from './depthwise-gradients.ts';
import { epilogue } from './functions.ts';
import { type WindowConstants, windowConstants } from './window.ts';

type Depthwise = Thread<
  WindowConstants & { channels: number; multiplier: number; hasBias: number },
  { f(x: number, alpha: number, beta: number): number }
>;

/** Any number of channels, any multiplier. */
function depthwiseFloats(this: Depthwise, x: Floats, filter: Floats, bias: Floats): number {
  const outChannels = this.constants.channels * this.constants.multiplier;
  const pixel = this.divide(this.thread.x, outChannels);
  const outChannel = this.thread.x - pixel * outChannels;
  const channel = this.divide(outChannel, this.constants.multiplier);
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
          const position = (image * this.constants.inHeight + row) * this.constants.inWidth + column;
          total +=
            x.at(position * this.constants.channels + channel) *
            filter.at((ky * this.constants.kernelWidth + kx) * outChannels + outChannel);
        }
      }
    }
  }
  const shift = bias.at(outChannel);
  return this.f(this.constants.hasBias === 1 ? total + shift : total, 0, 0);
}

/** Multiplier 1, and channels in cells: `channels` counts them. */
function depthwiseCells(this: Depthwise, x: Floats, filter: Floats, bias: Floats): Cell {
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
          const position = (image * this.constants.inHeight + row) * this.constants.inWidth + column;
          const [x0, x1, x2, x3] = x.cell(position * this.constants.channels + this.thread.x);
          const [w0, w1, w2, w3] = filter.cell(
            (ky * this.constants.kernelWidth + kx) * this.constants.channels + this.thread.x,
          );
          s0 += x0 * w0;
          s1 += x1 * w1;
          s2 += x2 * w2;
          s3 += x3 * w3;
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

export function depthwiseKernels(
  device: Device,
): Pick<Backend, 'depthwiseConv2d' | 'depthwiseConv2dGradInput' | 'depthwiseConv2dGradFilter'> {
  return {
    depthwiseConv2d([x, filter, bias], attributes) {
      const { batch, outHeight, outWidth, inChannels, outChannels, activation } = attributes;
      const multiplier = outChannels / inChannels;
      const call = {
        inputs: [x.buffer, filter.buffer, bias?.buffer ?? filter.buffer],
        functions: { f: epilogue(activation) },
        length: batch * outHeight * outWidth * outChannels,
      };
      const constants = { ...windowConstants(attributes), channels: inChannels, multiplier, hasBias: bias ? 1 : 0 };
      if (multiplier !== 1 || inChannels % 4 !== 0)
        return device.run({ ...call, kernel: depthwiseFloats, constants, grid: [call.length] });
      return device.run({
        ...call,
        kernel: depthwiseCells,
        constants: { ...constants, channels: inChannels / 4 },
        grid: [inChannels / 4, outWidth, batch * outHeight],
      });
    },
    ...depthwiseGradientKernels(device),
  };
}
