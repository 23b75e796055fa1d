/** @file A network in tfjs' fused kernels, as its converter leaves them: bias and activation are part of each convolution. */
import type { Tensor } from '@fer/core';
import type { AnyLayer, Model } from '@fer/layers';
import * as tf from '@tensorflow/tfjs-core';
import type { Values } from './networks.ts';
import { toTensor } from './tfjs-model.ts';

type Operation = (inputs: readonly tf.Tensor[]) => tf.Tensor;

/** A network on tfjs' backend. */
export interface FusedNetwork {
  forward(images: tf.Tensor): tf.Tensor;
  dispose(): void;
}

/**
 * @param model Fused: its batch normalisations are folded and its activations and borders part of convolutions.
 * @returns what brings its weights, which are in memory, to tfjs' backend
 */
export async function tfjsFused(model: Model): Promise<() => FusedNetwork> {
  const values = new Map<AnyLayer, Values[]>();
  for (const layer of model.layers) values.set(layer, await Promise.all([...layer.weights.values()].map(toValues)));
  return () => {
    const weights = new Map([...values].map(([layer, own]) => [layer, own.map(toTensor)]));
    const operations = new Map([...weights].map(([layer, own]) => [layer, operationOf(layer, own)]));
    return {
      forward: (images) => tf.tidy(() => forward(model, operations, images)),
      dispose: () => tf.dispose([...weights.values()].flat()),
    };
  };
}

function forward(model: Model, operations: ReadonlyMap<AnyLayer, Operation>, images: tf.Tensor): tf.Tensor {
  const results = new Map([[model.input, images]]);
  for (const result of model.order) {
    const inputs = result.inputs.map((one) => results.get(one) as tf.Tensor);
    if (result.layer) results.set(result, (operations.get(result.layer) as Operation)(inputs));
  }
  return results.get(model.output) as tf.Tensor;
}

/** A layer's options, of those that networks here have. */
interface Options {
  readonly strides?: number;
  readonly padding?: 'same' | 'valid' | [[number, number], [number, number]];
  readonly poolSize?: number;
  readonly activation?: 'linear' | 'relu' | 'relu6';
}

function operationOf(layer: AnyLayer, [weights, bias]: readonly tf.Tensor[]): Operation {
  const { strides = 1, padding = 'valid', poolSize = 2, activation } = layer.options as Options;
  const none: [number, number] = [0, 0];
  // the types of the depthwise convolution and of pooling lack borders, which the kernels know
  const pad = (typeof padding === 'string' ? padding : [none, ...padding, none]) as 'same' | 'valid';
  const epilogue = { ...(bias && { bias }), ...(activation && { activation }) };
  switch (layer.className) {
    case 'Conv2D':
      return ([x]) =>
        tf.fused.conv2d({ ...epilogue, x: x as tf.Tensor4D, filter: weights as tf.Tensor4D, strides, pad });
    case 'DepthwiseConv2D':
      return ([x]) =>
        tf.fused.depthwiseConv2d({ ...epilogue, x: x as tf.Tensor4D, filter: weights as tf.Tensor4D, strides, pad });
    case 'Dense':
      return ([x]) => tf.fused.matMul({ ...epilogue, a: x as tf.Tensor, b: weights as tf.Tensor });
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

const toValues = async (weight: Tensor): Promise<Values> => ({
  data: (await weight.data()) as Float32Array,
  shape: [...weight.shape],
});
