/** @file fer as an engine. Derivatives are asked for alone, as the tape does, so the page reaches below the public index. */
import { conv2d, depthwiseConv2d, matMul, setBackend, type Tensor, tensor } from '@fer/core';
import {
  conv2dGradFilter,
  conv2dGradInput,
  depthwiseConv2dGradFilter,
  depthwiseConv2dGradInput,
} from '../../packages/core/src/ops/conv.ts';
import { window2d } from '../../packages/core/src/ops/window.ts';
import { type KernelCase, shapesOf } from './cases.ts';
import type { Engine, Read } from './engine.ts';
import { ferLoader } from './fer-networks.ts';

export async function ferEngine(backend: 'webgl2' | 'webgpu'): Promise<Engine> {
  await setBackend(backend);
  const read: Read<Tensor> = async (result) =>
    (backend === 'webgpu' ? await result.data() : result.dataSync()) as Float32Array;
  return {
    description: `fer ${backend}`,
    prepare(work, values) {
      const shapes = shapesOf(work);
      const first = tensor(values.first, shapes.first);
      const second = tensor(values.second, shapes.second);
      const gradient = tensor(values.gradient, shapes.result);
      const compute = computationOf(work, first, second, gradient);
      return {
        async run() {
          using result = compute();
          return await read(result);
        },
        dispose() {
          for (const operand of [first, second, gradient]) operand.dispose();
        },
      };
    },
    networkLoader: (work) => ferLoader(work, read),
  };
}

function computationOf(work: KernelCase, first: Tensor, second: Tensor, gradient: Tensor): () => Tensor {
  if (work.kind === 'matMul') return () => matMul(first, second);
  const { kind, direction, strides, kernelSize, filters } = work;
  const options = { strides, padding: 'same' } as const;
  const sizes = { kernelHeight: kernelSize, kernelWidth: kernelSize, outChannels: filters };
  const window = window2d('bench', first, sizes, options);
  const computations = {
    conv2d: {
      forward: () => conv2d(first, second, options),
      gradInput: () => conv2dGradInput(gradient, second, window),
      gradFilter: () => conv2dGradFilter(first, gradient, window),
    },
    depthwise: {
      forward: () => depthwiseConv2d(first, second, options),
      gradInput: () => depthwiseConv2dGradInput(gradient, second, window),
      gradFilter: () => depthwiseConv2dGradFilter(first, gradient, window),
    },
  };
  return computations[kind][direction];
}
