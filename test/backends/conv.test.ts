import { type Activation, type ConvOptions, conv2d, depthwiseConv2d, type Tensor } from '@fer/core';
import { describe } from 'vitest';
import { onEveryBackend } from '../backends.ts';
import { uniform } from '../inputs.ts';
import * as reference from '../reference/conv.ts';
import type { Dense } from '../reference/dense.ts';
import { activations, map } from '../reference/elementwise.ts';
import type { Padding } from '../reference/window.ts';
import { testOp } from '../testOp.ts';

interface ConvCase {
  readonly x: readonly [n: number, h: number, w: number, c: number];
  /** [kh, kw, out], or [kh, kw, multiplier] if depthwise. */
  readonly filter: readonly [number, number, number];
  readonly strides?: readonly [number, number];
  readonly padding?: Padding;
  readonly dilation?: readonly [number, number];
  readonly bias?: true;
  readonly activation?: Activation;
}

/**
 * Every number of channels meets every kind of kernel: multiples of 4 on both sides, on one side, on none; every
 * padding meets strides 1 and 2 and dilation.
 */
const dense: ConvCase[] = [
  { x: [1, 1, 1, 1], filter: [1, 1, 1] },
  { x: [1, 5, 7, 3], filter: [3, 3, 5] },
  { x: [3, 5, 5, 1], filter: [3, 3, 8], padding: 'same', bias: true },
  { x: [1, 7, 7, 3], filter: [3, 3, 16], strides: [2, 2], padding: 'same' },
  { x: [3, 6, 5, 4], filter: [3, 3, 8], padding: 'same', strides: [2, 2], bias: true },
  { x: [1, 7, 5, 8], filter: [3, 3, 4], padding: 1 },
  { x: [1, 8, 8, 4], filter: [2, 2, 4], strides: [2, 2] },
  { x: [1, 5, 6, 12], filter: [3, 2, 7], padding: 'same' },
  { x: [3, 4, 3, 7], filter: [2, 3, 12], padding: 2, strides: [1, 2] },
  { x: [1, 7, 7, 5], filter: [3, 3, 3], dilation: [2, 2], padding: 'same', bias: true },
  {
    x: [1, 7, 8, 4],
    filter: [3, 3, 4],
    dilation: [2, 1],
    padding: [
      [1, 2],
      [0, 3],
    ],
  },
  {
    x: [1, 9, 7, 2],
    filter: [3, 3, 5],
    dilation: [2, 2],
    padding: [
      [3, 0],
      [2, 1],
    ],
    strides: [2, 1],
  },
  { x: [1, 13, 3, 3], filter: [5, 1, 4], padding: 'same', strides: [2, 1] },
  { x: [3, 17, 13, 1], filter: [3, 3, 3], padding: 'valid' },
  { x: [3, 13, 17, 1], filter: [3, 3, 4], padding: 'same' },
  { x: [1, 5, 5, 13], filter: [1, 3, 17], padding: 'same' },
  { x: [3, 3, 5, 7], filter: [1, 1, 5], bias: true },
  { x: [1, 5, 3, 8], filter: [1, 1, 12] },
  { x: [3, 4, 4, 16], filter: [1, 1, 4], bias: true },
  { x: [1, 5, 5, 4], filter: [1, 1, 8], strides: [2, 2] },
  { x: [1, 3, 3, 4], filter: [1, 1, 4], padding: 1 },
  { x: [1, 2, 2, 3], filter: [3, 3, 2], padding: 'same' },
  { x: [1, 4, 4, 4], filter: [4, 4, 4] },
  { x: [1, 5, 4, 3], filter: [3, 3, 4], padding: 'same', bias: true, activation: 'swish' },
  { x: [1, 4, 5, 4], filter: [3, 3, 8], padding: 'same', bias: true, activation: 'sigmoid' },
  { x: [1, 4, 4, 4], filter: [1, 1, 4], activation: 'tanh' },
  { x: [1, 3, 3, 3], filter: [2, 2, 3], activation: 'hardSwish' },
  // enough channels for Winograd's algorithm; odd sizes, so that tiles stand out
  { x: [2, 5, 6, 17], filter: [3, 3, 19], padding: 'same', bias: true },
  { x: [1, 9, 7, 20], filter: [3, 3, 16], bias: true, activation: 'relu' },
  { x: [1, 4, 5, 16], filter: [3, 3, 18], padding: 2, activation: 'swish' },
];

const depthwise: ConvCase[] = [
  { x: [1, 1, 1, 1], filter: [1, 1, 1] },
  { x: [1, 5, 7, 3], filter: [3, 3, 1] },
  { x: [3, 5, 5, 4], filter: [3, 3, 1], padding: 'same', bias: true },
  { x: [1, 7, 6, 8], filter: [3, 3, 1], strides: [2, 2], padding: 'same' },
  { x: [1, 8, 7, 12], filter: [3, 3, 1], strides: [2, 1], padding: 1 },
  { x: [3, 6, 5, 5], filter: [3, 3, 1], strides: [2, 2], padding: 'same', bias: true },
  { x: [1, 5, 5, 4], filter: [3, 3, 2], padding: 'same' },
  { x: [1, 5, 4, 3], filter: [2, 3, 3], strides: [1, 2], bias: true },
  { x: [1, 4, 4, 1], filter: [3, 3, 8], padding: 'same' },
  { x: [1, 7, 7, 8], filter: [3, 3, 1], dilation: [2, 2], padding: 'same' },
  {
    x: [1, 7, 8, 7],
    filter: [3, 3, 1],
    dilation: [1, 2],
    padding: [
      [2, 0],
      [1, 3],
    ],
  },
  {
    x: [1, 9, 7, 4],
    filter: [3, 3, 1],
    dilation: [2, 2],
    padding: [
      [0, 3],
      [2, 1],
    ],
    strides: [2, 2],
  },
  { x: [3, 17, 13, 4], filter: [3, 3, 1], padding: 'same' },
  { x: [3, 13, 17, 1], filter: [3, 3, 2] },
  { x: [1, 3, 3, 13], filter: [5, 5, 1], padding: 2 },
  { x: [1, 4, 5, 16], filter: [1, 1, 1], bias: true },
  { x: [1, 5, 4, 4], filter: [3, 3, 1], padding: 'same', bias: true, activation: 'swish' },
  { x: [1, 5, 4, 3], filter: [3, 3, 2], padding: 'same', bias: true, activation: 'sigmoid' },
];

function nameOf({ x, filter, strides, padding, dilation, bias, activation }: ConvCase): string {
  const options = Object.entries({ strides, padding, dilation, bias, activation });
  const given = options.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${JSON.stringify(value)}`]));
  return [`[${x}] by [${filter}]`, ...given].join(', ');
}

function testConv(
  testCase: ConvCase,
  op: (x: Tensor, filter: Tensor, options: ConvOptions) => Tensor,
  referenceOp: typeof reference.conv2d,
  filterShape: readonly number[],
  outChannels: number,
): void {
  const { x, strides, padding, dilation, bias, activation } = testCase;
  const settings = { strides: strides ?? [1, 1], padding: padding ?? 'valid', dilation: dilation ?? [1, 1] } as const;
  const options = {
    ...(strides && { strides }),
    ...(padding !== undefined && { padding }),
    ...(dilation && { dilation }),
  };
  const activate = activation ? map(activations[activation]) : (y: Dense) => y;
  testOp(nameOf(testCase), {
    inputs: [uniform(x, -1, 1), uniform(filterShape, -1, 1), ...(bias ? [uniform([outChannels])] : [])],
    op: (image, filter, shift) => op(image, filter, { ...options, bias: shift, activation }),
    reference: (image, filter, shift) => activate(referenceOp(settings)(image, filter, shift)),
  });
}

onEveryBackend(() => {
  describe('conv2d', () => {
    for (const testCase of dense) {
      const [kh, kw, out] = testCase.filter;
      testConv(testCase, conv2d, reference.conv2d, [kh, kw, testCase.x[3], out], out);
    }
    testOp('takes one number for both strides and dilations', {
      inputs: [uniform([1, 9, 9, 1]), uniform([2, 2, 1, 1])],
      op: (x, filter) => conv2d(x, filter, { strides: 2, dilation: 3 }),
      reference: reference.conv2d({ strides: [2, 2], dilation: [3, 3], padding: 'valid' }),
    });
  });

  describe('depthwiseConv2d', () => {
    for (const testCase of depthwise) {
      const [kh, kw, multiplier] = testCase.filter;
      const channels = testCase.x[3];
      testConv(
        testCase,
        depthwiseConv2d,
        reference.depthwiseConv2d,
        [kh, kw, channels, multiplier],
        channels * multiplier,
      );
    }
  });
});
