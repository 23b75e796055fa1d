/** @file Depthwise convolutions. */
import { sizeOf } from '../../shape.ts';
import type { Backend, Operand, Window2d } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import { activationId } from './elementwise.ts';
import { sumParts } from './reduce.ts';
import { axesOf, backward, type Windows, windowsOf } from './window.ts';

/** Kernels that serve filters with a multiplier: the image is repeated so that each channel has one filter. */
type Others = Pick<Backend, 'broadcastTo' | 'reduce'>;

/** Rows of dy whose products make one partial sum, and how many of these there are at most. */
const MIN_PART_ROWS = 8;
const MAX_PARTS = 16;

export function depthwiseKernels(
  device: SimdDevice,
  { broadcastTo, reduce }: Others,
): Pick<Backend, 'depthwiseConv2d' | 'depthwiseConv2dGradInput' | 'depthwiseConv2dGradFilter'> {
  const run = (windows: Windows, pointers: readonly number[], activation: number, window: Window2d) => {
    const [y, x] = windows;
    device.run('depthwise', {
      integers: [
        ...[...pointers, activation, window.outChannels, window.kernelWidth],
        ...[y.taps.first, y.taps.step, x.taps.first, x.taps.step],
      ],
      windows,
      items: window.batch * y.grid,
      work: 2 * window.batch * y.grid * x.grid * window.outChannels * y.taps.count * x.taps.count,
    });
  };

  /** Calls `use` with an image that has a channel for each of the result's. */
  const withEachChannel = (image: Operand, window: Window2d, use: (repeated: Operand) => void) => {
    if (window.outChannels === window.inChannels) return use(image);
    const shape = [sizeOf(image.shape), window.outChannels / window.inChannels];
    const repeated = broadcastTo([{ shape: [sizeOf(image.shape), 1], buffer: image.buffer }], {}, shape);
    use({ shape, buffer: repeated });
    device.release(repeated);
  };

  return {
    depthwiseConv2d([x, filter, bias], window, shape) {
      const result = device.allocate(shape);
      withEachChannel(x, window, (image) => {
        const pointers = [pointer(image), pointer(filter), result.pointer, bias ? pointer(bias) : 0];
        run(windowsOf(window), pointers, activationId(window.activation), window);
      });
      return result;
    },

    depthwiseConv2dGradInput([dy, filter], window, shape) {
      const multiplier = window.outChannels / window.inChannels;
      const outer = sizeOf(shape);
      const dx = device.allocate([outer, multiplier]);
      const [axisY, axisX] = axesOf(window);
      for (const y of backward(axisY)) {
        for (const x of backward(axisX)) run([y, x], [pointer(dy), pointer(filter), dx.pointer, 0], -1, window);
      }
      if (multiplier === 1) return dx;
      const operand = { shape: [outer, multiplier], buffer: dx };
      const sums = reduce([operand], { fn: 'sum', outer, length: multiplier, inner: 1 }, shape);
      device.release(dx);
      return sums;
    },

    depthwiseConv2dGradFilter([x, dy], window, shape) {
      const gradient = device.allocate(shape);
      const rows = window.batch * window.outHeight;
      const partRows = Math.max(Math.ceil(rows / MAX_PARTS), MIN_PART_ROWS);
      const parts = Math.ceil(rows / partRows);
      withEachChannel(x, window, (image) =>
        sumParts(device, parts, shape, gradient, (sums) =>
          device.run('depthwiseGradFilter', {
            integers: [pointer(image), pointer(dy), sums, partRows, rows, window.outChannels],
            windows: windowsOf(window),
            items: parts,
            work: 2 * sizeOf(dy.shape) * window.kernelHeight * window.kernelWidth,
          }),
        ),
      );
      return gradient;
    },
  };
}
