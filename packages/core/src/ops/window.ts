/** @file The geometry of windows that slide over images: strides, dilation and padding. */
import type { Window2d } from '../backend/backend.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { at, formatShape, type Shape } from '../shape.ts';
import { arePairs, checkInteger } from './check.ts';

/** One number for both directions, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

/**
 * 'valid': none. 'same': as TensorFlow's, the result has ceil(size / stride) pixels and an odd pixel goes after the
 * image. A number: on all four sides. [[top, bottom], [left, right]].
 */
export type Padding = 'same' | 'valid' | number | readonly [readonly [number, number], readonly [number, number]];

export interface WindowOptions {
  /** 1 unless given. */
  readonly strides?: Pair;
  /** 'valid' unless given. */
  readonly padding?: Padding;
  /** 1 unless given. */
  readonly dilation?: Pair;
}

interface WindowSizes {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly outChannels: number;
}

/** How a window slides over images [N, H, W, C]. @throws ShapeError, ArgumentError */
export function window2d(
  operator: string,
  x: { readonly shape: Shape },
  { kernelHeight, kernelWidth, outChannels }: WindowSizes,
  { strides = 1, padding = 'valid', dilation = 1 }: WindowOptions,
): Window2d {
  const [strideY, strideX] = pair(operator, 'strides', strides);
  const [dilationY, dilationX] = pair(operator, 'dilation', dilation);
  const [batch, inHeight, inWidth, inChannels] = [at(x.shape, 0), at(x.shape, 1), at(x.shape, 2), at(x.shape, 3)];
  const reachY = (kernelHeight - 1) * dilationY + 1;
  const reachX = (kernelWidth - 1) * dilationX + 1;
  const [[padTop, padBottom], [padLeft, padRight]] =
    padding === 'same'
      ? [samePadding(inHeight, reachY, strideY), samePadding(inWidth, reachX, strideX)]
      : explicitPadding(operator, padding);
  const outHeight = Math.floor((inHeight + padTop + padBottom - reachY) / strideY) + 1;
  const outWidth = Math.floor((inWidth + padLeft + padRight - reachX) / strideX) + 1;
  if (outHeight < 1 || outWidth < 1) {
    throw new ShapeError(
      operator,
      `a window of ${reachY} x ${reachX} does not fit into x ${formatShape(x.shape)} padded by [[${padTop},${padBottom}],[${padLeft},${padRight}]]`,
    );
  }
  // named one by one: spreading the sizes would make this object slow to build
  return {
    batch,
    inHeight,
    inWidth,
    inChannels,
    outHeight,
    outWidth,
    outChannels,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    dilationY,
    dilationX,
    padTop,
    padLeft,
  };
}

/**
 * A number for both directions, or a pair of them, as a pair.
 * @throws ArgumentError unless they are integers of at least 1
 */
export function pair(operator: string, name: string, value: Pair): readonly [number, number] {
  const both = typeof value === 'number' ? ([value, value] as const) : value;
  if (!Array.isArray(both) || both.length !== 2)
    throw new ArgumentError(operator, `${name} must be a number or a pair but is ${JSON.stringify(value)}`);
  for (const one of both) checkInteger(operator, name, one, 1);
  return both as readonly [number, number];
}

function samePadding(size: number, reach: number, stride: number): [number, number] {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

function explicitPadding(
  operator: string,
  padding: Padding,
): readonly [readonly [number, number], readonly [number, number]] {
  if (padding === 'valid')
    return [
      [0, 0],
      [0, 0],
    ];
  const sides =
    typeof padding === 'number'
      ? ([
          [padding, padding],
          [padding, padding],
        ] as const)
      : padding;
  if (!arePairs(sides, 2)) {
    throw new ArgumentError(
      operator,
      `padding must be 'same', 'valid', a number or [[top,bottom],[left,right]] but is ${JSON.stringify(padding)}`,
    );
  }
  for (const amount of sides.flat()) checkInteger(operator, 'padding', amount, 0);
  return sides as readonly [readonly [number, number], readonly [number, number]];
}
