/** @file The networks in tfjs-layers, on whatever backend tfjs is set to. */
import type { TfjsFiles } from '@fer/models';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { labelsFor, type Values } from './networks.ts';

export async function tfjsModel(files: TfjsFiles): Promise<tfl.LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files['model.json']));
  const weightSpecs = weightsManifest[0].weights;
  return tfl.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData: files['weights.bin'].buffer }));
}

export const toTensor = ({ data, shape }: Values): tf.Tensor => tf.tensor(data, shape);

/** Compiles a model and brings the labels of the images to the device. @returns a step of Adam, which gives the loss */
export function tfjsStep(model: tfl.LayersModel, images: tf.Tensor): () => Promise<Float32Array> {
  const loss = (target: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(target, logits);
  // the epsilon of Keras: tfjs-webgl's default is 1e-4
  model.compile({ optimizer: tf.train.adam(1e-3, 0.9, 0.999, 1e-7), loss });
  const [batch, classes] = [images.shape[0] as number, model.outputShape[1] as number];
  const target = tf.tidy(() => tf.oneHot(tf.tensor1d(labelsFor(batch), 'int32'), classes));
  return async () => Float32Array.of((await model.trainOnBatch(images, target)) as number);
}
