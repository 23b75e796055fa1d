/** @file Pooling. */
import { sizeOf } from '../../shape.ts';
import type { Backend, Operand, Window2d } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import { axesOf, forward, windowIntegers } from './window.ts';

/** Channels of an item of the derivatives, as in assembly/pool.ts. */
const GROUP = 16;

export function poolKernels(
  device: SimdDevice,
): Pick<Backend, 'maxPool2d' | 'maxPool2dGrad' | 'avgPool2d' | 'avgPool2dGrad'> {
  const pool = (x: Operand, window: Window2d, isAverage: boolean) => {
    const { batch, outHeight, outWidth, outChannels } = window;
    const y = device.allocate([batch, outHeight, outWidth, outChannels]);
    device.run('pool', {
      integers: withWindow([pointer(x), y.pointer, window.inChannels, Number(isAverage)], window),
      items: batch * outHeight,
      work: sizeOf(x.shape) * MEMORY_BOUND,
    });
    return y;
  };

  const spread = (operands: readonly number[], window: Window2d, isAverage: boolean) => {
    const { batch, inHeight, inWidth, inChannels } = window;
    const shape = [batch, inHeight, inWidth, inChannels];
    const dx = device.allocate(shape);
    device.run('poolGrad', {
      integers: withWindow([...operands, dx.pointer, inChannels, Number(isAverage)], window),
      items: batch * Math.ceil(inChannels / GROUP),
      work: 2 * sizeOf(shape) * MEMORY_BOUND,
    });
    return dx;
  };

  return {
    maxPool2d: ([x], window) => pool(x, window, false),
    avgPool2d: ([x], window) => pool(x, window, true),
    maxPool2dGrad: ([x, y, dy], window) => spread([pointer(x), pointer(y), pointer(dy)], window, false),
    // there are no x and y: any address that can be read stands in for them
    avgPool2dGrad: ([dy], window) => spread([pointer(dy), pointer(dy), pointer(dy)], window, true),
  };
}

function withWindow(integers: readonly number[], window: Window2d): number[] {
  const [y, x] = axesOf(window);
  const gap = new Array<number>(32 - integers.length).fill(0);
  return [...integers, ...gap, ...windowIntegers(forward(y), forward(x))];
}
