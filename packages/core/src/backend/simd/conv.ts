/** @file Convolutions, as products of windows and filters. */
import type { Backend, Operand, Window2d } from '../backend.ts';
import { isPointwise } from '../pointwise.ts';
import { pointer, type SimdDevice } from './device.ts';
import type { SimdBuffer } from './memory.ts';
import { multiply, multiplyTransposed } from './product.ts';
import { axesOf, backward, windowsOf } from './window.ts';
import { applyFilter, canFilter, type Filtering, filterGradient } from './winograd.ts';

export function convKernels(device: SimdDevice): Pick<Backend, 'conv2d' | 'conv2dGradInput' | 'conv2dGradFilter'> {
  return {
    conv2d([x, filter, bias], window, shape) {
      const result = device.allocate(shape);
      const { inChannels: k, outChannels: n, activation } = window;
      const filtering = filteringOf(x, window);
      if (filtering && canFilter(filtering)) {
        const [{ taps: tapsY }, { taps: tapsX }] = filtering.windows;
        const right = { operand: filter, k, n, transposed: false, tapsY, tapsX, filterWidth: window.kernelWidth };
        applyFilter(device, filtering, right, result, bias, activation);
      } else {
        multiply(device, {
          left: { pointer: pointer(x), length: k, windows: filtering?.windows },
          right: { operand: filter, k: tapsOf(window) * k, n, transposed: false },
          m: pixelsOf(window),
          result,
          bias,
          activation,
        });
      }
      return result;
    },

    conv2dGradInput([dy, filter], window, shape) {
      const dx = device.allocate(shape);
      const [axisY, axisX] = axesOf(window);
      const { kernelWidth: filterWidth, inChannels: n, outChannels: k } = window;
      for (const y of backward(axisY)) {
        for (const x of backward(axisX)) {
          const right = { operand: filter, k, n, transposed: true, tapsY: y.taps, tapsX: x.taps, filterWidth };
          const windows = [y, x] as const;
          const filtering = { source: pointer(dy), windows, batch: window.batch, k, n };
          if (canFilter(filtering)) applyFilter(device, filtering, right, dx);
          else {
            multiply(device, {
              left: { pointer: pointer(dy), length: k, windows },
              right,
              m: window.batch * y.grid * x.grid,
              result: dx,
            });
          }
        }
      }
      return dx;
    },

    conv2dGradFilter([x, dy], window, shape): SimdBuffer {
      const gradient = device.allocate(shape);
      const filtering = filteringOf(x, window);
      if (filtering && canFilter(filtering)) {
        filterGradient(device, filtering, dy, gradient);
        return gradient;
      }
      multiplyTransposed(device, {
        left: { pointer: pointer(x), length: window.inChannels, windows: filtering?.windows },
        right: { operand: dy, k: pixelsOf(window), n: window.outChannels, transposed: false },
        m: tapsOf(window) * window.inChannels,
        result: gradient,
      });
      return gradient;
    },
  };
}

/** The image as windows; undefined if each window is a pixel, and so the image a matrix. */
function filteringOf(x: Operand, window: Window2d): Filtering | undefined {
  if (isPointwise(window)) return undefined;
  const { batch, inChannels: k, outChannels: n } = window;
  return { source: pointer(x), windows: windowsOf(window), batch, k, n };
}

const tapsOf = ({ kernelHeight, kernelWidth }: Window2d) => kernelHeight * kernelWidth;
const pixelsOf = ({ batch, outHeight, outWidth }: Window2d) => batch * outHeight * outWidth;
