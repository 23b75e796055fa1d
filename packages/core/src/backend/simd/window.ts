/** @file Windows over images as kernels take them, in both directions of a convolution. See assembly/window.ts. */
import { greatestCommonDivisor } from '../../integers.ts';
import type { Window2d } from '../backend.ts';
import type { Taps } from './product.ts';

/** One axis of a window. */
export interface WindowAxis {
  readonly source: number;
  readonly grid: number;
  readonly step: number;
  readonly first: number;
  readonly taps: Taps;
  readonly tapStep: number;
  readonly result: number;
  readonly resultStep: number;
  readonly resultFirst: number;
}

export type Windows = readonly [y: WindowAxis, x: WindowAxis];

/** Where a call's window begins among its integers, and the integers of an axis. */
const WINDOW = 32;
const AXIS_LENGTH = 9;

interface Axis {
  readonly inSize: number;
  readonly outSize: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
}

export function axesOf(window: Window2d): readonly [y: Axis, x: Axis] {
  return [
    {
      inSize: window.inHeight,
      outSize: window.outHeight,
      kernel: window.kernelHeight,
      stride: window.strideY,
      dilation: window.dilationY,
      pad: window.padTop,
    },
    {
      inSize: window.inWidth,
      outSize: window.outWidth,
      kernel: window.kernelWidth,
      stride: window.strideX,
      dilation: window.dilationX,
      pad: window.padLeft,
    },
  ];
}

/** From the image to the result. */
function forward({ inSize, outSize, kernel, stride, dilation, pad }: Axis): WindowAxis {
  return {
    source: inSize,
    grid: outSize,
    step: stride,
    first: -pad,
    taps: { count: kernel, first: 0, step: 1 },
    tapStep: dilation,
    result: outSize,
    resultStep: 1,
    resultFirst: 0,
  };
}

/** How a convolution or pooling reads its image. */
export function windowsOf(window: Window2d): Windows {
  const [y, x] = axesOf(window);
  return [forward(y), forward(x)];
}

/**
 * From the result's derivative back to the image's. With a stride, every stride-th pixel is reached by the same taps, so
 * there is a window for each of the `stride` phases; those between which only zeros would be read are left out.
 */
export function backward({ inSize, outSize, kernel, stride, dilation, pad }: Axis): WindowAxis[] {
  const phases = Array.from({ length: Math.min(stride, inSize) }, (_, phase) => phase);
  const tapPeriod = stride / greatestCommonDivisor(stride, dilation);
  return phases.map((phase) => {
    const candidates = Array.from({ length: Math.min(tapPeriod, kernel) }, (_, tap) => tap);
    const firstTap = candidates.find((tap) => (phase + pad - tap * dilation) % stride === 0);
    const count = firstTap === undefined ? 0 : Math.ceil((kernel - firstTap) / tapPeriod);
    // the last tap reads the first pixel: in this order, sources and windows follow each other in the same direction
    const lastTap = (firstTap ?? 0) + Math.max(count - 1, 0) * tapPeriod;
    return {
      source: outSize,
      grid: Math.ceil((inSize - phase) / stride),
      step: 1,
      first: count === 0 ? 0 : (phase + pad - lastTap * dilation) / stride,
      taps: { count, first: lastTap, step: -tapPeriod },
      tapStep: (tapPeriod * dilation) / stride,
      result: inSize,
      resultStep: stride,
      resultFirst: phase,
    };
  });
}

/** Writes what describes a window to kernels, element by element: it is done for every call. */
export function writeWindow([y, x]: Windows, integers: Int32Array): void {
  writeAxis(y, integers, WINDOW);
  writeAxis(x, integers, WINDOW + AXIS_LENGTH);
}

function writeAxis(axis: WindowAxis, integers: Int32Array, i: number): void {
  integers[i] = axis.source;
  integers[i + 1] = axis.grid;
  integers[i + 2] = axis.step;
  integers[i + 3] = axis.first;
  integers[i + 4] = axis.taps.count;
  integers[i + 5] = axis.tapStep;
  integers[i + 6] = axis.result;
  integers[i + 7] = axis.resultStep;
  integers[i + 8] = axis.resultFirst;
}
