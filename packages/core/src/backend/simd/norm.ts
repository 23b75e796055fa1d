/** @file Normalisation. */
import { BackendError } from '../../errors.ts';
import { at, sizeOf } from '../../shape.ts';
import type { Backend, LrnAttributes, Operand } from '../backend.ts';
import { pointer, SCRATCH_BYTES, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import type { SimdBuffer } from './memory.ts';

/** Floats that are worth an item, and items that threads share at most. */
const ITEM = 2 ** 12;
const MIN_PART = 2 ** 14;
const MAX_PARTS = 64;

/** Channels of an item of statistics, as in assembly/norm.ts. */
const STRIP = 256;

/** Rows of channels that local response normalisation keeps in scratch memory, its derivative at least. */
const LRN_ROWS = 2;

/** What a pixel's channel costs in local response normalisation, but for its neighbours. */
const POWER = 64;

export function normKernels(
  device: SimdDevice,
): Pick<
  Backend,
  | 'batchNorm'
  | 'channelMoments'
  | 'batchNormGradParameters'
  | 'batchNormGradInput'
  | 'localResponseNormalization'
  | 'localResponseNormalizationGrad'
> {
  /** Two statistics of each channel of x: first those of parts of the rows by one kernel, then of them all by another. */
  const statistics = (
    [partsKernel, kernel]: [string, string],
    x: Operand,
    origin: Operand,
    dy: Operand,
    floats: number[],
  ): SimdBuffer => {
    const channels = at(x.shape, -1);
    const rows = sizeOf(x.shape) / channels;
    const width = Math.min(channels, STRIP);
    const partRows = Math.max(Math.ceil(MIN_PART / width), Math.ceil(rows / MAX_PARTS));
    const parts = Math.ceil(rows / partRows);
    const step = 4 * Math.ceil(channels / 4);
    const partial = device.allocate([parts, 2, step]);
    const integers = [partial.pointer, step, rows, channels, partRows, pointer(origin)];
    device.run(partsKernel, {
      integers: [...integers, pointer(x), pointer(dy)],
      items: parts * Math.ceil(channels / STRIP),
      work: rows * channels * MEMORY_BOUND,
    });
    const result = device.allocate([2, channels]);
    device.run(kernel, {
      integers: [...integers, pointer(x), result.pointer],
      floats,
      items: Math.ceil(channels / 4),
      work: parts * channels * MEMORY_BOUND,
    });
    device.release(partial);
    return result;
  };

  /** (x - mean) * slope + offset [+ dy * scale], by a table of these factors. */
  const apply = (tableKernel: string, operands: readonly Operand[], floats: number[], x: Operand, dy?: Operand) => {
    const channels = at(x.shape, -1);
    const { width, step } = tableSize(channels);
    const table = device.allocate([4, step]);
    const integers = [table.pointer, width, step];
    device.run(tableKernel, { integers: [...integers, channels, ...operands.map(pointer)], floats, items: 1, work: 0 });
    const y = device.allocate(x.shape);
    const count = sizeOf(x.shape);
    const itemFloats = width * Math.ceil(ITEM / width);
    device.run('batchNorm', {
      integers: [...integers, count, itemFloats, y.pointer, pointer(x), dy ? pointer(dy) : 0],
      items: Math.ceil(count / itemFloats),
      work: count * MEMORY_BOUND,
    });
    device.release(table);
    return y;
  };

  const lrn = (kernel: string, x: Operand, others: readonly number[], attributes: LrnAttributes) => {
    const { bias, alpha, beta } = attributes;
    const result = device.allocate(x.shape);
    const channels = at(x.shape, -1);
    // a larger radius than this adds nothing but zeros
    const radius = Math.min(attributes.depthRadius, channels - 1);
    if (LRN_ROWS * 4 * (channels + 2 * radius + 4) > SCRATCH_BYTES)
      throw new BackendError('simd', `${kernel}: ${channels} channels do not fit the kernels' memory`);
    device.run(kernel, {
      integers: [pointer(x), result.pointer, channels, radius, ...others],
      floats: [bias, alpha, beta],
      items: sizeOf(x.shape) / channels,
      work: sizeOf(x.shape) * (POWER + 2 * radius),
    });
    return result;
  };

  return {
    channelMoments: ([x]) => statistics(['channelMomentParts', 'channelMoments'], x, x, x, []),

    batchNorm: ([x, moments, gamma, beta], { epsilon }) =>
      apply('batchNormTable', [moments, gamma, beta], [epsilon], x),

    batchNormGradParameters: ([x, moments, dy], { epsilon }) =>
      statistics(['batchNormGradientParts', 'batchNormGradParameters'], x, moments, dy, [epsilon]),

    batchNormGradInput([x, moments, gamma, dy, gradParameters], { epsilon, training }, shape) {
      const share = training ? at(shape, -1) / sizeOf(shape) : 0;
      return apply('batchNormGradTable', [moments, gamma, gradParameters], [epsilon, share], x, dy);
    },

    localResponseNormalization: ([x], attributes) => lrn('localResponseNormalization', x, [], attributes),
    localResponseNormalizationGrad: ([x, dy], attributes) =>
      lrn('localResponseNormalizationGrad', x, [pointer(dy)], attributes),
  };
}

/** The floats of an array of the table, a multiple of the channels and of 4, and those from one array to the next. */
function tableSize(channels: number): { width: number; step: number } {
  const MIN_WIDTH = 64;
  let width = channels;
  while (width % 4 !== 0 || width < MIN_WIDTH) width += channels;
  return { width, step: width + 4 };
}
