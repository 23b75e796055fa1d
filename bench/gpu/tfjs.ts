/** @file tfjs as an engine. Derivatives are the kernels that tf.grad runs for them. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { type KernelCase, shapesOf } from './cases.ts';
import type { Engine, Read } from './engine.ts';
import { tfjsLoader } from './tfjs-networks.ts';

export async function tfjsEngine(backend: 'webgl' | 'webgpu'): Promise<Engine> {
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no ${backend} here`);
  const read: Read<tf.Tensor> = async (result) =>
    (backend === 'webgpu' ? await result.data() : result.dataSync()) as Float32Array;
  return {
    description: `tfjs-${backend} ${tf.version_core}`,
    prepare(work, values) {
      const shapes = shapesOf(work);
      const first = tf.tensor(values.first, shapes.first);
      const second = tf.tensor(values.second, shapes.second);
      const gradient = tf.tensor(values.gradient, shapes.result);
      const compute = computationOf(work, first, second, gradient);
      return {
        async run() {
          const result = compute();
          const data = await read(result);
          result.dispose();
          return data;
        },
        dispose: () => tf.dispose([first, second, gradient]),
      };
    },
    networkLoader: (work) => tfjsLoader(work, read),
  };
}

function computationOf(work: KernelCase, first: tf.Tensor, second: tf.Tensor, gradient: tf.Tensor): () => tf.Tensor {
  if (work.kind === 'matMul') return () => tf.matMul(first as tf.Tensor2D, second as tf.Tensor2D);
  const { kind, direction, strides } = work;
  const [x, filter] = [first as tf.Tensor4D, second as tf.Tensor4D];
  const kernel = (name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap) => () =>
    tf.engine().runKernel<tf.Tensor>(name, inputs, { strides, pad: 'same', ...attributes });
  const conv2d = { dataFormat: 'NHWC' };
  const depthwise = { dilations: 1 };
  const computations = {
    conv2d: {
      forward: () => tf.conv2d(x, filter, strides, 'same'),
      gradInput: kernel('Conv2DBackpropInput', { dy: gradient, filter }, { ...conv2d, inputShape: x.shape }),
      gradFilter: kernel('Conv2DBackpropFilter', { x, dy: gradient }, { ...conv2d, filterShape: filter.shape }),
    },
    depthwise: {
      forward: () => tf.depthwiseConv2d(x, filter, strides, 'same'),
      gradInput: kernel(
        'DepthwiseConv2dNativeBackpropInput',
        { dy: gradient, filter },
        { ...depthwise, inputShape: x.shape },
      ),
      gradFilter: kernel(
        'DepthwiseConv2dNativeBackpropFilter',
        { x, dy: gradient },
        { ...depthwise, filterShape: filter.shape },
      ),
    },
  };
  return computations[kind][direction];
}
