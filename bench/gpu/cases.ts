/** @file What is measured on GPUs: products and convolutions in the shapes of MobileNetV2 on images of 96 x 96. */

/** The function itself, or its derivative by its first operand (input) or its second (filter). */
export type Direction = 'forward' | 'gradInput' | 'gradFilter';

export type Case =
  | { kind: 'matMul'; size: number }
  | {
      kind: 'conv2d' | 'depthwise';
      direction: Direction;
      /** [batch, height, width, channels] */
      input: [number, number, number, number];
      /** Channels of the result. */
      filters: number;
      kernelSize: number;
      strides: number;
    };

type Layer = Pick<Extract<Case, { kind: 'conv2d' | 'depthwise' }>, 'kind' | 'filters' | 'kernelSize' | 'strides'> & {
  size: number;
  channels: number;
};

const layers: Layer[] = [
  { kind: 'conv2d', kernelSize: 3, strides: 2, size: 96, channels: 3, filters: 32 },
  { kind: 'conv2d', kernelSize: 3, strides: 1, size: 24, channels: 32, filters: 32 },
  { kind: 'conv2d', kernelSize: 1, strides: 1, size: 24, channels: 24, filters: 144 },
  { kind: 'conv2d', kernelSize: 1, strides: 1, size: 24, channels: 144, filters: 24 },
  { kind: 'conv2d', kernelSize: 1, strides: 1, size: 6, channels: 96, filters: 576 },
  { kind: 'conv2d', kernelSize: 1, strides: 1, size: 3, channels: 320, filters: 1280 },
  { kind: 'depthwise', kernelSize: 3, strides: 1, size: 24, channels: 144, filters: 144 },
  { kind: 'depthwise', kernelSize: 3, strides: 2, size: 24, channels: 144, filters: 144 },
  { kind: 'depthwise', kernelSize: 3, strides: 1, size: 6, channels: 576, filters: 576 },
];

const directions: Direction[] = ['forward', 'gradFilter', 'gradInput'];

export const cases: Case[] = [
  { kind: 'matMul', size: 256 },
  { kind: 'matMul', size: 512 },
  ...directions.flatMap((direction) =>
    layers.flatMap(({ size, channels, ...layer }) =>
      [1, 8].map((batch): Case => ({ ...layer, direction, input: [batch, size, size, channels] })),
    ),
  ),
];

const names: Record<Direction, string> = {
  forward: '',
  gradInput: ', by its input',
  gradFilter: ', by its filter',
};

export function titleOf(work: Case): string {
  if (work.kind === 'matMul') return `matMul ${work.size}`;
  const { kind, kernelSize, strides, input, filters, direction } = work;
  const [batch, height, width, channels] = input;
  const stride = strides === 1 ? '' : ` stride ${strides}`;
  return `${kind} ${kernelSize}x${kernelSize}${stride} ${channels}->${filters} @${height}x${width}${names[direction]}, batch ${batch}`;
}

/** Shapes of the two operands, and of the result of the function (not of its derivatives). */
export function shapesOf(work: Case): { first: number[]; second: number[]; result: number[] } {
  if (work.kind === 'matMul') {
    const square = [work.size, work.size];
    return { first: square, second: square, result: square };
  }
  const { kind, input, filters, kernelSize, strides } = work;
  const [batch, height, width, channels] = input;
  return {
    first: input,
    second: [kernelSize, kernelSize, channels, kind === 'depthwise' ? filters / channels : filters],
    result: [batch, Math.ceil(height / strides), Math.ceil(width / strides), filters],
  };
}

export function flopsOf(work: Case): number {
  const { second, result } = shapesOf(work);
  if (work.kind === 'matMul') return 2 * work.size ** 3;
  const termsPerResult = work.kernelSize ** 2 * (work.kind === 'depthwise' ? 1 : (second[2] as number));
  return 2 * result.reduce((size, axis) => size * axis) * termsPerResult;
}
