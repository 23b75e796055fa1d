/** @file Pooling. */
import { type Shape, sizeOf } from '../../shape.ts';
import type { Backend, Window2d } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import { windowsOf } from './window.ts';

/** Floats of dx that an item of the derivatives fills, or somewhat more: they stay in the cache while windows add to them. */
const BAND = 2 ** 14;

export function poolKernels(
  device: SimdDevice,
): Pick<Backend, 'maxPool2d' | 'maxPool2dGrad' | 'avgPool2d' | 'avgPool2dGrad'> {
  const pool = (kernel: 'maxPool' | 'avgPool', x: number, window: Window2d, shape: Shape) => {
    const y = device.allocate(shape);
    device.run(kernel, {
      integers: [x, y.pointer, window.inChannels],
      windows: windowsOf(window),
      items: window.batch * window.outHeight,
      work: sizeOf(shape) * window.kernelHeight * window.kernelWidth * MEMORY_BOUND,
    });
    return y;
  };

  /** @param bandRows rows of dx that an item computes, by all windows that reach them */
  const divide = (kernel: 'maxPoolGrad' | 'avgPoolGrad', pointers: readonly number[], window: Window2d) => {
    const { batch, inHeight, inWidth, inChannels, strideY } = window;
    const bandRows = strideY * Math.ceil(BAND / (strideY * inWidth * inChannels));
    device.run(kernel, {
      integers: [...pointers, inChannels, bandRows],
      windows: windowsOf(window),
      items: batch * Math.ceil(inHeight / bandRows),
      work: 2 * batch * inHeight * inWidth * inChannels * MEMORY_BOUND,
    });
  };

  return {
    maxPool2d: ([x], window, shape) => pool('maxPool', pointer(x), window, shape),
    avgPool2d: ([x], window, shape) => pool('avgPool', pointer(x), window, shape),

    maxPool2dGrad([x, y, dy], window, shape) {
      const dx = device.allocate(shape);
      divide('maxPoolGrad', [pointer(x), pointer(y), pointer(dy), dx.pointer], window);
      return dx;
    },

    avgPool2dGrad([dy], window, shape) {
      const dx = device.allocate(shape);
      divide('avgPoolGrad', [dx.pointer, pointer(dy), pointer(dy), dx.pointer], window);
      return dx;
    },
  };
}
