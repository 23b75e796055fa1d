/** @file Convolutions, dense and depthwise. */
import { compute, type Inputs, run } from '../autograd/tape.ts';
import type { Activation, Window2d } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import { at, formatShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { activated } from './activation.ts';
import { checkActivation, checkDType, checkImages, checkRank, checkVector } from './check.ts';
import { type WindowOptions, window2d } from './window.ts';

export interface ConvOptions extends WindowOptions {
  /** [out], added to each pixel. */
  readonly bias?: Tensor | undefined;
  /** Applied last; without a tape to record, in the same kernel. */
  readonly activation?: Activation | undefined;
}

/**
 * 2-D convolution (cross-correlation, as everywhere in deep learning).
 * @param x [N, H, W, in]
 * @param filter [kh, kw, in, out]
 * @returns [N, oh, ow, out]
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function conv2d(x: Tensor, filter: Tensor, options: ConvOptions = {}): Tensor {
  const [kernelHeight, kernelWidth, channels, outChannels] = checkFilter('conv2d', x, filter, 'in,out');
  const window = window2d('conv2d', x, { kernelHeight, kernelWidth, outChannels }, options);
  return convolve('conv2d', x, filter, channels, window, options);
}

/**
 * 2-D convolution of each channel by filters of its own.
 * @param x [N, H, W, channels]
 * @param filter [kh, kw, channels, multiplier]
 * @returns [N, oh, ow, channels * multiplier]; channel c becomes channels c * multiplier and following.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function depthwiseConv2d(x: Tensor, filter: Tensor, options: ConvOptions = {}): Tensor {
  const [kernelHeight, kernelWidth, channels, multiplier] = checkFilter(
    'depthwiseConv2d',
    x,
    filter,
    'channels,multiplier',
  );
  const window = window2d(
    'depthwiseConv2d',
    x,
    { kernelHeight, kernelWidth, outChannels: channels * multiplier },
    options,
  );
  return convolve('depthwiseConv2d', x, filter, channels, window, options);
}

type Sizes = [kernelHeight: number, kernelWidth: number, channels: number, last: number];

function checkFilter(operator: string, x: Tensor, filter: Tensor, layout: string): Sizes {
  checkImages(operator, x);
  checkRank(operator, 'filter', filter, 4, `[kh,kw,${layout}]`);
  checkDType(operator, 'filter', filter);
  return [...filter.shape] as Sizes;
}

function convolve(
  operator: 'conv2d' | 'depthwiseConv2d',
  x: Tensor,
  filter: Tensor,
  channels: number,
  window: Window2d,
  { bias, activation }: ConvOptions,
): Tensor {
  if (channels !== window.inChannels) {
    throw new ShapeError(
      operator,
      `filter has ${channels} input channels but x has ${window.inChannels} (x ${formatShape(x.shape)}, filter ${formatShape(filter.shape)})`,
    );
  }
  if (bias) checkVector(operator, 'bias', bias, window.outChannels);
  checkActivation(operator, activation);
  const shape = [at(x.shape, 0), window.outHeight, window.outWidth, window.outChannels];
  const inputs: Inputs<'conv2d'> = [x, filter, bias];
  return activated(inputs, activation, (within) =>
    // assigned to the caller's new object, as spreading it makes one that engines are slow to read
    run(operator, inputs, Object.assign(window, { activation: within }), shape),
  );
}

const imageShape = ({ batch, inHeight, inWidth, inChannels }: Window2d) => [batch, inHeight, inWidth, inChannels];

/** The derivative of conv2d by x. */
export function conv2dGradInput(dy: Tensor, filter: Tensor, window: Window2d): Tensor {
  const shape = imageShape(window);
  return compute('conv2dGradInput', [dy, filter], shape, (backend) =>
    backend.conv2dGradInput([dy, filter], window, shape),
  );
}

/** The derivative of conv2d by the filter. */
export function conv2dGradFilter(x: Tensor, dy: Tensor, window: Window2d): Tensor {
  const shape = [window.kernelHeight, window.kernelWidth, window.inChannels, window.outChannels];
  return compute('conv2dGradFilter', [x, dy], shape, (backend) => backend.conv2dGradFilter([x, dy], window, shape));
}

/** The derivative of depthwiseConv2d by x. */
export function depthwiseConv2dGradInput(dy: Tensor, filter: Tensor, window: Window2d): Tensor {
  const shape = imageShape(window);
  return compute('depthwiseConv2dGradInput', [dy, filter], shape, (backend) =>
    backend.depthwiseConv2dGradInput([dy, filter], window, shape),
  );
}

/** The derivative of depthwiseConv2d by the filter. */
export function depthwiseConv2dGradFilter(x: Tensor, dy: Tensor, window: Window2d): Tensor {
  const shape = [window.kernelHeight, window.kernelWidth, window.inChannels, window.outChannels / window.inChannels];
  return compute('depthwiseConv2dGradFilter', [x, dy], shape, (backend) =>
    backend.depthwiseConv2dGradFilter([x, dy], window, shape),
  );
}
