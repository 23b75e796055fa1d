/** @file What is measured. */
import { flopsOf as flopsOfNetwork, type NetworkName, type Values, valuesOf } from '../networks.ts';

export type KernelCase =
  | { kind: 'matMul'; size: number }
  | { kind: 'conv2d'; input: [number, number, number, number]; filters: number; kernelSize: number; strides: number }
  | { kind: 'depthwise'; input: [number, number, number, number]; strides: number };

export type Case =
  | KernelCase
  | { kind: 'inference'; network: NetworkName; batch: number }
  | { kind: 'training'; network: NetworkName; batch: number };

export const suites: Record<string, Case[]> = {
  kernels: [
    { kind: 'matMul', size: 512 },
    { kind: 'conv2d', input: [8, 56, 56, 64], filters: 64, kernelSize: 3, strides: 1 },
    { kind: 'depthwise', input: [8, 56, 56, 144], strides: 1 },
    { kind: 'depthwise', input: [8, 56, 56, 144], strides: 2 },
  ],
  inference: [
    { kind: 'inference', network: 'MobileNetV2 1.0 96x96x3', batch: 1 },
    { kind: 'inference', network: 'MobileNetV2 1.0 96x96x3', batch: 32 },
    { kind: 'inference', network: 'light AlexNet/VGG 44x44x1', batch: 1 },
    { kind: 'inference', network: 'light AlexNet/VGG 44x44x1', batch: 32 },
  ],
  training: [
    { kind: 'training', network: 'small CNN 48x48x1', batch: 8 },
    { kind: 'training', network: 'MobileNetV2 1.0 48x48x1', batch: 8 },
    { kind: 'training', network: 'light AlexNet/VGG 44x44x1', batch: 64 },
  ],
  // tfjs's other backend trains, but takes ten seconds and more for a step
  'training-javascript': [
    { kind: 'training', network: 'small CNN 48x48x1', batch: 8 },
    { kind: 'training', network: 'MobileNetV2 1.0 48x48x1', batch: 8 },
  ],
};

/** What reports call it. */
export function titleOf(work: Case): string {
  switch (work.kind) {
    case 'matMul':
      return `matMul ${work.size}`;
    case 'conv2d':
      return `conv2d ${work.kernelSize}x${work.kernelSize} ${work.input.join('x')} -> ${work.filters}`;
    case 'depthwise':
      return `depthwise 3x3 ${work.input.join('x')}, stride ${work.strides}`;
    default:
      return `${work.network}, ${work.kind}, batch ${work.batch}`;
  }
}

/** Tensors that are multiplied or convolved, the same in every process. */
export const operandsOf = (work: KernelCase): Values[] => shapesOf(work).map((shape, i) => valuesOf(shape, i + 1));

function shapesOf(work: KernelCase): [number[], number[]] {
  if (work.kind === 'matMul') {
    const square = [work.size, work.size];
    return [square, square];
  }
  const channels = work.input[3];
  if (work.kind === 'depthwise') return [work.input, [3, 3, channels, 1]];
  return [work.input, [work.kernelSize, work.kernelSize, channels, work.filters]];
}

/** Multiplications and additions of the direct algorithm. */
export function flopsOf(work: Case): number {
  if (work.kind === 'matMul') return 2 * work.size ** 3;
  if (work.kind === 'inference' || work.kind === 'training') return flopsOfNetwork(work.kind, work.network, work.batch);
  const [batch, height, width] = work.input;
  const weights = shapesOf(work)[1].reduce((size, axis) => size * axis);
  return (2 * batch * height * width * weights) / work.strides ** 2;
}
