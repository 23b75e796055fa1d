/** @file Normalisation. */
import { at, type Shape, sizeOf } from '../../shape.ts';
import type { Backend, LrnAttributes, Operand } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import { sumParts } from './reduce.ts';

/** Parts of the rows at most, and floats of a part at least. */
const MAX_PARTS = 64;
const MIN_PART = 4096;

/** What a pixel's channel costs in local response normalisation, but for its neighbours. */
const POWER = 64;

/** x as rows of channels, in parts that threads share. */
function rowsOf(shape: Shape) {
  const channels = at(shape, -1);
  const rows = sizeOf(shape) / channels;
  const partRows = Math.max(Math.ceil(rows / MAX_PARTS), Math.ceil(MIN_PART / channels));
  return { rows, channels, partRows, parts: Math.ceil(rows / partRows), work: rows * channels * MEMORY_BOUND };
}

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
  const lrn = (kernel: string, x: Operand, others: readonly number[], attributes: LrnAttributes) => {
    const { depthRadius, bias, alpha, beta } = attributes;
    const result = device.allocate(x.shape);
    const channels = at(x.shape, -1);
    device.run(kernel, {
      integers: [pointer(x), result.pointer, channels, depthRadius, ...others],
      floats: [bias, alpha, beta],
      items: sizeOf(x.shape) / channels,
      work: sizeOf(x.shape) * (POWER + 2 * depthRadius),
    });
    return result;
  };

  return {
    channelMoments([x], _attributes, shape) {
      const { rows, channels, partRows, parts, work } = rowsOf(x.shape);
      const moments = device.allocate(shape);
      const partial = device.allocate([parts, 2, channels]);
      device.run('moments', {
        integers: [pointer(x), partial.pointer, rows, channels, partRows],
        items: parts,
        work,
      });
      device.run('uniteMoments', {
        integers: [partial.pointer, moments.pointer, rows, channels, partRows],
        items: channels,
        work: parts * channels * MEMORY_BOUND,
      });
      device.release(partial);
      return moments;
    },

    batchNorm([x, moments, gamma, beta], { epsilon }, shape) {
      const y = device.allocate(shape);
      const { rows, channels, partRows, parts, work } = rowsOf(shape);
      device.run('batchNorm', {
        integers: [
          ...[pointer(x), pointer(moments), y.pointer, rows, channels, partRows],
          ...[pointer(gamma), pointer(beta)],
        ],
        floats: [epsilon],
        items: parts,
        work,
      });
      return y;
    },

    batchNormGradParameters([x, moments, dy], { epsilon }, shape) {
      const gradients = device.allocate(shape);
      const { rows, channels, partRows, parts, work } = rowsOf(x.shape);
      sumParts(device, parts, shape, gradients, (sums) =>
        device.run('batchNormGradParameters', {
          integers: [pointer(x), pointer(moments), sums, rows, channels, partRows, pointer(dy)],
          floats: [epsilon],
          items: parts,
          work,
        }),
      );
      return gradients;
    },

    batchNormGradInput([x, moments, gamma, dy, gradParameters], { epsilon, training }, shape) {
      const dx = device.allocate(shape);
      const { rows, channels, partRows, parts, work } = rowsOf(shape);
      device.run('batchNormGradInput', {
        integers: [
          ...[pointer(x), pointer(moments), dx.pointer, rows, channels, partRows],
          ...[pointer(gamma), pointer(dy), pointer(gradParameters)],
        ],
        floats: [epsilon, training ? 1 / rows : 0],
        items: parts,
        work,
      });
      return dx;
    },

    localResponseNormalization: ([x], attributes) => lrn('localResponseNormalization', x, [], attributes),
    localResponseNormalizationGrad: ([x, dy], attributes) =>
      lrn('localResponseNormalizationGrad', x, [pointer(dy)], attributes),
  };
}
