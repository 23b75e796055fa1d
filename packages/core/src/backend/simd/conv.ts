/** @file Convolutions, as products of windows and filters. */
import type { Backend, Operand, Window2d } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import type { SimdBuffer } from './memory.ts';
import { type LeftSide, multiply, multiplyTransposed, type Windows } from './product.ts';
import { axesOf, backward, forward, type WindowAxis, windowIntegers } from './window.ts';
import { applyFilter, canFilter, type Filtering, filterGradient } from './winograd.ts';

export function convKernels(device: SimdDevice): Pick<Backend, 'conv2d' | 'conv2dGradInput' | 'conv2dGradFilter'> {
  return {
    conv2d([x, filter, bias], window, shape) {
      const result = device.allocate(shape);
      const filtering = filteringOf(x, window);
      const { inChannels, outChannels: n, activation } = window;
      const right = { operand: filter, n, transposed: false };
      if (canFilter(filtering)) {
        const taps = { tapsY: filtering.y.taps, tapsX: filtering.x.taps, filterWidth: window.kernelWidth };
        applyFilter(device, filtering, { ...right, ...taps, k: inChannels }, result, bias, activation);
      } else {
        multiply(device, {
          left: windows(x, window),
          right: { ...right, k: tapsOf(window) * inChannels },
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
          const filtering = { source: pointer(dy), y, x, batch: window.batch, k, n };
          if (canFilter(filtering)) applyFilter(device, filtering, right, dx);
          else {
            multiply(device, {
              left: { pointer: pointer(dy), length: k, window: windowOf(y, x) },
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
      if (canFilter(filtering)) {
        filterGradient(device, filtering, dy, gradient);
        return gradient;
      }
      multiplyTransposed(device, {
        left: windows(x, window),
        right: { operand: dy, k: pixelsOf(window), n: window.outChannels, transposed: false },
        m: tapsOf(window) * window.inChannels,
        result: gradient,
      });
      return gradient;
    },
  };
}

function filteringOf(x: Operand, window: Window2d): Filtering {
  const [axisY, axisX] = axesOf(window);
  const { batch, inChannels: k, outChannels: n } = window;
  return { source: pointer(x), y: forward(axisY), x: forward(axisX), batch, k, n };
}

/** The image as the left side of a product: a matrix if each window is a pixel. */
function windows(x: Operand, window: Window2d): LeftSide {
  const left = { pointer: pointer(x), length: window.inChannels };
  if (isPointwise(window)) return left;
  const [y, xAxis] = axesOf(window);
  return { ...left, window: windowOf(forward(y), forward(xAxis)) };
}

function windowOf(y: WindowAxis, x: WindowAxis): Windows {
  return { integers: windowIntegers(y, x), taps: y.taps.count * x.taps.count };
}

function isPointwise(window: Window2d): boolean {
  const { inHeight, inWidth, outHeight, outWidth, strideY, strideX, padTop, padLeft } = window;
  const isWhole = outHeight === inHeight && outWidth === inWidth && padTop === 0 && padLeft === 0;
  return tapsOf(window) === 1 && strideY === 1 && strideX === 1 && isWhole;
}

const tapsOf = ({ kernelHeight, kernelWidth }: Window2d) => kernelHeight * kernelWidth;
const pixelsOf = ({ batch, outHeight, outWidth }: Window2d) => batch * outHeight * outWidth;
