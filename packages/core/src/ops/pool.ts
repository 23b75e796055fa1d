/** @file Pooling. */
import { compute, run } from '../autograd/tape.ts';
import type { Window2d } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import { at, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { checkImages } from './check.ts';
import { mean } from './reduce.ts';
import { type Padding, type Pair, pair, window2d } from './window.ts';

export interface PoolOptions {
  /** 2 unless given. */
  readonly poolSize?: Pair;
  /** The pool size unless given. */
  readonly strides?: Pair;
  /** 'valid' unless given. */
  readonly padding?: Padding;
}

/**
 * The largest pixel of each window of [N, H, W, C], channel by channel. Padding never wins.
 * @returns [N, oh, ow, C]
 * @throws ShapeError, DTypeError, ArgumentError, also for windows without a pixel
 */
export function maxPool2d(x: Tensor, options: PoolOptions = {}): Tensor {
  checkImages('maxPool2d', x);
  const window = poolWindow('maxPool2d', x, options);
  return run('maxPool2d', [x], window, outShape(window));
}

/**
 * The average of the pixels of each window of [N, H, W, C]; padding does not count, as in TensorFlow.
 * @returns [N, oh, ow, C]
 * @throws ShapeError, DTypeError, ArgumentError, also for windows without a pixel
 */
export function avgPool2d(x: Tensor, options: PoolOptions = {}): Tensor {
  checkImages('avgPool2d', x);
  const window = poolWindow('avgPool2d', x, options);
  return run('avgPool2d', [x], window, outShape(window));
}

/** [N, H, W, C] to the averages [N, C]. @throws ShapeError, DTypeError */
export function globalAveragePool2d(x: Tensor): Tensor {
  checkImages('globalAveragePool2d', x);
  return mean(x, [1, 2]);
}

/** How the window slides over images [N, H, W, C]. @throws ShapeError, ArgumentError, also for windows without a pixel */
export function poolWindow(
  operator: string,
  x: { readonly shape: Shape },
  { poolSize = 2, strides = poolSize, padding = 'valid' }: PoolOptions,
): Window2d {
  const [kernelHeight, kernelWidth] = pair(operator, 'poolSize', poolSize);
  const window = window2d(
    operator,
    x,
    { kernelHeight, kernelWidth, outChannels: at(x.shape, 3) },
    { strides, padding },
  );
  const lastRow = (window.outHeight - 1) * window.strideY - window.padTop;
  const lastColumn = (window.outWidth - 1) * window.strideX - window.padLeft;
  if (
    window.padTop >= kernelHeight ||
    window.padLeft >= kernelWidth ||
    lastRow >= window.inHeight ||
    lastColumn >= window.inWidth
  ) {
    throw new ArgumentError(
      operator,
      `padding ${JSON.stringify(padding)} leaves windows of ${kernelHeight} x ${kernelWidth} without a pixel`,
    );
  }
  return window;
}

const outShape = ({ batch, outHeight, outWidth, outChannels }: Window2d) => [batch, outHeight, outWidth, outChannels];

/** The derivative of maxPool2d: to the first largest pixel of each window. */
export function maxPool2dGrad(x: Tensor, y: Tensor, dy: Tensor, window: Window2d): Tensor {
  return compute('maxPool2dGrad', [x, y, dy], x.shape, (backend) => backend.maxPool2dGrad([x, y, dy], window, x.shape));
}

/** The derivative of avgPool2d. */
export function avgPool2dGrad(dy: Tensor, window: Window2d): Tensor {
  const shape = [window.batch, window.inHeight, window.inWidth, window.inChannels];
  return compute('avgPool2dGrad', [dy], shape, (backend) => backend.avgPool2dGrad([dy], window, shape));
}
