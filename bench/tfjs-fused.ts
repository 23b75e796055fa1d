/** @file A network in tfjs' fused kernels, as its converter leaves them: bias and activation are part of each convolution. */
import type { Tensor } from '@fer/core';
import type { AnyLayer, Model } from '@fer/layers';
import * as tf from '@tensorflow/tfjs-core';

type Operation = (inputs: readonly tf.Tensor[]) => tf.Tensor;

/** @param model Fused: its batch normalisations are folded and its activations part of convolutions. */
export async function tfjsFused(model: Model): Promise<(images: tf.Tensor) => tf.Tensor> {
  const operations = new Map<AnyLayer, Operation>();
  for (const layer of model.layers) operations.set(layer, await operationOf(layer));
  return (images) =>
    tf.tidy(() => {
      const results = new Map([[model.input, images]]);
      for (const result of model.order) {
        const inputs = result.inputs.map((one) => results.get(one) as tf.Tensor);
        if (result.layer) results.set(result, (operations.get(result.layer) as Operation)(inputs));
      }
      return results.get(model.output) as tf.Tensor;
    });
}

/** A layer's options, of those that networks here have. */
interface Options {
  readonly strides?: number;
  readonly padding?: 'same' | 'valid' | [number, number][];
  readonly poolSize?: number;
  readonly activation?: 'linear' | 'relu' | 'relu6';
}

async function operationOf(layer: AnyLayer): Promise<Operation> {
  const { strides = 1, padding = 'valid', poolSize = 2, activation } = layer.options as Options;
  const [weights, bias] = await Promise.all([...layer.weights.values()].map(toTfjs));
  const pad = typeof padding === 'string' ? padding : 'valid';
  // the fused kernels know no other padding
  const padded = (x?: tf.Tensor) =>
    (typeof padding === 'string' ? x : tf.pad(x as tf.Tensor, [[0, 0], ...padding, [0, 0]])) as tf.Tensor4D;
  const epilogue = { ...(bias && { bias }), ...(activation && { activation }) };
  switch (layer.className) {
    case 'Conv2D':
      return ([x]) => tf.fused.conv2d({ ...epilogue, x: padded(x), filter: weights as tf.Tensor4D, strides, pad });
    case 'DepthwiseConv2D':
      return ([x]) =>
        tf.fused.depthwiseConv2d({ ...epilogue, x: padded(x), filter: weights as tf.Tensor4D, strides, pad });
    case 'Dense':
      return ([x]) => tf.fused.matMul({ ...epilogue, a: x as tf.Tensor, b: weights as tf.Tensor });
    case 'ZeroPadding2D':
      return ([x]) => padded(x);
    case 'MaxPooling2D':
      return ([x]) => tf.maxPool(x as tf.Tensor4D, poolSize, strides, pad);
    case 'GlobalAveragePooling2D':
      return ([x]) => tf.mean(x as tf.Tensor, [1, 2]);
    case 'Flatten':
      return ([x]) => tf.reshape(x as tf.Tensor, [x?.shape[0] as number, -1]);
    case 'Add':
      return ([a, b]) => tf.add(a as tf.Tensor, b as tf.Tensor);
    case 'Dropout':
      return ([x]) => x as tf.Tensor;
    default:
      throw new Error(`no operation of tfjs for ${layer.className}`);
  }
}

async function toTfjs(weight: Tensor): Promise<tf.Tensor> {
  return tf.tensor((await weight.data()) as Float32Array, [...weight.shape]);
}
