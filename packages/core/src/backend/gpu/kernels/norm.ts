/** @file Batch normalisation. Kernels come twice: for cells of four channels, and for any number of channels. */
import { at, type Shape, sizeOf } from '../../../shape.ts';
import type { Backend, Buffer, Operand } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, KernelFunction, ScalarFunction, Thread } from '../dialect.ts';
import { MAX_PART, reduceKernels } from './reduce.ts';
import { cellGrid, floatGrid } from './sizes.ts';

/** Rows are all axes of x but the last. `channels` counts cells in the kernels of cells. */
type Parts = Thread<
  { channels: number; rows: number; partLength: number },
  { term(deviation: number, y: number): number }
>;

/** The sums of term(x - centre, y) over parts of the rows; the centre is scale * sums[channel]. */
function sumTermsCells(this: Parts, x: Floats, y: Floats, sums: Floats, scale: number): Cell {
  const part = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - part * this.constants.channels;
  const [c0, c1, c2, c3] = sums.cell(channel);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < this.constants.partLength; i++) {
    const row = part * this.constants.partLength + i;
    if (row < this.constants.rows) {
      const [x0, x1, x2, x3] = x.cell(row * this.constants.channels + channel);
      const [y0, y1, y2, y3] = y.cell(row * this.constants.channels + channel);
      s0 += this.term(x0 - scale * c0, y0);
      s1 += this.term(x1 - scale * c1, y1);
      s2 += this.term(x2 - scale * c2, y2);
      s3 += this.term(x3 - scale * c3, y3);
    }
  }
  return [s0, s1, s2, s3];
}

function sumTermsFloats(this: Parts, x: Floats, y: Floats, sums: Floats, scale: number): number {
  const part = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - part * this.constants.channels;
  const centre = scale * sums.at(channel);
  let total = 0;
  for (let i = 0; i < this.constants.partLength; i++) {
    const row = part * this.constants.partLength + i;
    if (row < this.constants.rows) {
      const index = row * this.constants.channels + channel;
      total += this.term(x.at(index) - centre, y.at(index));
    }
  }
  return total;
}

const square: ScalarFunction = (deviation, _y) => deviation * deviation;
const product: ScalarFunction = (deviation, y) => deviation * y;

type Channels = Thread<{ channels: number }>;

/** [2, C]: means and variances from the sums of x and of squared deviations. */
function moments(this: Channels, sums: Floats, squares: Floats, rows: number): number {
  const row = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - row * this.constants.channels;
  const mean = sums.at(channel) / rows;
  const variance = squares.at(channel) / rows;
  return row === 0 ? mean : variance;
}

/** [2, C]: by gamma and by beta, from the sums of dy * (x - mean) and of dy. */
function gradParameters(this: Channels, moments: Floats, products: Floats, sums: Floats, epsilon: number): number {
  const row = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - row * this.constants.channels;
  const byGamma = products.at(channel) / Math.sqrt(moments.at(this.constants.channels + channel) + epsilon);
  const byBeta = sums.at(channel);
  return row === 0 ? byGamma : byBeta;
}

type Normalise = Thread<
  { channels: number },
  { normalise(x: number, mean: number, variance: number, gamma: number, beta: number, epsilon: number): number }
>;

const normalise: ScalarFunction = (x, mean, variance, gamma, beta, epsilon) =>
  ((x - mean) / Math.sqrt(variance + epsilon)) * gamma + beta;

function batchNormCells(
  this: Normalise,
  x: Floats,
  moments: Floats,
  gamma: Floats,
  beta: Floats,
  epsilon: number,
): Cell {
  const channel = this.thread.x - this.divide(this.thread.x, this.constants.channels) * this.constants.channels;
  const [x0, x1, x2, x3] = x.cell(this.thread.x);
  const [m0, m1, m2, m3] = moments.cell(channel);
  const [v0, v1, v2, v3] = moments.cell(this.constants.channels + channel);
  const [g0, g1, g2, g3] = gamma.cell(channel);
  const [b0, b1, b2, b3] = beta.cell(channel);
  return [
    this.normalise(x0, m0, v0, g0, b0, epsilon),
    this.normalise(x1, m1, v1, g1, b1, epsilon),
    this.normalise(x2, m2, v2, g2, b2, epsilon),
    this.normalise(x3, m3, v3, g3, b3, epsilon),
  ];
}

function batchNormFloats(
  this: Normalise,
  x: Floats,
  moments: Floats,
  gamma: Floats,
  beta: Floats,
  epsilon: number,
): number {
  const channel = this.thread.x - this.divide(this.thread.x, this.constants.channels) * this.constants.channels;
  const variance = moments.at(this.constants.channels + channel);
  return this.normalise(
    x.at(this.thread.x),
    moments.at(channel),
    variance,
    gamma.at(channel),
    beta.at(channel),
    epsilon,
  );
}

type GradInput = Thread<
  { channels: number },
  {
    gradient(
      dy: number,
      x: number,
      mean: number,
      variance: number,
      gamma: number,
      dGamma: number,
      dBeta: number,
      epsilon: number,
      share: number,
    ): number;
  }
>;

/** `share` is what each row bears of the batch's mean and variance: 1 / rows, or 0 where these are constants. */
function gradient(
  dy: number,
  x: number,
  mean: number,
  variance: number,
  gamma: number,
  dGamma: number,
  dBeta: number,
  epsilon: number,
  share: number,
): number {
  const inverse = 1 / Math.sqrt(variance + epsilon);
  return gamma * inverse * (dy - share * (dBeta + (x - mean) * inverse * dGamma));
}

function gradInputCells(
  this: GradInput,
  x: Floats,
  moments: Floats,
  gamma: Floats,
  dy: Floats,
  gradParameters: Floats,
  epsilon: number,
  share: number,
): Cell {
  const channel = this.thread.x - this.divide(this.thread.x, this.constants.channels) * this.constants.channels;
  const [x0, x1, x2, x3] = x.cell(this.thread.x);
  const [d0, d1, d2, d3] = dy.cell(this.thread.x);
  const [m0, m1, m2, m3] = moments.cell(channel);
  const [v0, v1, v2, v3] = moments.cell(this.constants.channels + channel);
  const [g0, g1, g2, g3] = gamma.cell(channel);
  const [p0, p1, p2, p3] = gradParameters.cell(channel);
  const [q0, q1, q2, q3] = gradParameters.cell(this.constants.channels + channel);
  return [
    this.gradient(d0, x0, m0, v0, g0, p0, q0, epsilon, share),
    this.gradient(d1, x1, m1, v1, g1, p1, q1, epsilon, share),
    this.gradient(d2, x2, m2, v2, g2, p2, q2, epsilon, share),
    this.gradient(d3, x3, m3, v3, g3, p3, q3, epsilon, share),
  ];
}

function gradInputFloats(
  this: GradInput,
  x: Floats,
  moments: Floats,
  gamma: Floats,
  dy: Floats,
  gradParameters: Floats,
  epsilon: number,
  share: number,
): number {
  const channel = this.thread.x - this.divide(this.thread.x, this.constants.channels) * this.constants.channels;
  const mean = moments.at(channel);
  const variance = moments.at(this.constants.channels + channel);
  const dGamma = gradParameters.at(channel);
  const dBeta = gradParameters.at(this.constants.channels + channel);
  const scale = gamma.at(channel);
  return this.gradient(dy.at(this.thread.x), x.at(this.thread.x), mean, variance, scale, dGamma, dBeta, epsilon, share);
}

export function normKernels(
  device: Device,
): Pick<Backend, 'batchNorm' | 'channelMoments' | 'batchNormGradParameters' | 'batchNormGradInput'> {
  const { reduce } = reduceKernels(device);
  const sumRows = (x: Operand, channels: number): Buffer => {
    const view = { outer: 1, length: sizeOf(x.shape) / channels, inner: channels };
    return reduce([x], { fn: 'sum', ...view }, [channels]);
  };

  /** [C]: the sums over the rows of term(x - scale * sums, y). */
  const sumTerms = (x: Operand, y: Buffer, sums: Buffer, scale: number, term: ScalarFunction): Buffer => {
    const channels = at(x.shape, -1);
    const rows = sizeOf(x.shape) / channels;
    const parts = Math.ceil(rows / MAX_PART);
    const buffer = device.run({
      inputs: [x.buffer, y, sums],
      numbers: [scale],
      functions: { term },
      ...variant(sumTermsCells, sumTermsFloats, [parts, channels], { rows, partLength: Math.ceil(rows / parts) }),
    });
    if (parts === 1) return buffer;
    const result = sumRows({ shape: [parts, channels], buffer }, channels);
    device.release(buffer);
    return result;
  };

  return {
    channelMoments([x], _attributes, shape) {
      const channels = at(shape, 1);
      const rows = sizeOf(x.shape) / channels;
      const sums = sumRows(x, channels);
      // squared distances from the mean: the mean of squares less the squared mean would cancel
      const squares = sumTerms(x, x.buffer, sums, 1 / rows, square);
      const result = device.run({
        kernel: moments,
        inputs: [sums, squares],
        numbers: [rows],
        constants: { channels },
        ...floatGrid(shape),
      });
      device.release(sums);
      device.release(squares);
      return result;
    },

    batchNorm: ([x, moments, gamma, beta], { epsilon }, shape) =>
      device.run({
        inputs: [x.buffer, moments.buffer, gamma.buffer, beta.buffer],
        numbers: [epsilon],
        functions: { normalise },
        ...variant(batchNormCells, batchNormFloats, shape),
      }),

    batchNormGradParameters([x, moments, dy], { epsilon }, shape) {
      const channels = at(shape, 1);
      const products = sumTerms(x, dy.buffer, moments.buffer, 1, product);
      const sums = sumRows(dy, channels);
      const result = device.run({
        kernel: gradParameters,
        inputs: [moments.buffer, products, sums],
        numbers: [epsilon],
        constants: { channels },
        ...floatGrid(shape),
      });
      device.release(products);
      device.release(sums);
      return result;
    },

    batchNormGradInput: ([x, moments, gamma, dy, gradParameters], { epsilon, training }, shape) =>
      device.run({
        inputs: [x.buffer, moments.buffer, gamma.buffer, dy.buffer, gradParameters.buffer],
        numbers: [epsilon, training ? at(shape, -1) / sizeOf(shape) : 0],
        functions: { gradient },
        ...variant(gradInputCells, gradInputFloats, shape),
      }),
  };
}

/** The kernel that suits the number of channels, the last axis of a result of this shape. */
function variant(cells: KernelFunction, floats: KernelFunction, shape: Shape, sizes: Record<string, number> = {}) {
  const channels = at(shape, -1);
  return channels % 4 === 0
    ? { kernel: cells, constants: { channels: channels / 4, ...sizes }, ...cellGrid(shape) }
    : { kernel: floats, constants: { channels, ...sizes }, ...floatGrid(shape) };
}
