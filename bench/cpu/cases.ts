/** @file What is measured. */
import { Random } from '@fer/core';
import { lightAlexVgg, mobileNetV2, type Network, smallCnn } from './networks.ts';

export type Case =
  | { kind: 'matMul'; size: number }
  | { kind: 'conv2d'; input: [number, number, number, number]; filters: number; kernelSize: number; strides: number }
  | { kind: 'depthwise'; input: [number, number, number, number]; strides: number }
  | { kind: 'inference'; network: NetworkName; batch: number }
  | { kind: 'training'; network: NetworkName; batch: number };

const networks = {
  mobileNetV2: () => mobileNetV2([96, 96, 3]),
  mobileNetV2Gray48: () => mobileNetV2([48, 48, 1]),
  lightAlexVgg,
  smallCnn,
} satisfies Record<string, () => Network>;
export type NetworkName = keyof typeof networks;

export const networkOf = (name: NetworkName): Network => networks[name]();

export function titleOf(work: Case): string {
  switch (work.kind) {
    case 'matMul':
      return `matMul ${work.size}`;
    case 'conv2d':
      return `conv2d ${work.kernelSize}x${work.kernelSize} ${work.input.join('x')} -> ${work.filters}`;
    case 'depthwise':
      return `depthwise 3x3 ${work.input.join('x')}, stride ${work.strides}`;
    default:
      return `${networkOf(work.network).name}, ${work.kind}, batch ${work.batch}`;
  }
}

export const suites: Record<string, Case[]> = {
  kernels: [
    { kind: 'matMul', size: 512 },
    { kind: 'conv2d', input: [8, 56, 56, 64], filters: 64, kernelSize: 3, strides: 1 },
    { kind: 'depthwise', input: [8, 56, 56, 144], strides: 1 },
    { kind: 'depthwise', input: [8, 56, 56, 144], strides: 2 },
  ],
  inference: [
    { kind: 'inference', network: 'mobileNetV2', batch: 1 },
    { kind: 'inference', network: 'mobileNetV2', batch: 32 },
    { kind: 'inference', network: 'lightAlexVgg', batch: 1 },
    { kind: 'inference', network: 'lightAlexVgg', batch: 32 },
  ],
  training: [
    { kind: 'training', network: 'smallCnn', batch: 8 },
    { kind: 'training', network: 'mobileNetV2Gray48', batch: 8 },
    { kind: 'training', network: 'lightAlexVgg', batch: 64 },
  ],
};

/** The same numbers in every process. */
export function values(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.uniform(-1, 1));
}

/** A batch of images for a network. */
export function imagesFor({ inputShape }: Network, batch: number): Float32Array {
  return values(batch * inputShape.reduce((p, n) => p * n), 1);
}

/** A batch of labels. */
export function labels(batch: number): Int32Array {
  return Int32Array.from({ length: batch }, (_, i) => i % 7);
}
