/**
 * @file What is measured on GPUs: products and convolutions in the shapes of MobileNetV2 on images of 96 x 96, and whole
 * networks.
 */
import { flopsOf as flopsOfNetwork, type NetworkName } from '../networks.ts';

/** The function itself, or its derivative by its first operand (input) or its second (filter). */
export type Direction = 'forward' | 'gradInput' | 'gradFilter';

export type KernelCase =
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

/** A forward pass of MobileNetV2, or a step of Adam on the small CNN. */
export type NetworkCase =
  /** fer's batch normalisations are always folded into the convolutions; tfjs' are where it says so. */
  { kind: 'inference'; batch: number; tfjsFolded: boolean } | { kind: 'training'; batch: number };

export type Case = KernelCase | NetworkCase;

export const isNetwork = (work: Case): work is NetworkCase => work.kind === 'inference' || work.kind === 'training';

export const networkName = ({ kind }: NetworkCase): NetworkName =>
  kind === 'training' ? 'small CNN 48x48x1' : 'MobileNetV2 1.0 96x96x3';

type Layer = Pick<
  Extract<KernelCase, { kind: 'conv2d' | 'depthwise' }>,
  'kind' | 'filters' | 'kernelSize' | 'strides'
> & {
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

const kernels: KernelCase[] = [
  { kind: 'matMul', size: 256 },
  { kind: 'matMul', size: 512 },
  ...directions.flatMap((direction) =>
    layers.flatMap(({ size, channels, ...layer }) =>
      [1, 8].map((batch): KernelCase => ({ ...layer, direction, input: [batch, size, size, channels] })),
    ),
  ),
];

const networks: NetworkCase[] = [
  ...[1, 8].flatMap((batch) =>
    [false, true].map((tfjsFolded): NetworkCase => ({ kind: 'inference', batch, tfjsFolded })),
  ),
  { kind: 'training', batch: 8 },
];

export const suites: Record<string, readonly Case[]> = { kernels, networks };

const names: Record<Direction, string> = {
  forward: '',
  gradInput: ', by its input',
  gradFilter: ', by its filter',
};

export function titleOf(work: Case): string {
  if (isNetwork(work)) {
    const folded = work.kind === 'inference' && work.tfjsFolded ? ', folded in tfjs too' : '';
    return `${networkName(work)}, ${work.kind}, batch ${work.batch}${folded}`;
  }
  if (work.kind === 'matMul') return `matMul ${work.size}`;
  const { kind, kernelSize, strides, input, filters, direction } = work;
  const [batch, height, width, channels] = input;
  const stride = strides === 1 ? '' : ` stride ${strides}`;
  return `${kind} ${kernelSize}x${kernelSize}${stride} ${channels}->${filters} @${height}x${width}${names[direction]}, batch ${batch}`;
}

/** Shapes of the two operands, and of the result of the function (not of its derivatives). */
export function shapesOf(work: KernelCase): { first: number[]; second: number[]; result: number[] } {
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
  if (isNetwork(work)) return flopsOfNetwork(work.kind, networkName(work), work.batch);
  const { second, result } = shapesOf(work);
  if (work.kind === 'matMul') return 2 * work.size ** 3;
  const termsPerResult = work.kernelSize ** 2 * (work.kind === 'depthwise' ? 1 : (second[2] as number));
  return 2 * result.reduce((size, axis) => size * axis) * termsPerResult;
}
