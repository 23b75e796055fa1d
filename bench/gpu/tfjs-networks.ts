/** @file The networks in tfjs-layers. */
import * as tf from '@tensorflow/tfjs-core';
import { imagesFor, labels } from '../cpu/cases.ts';
import { foldNorms, type Network } from '../cpu/networks.ts';
import { buildModel } from '../cpu/tfjs-model.ts';
import type { NetworkCase } from './cases.ts';
import type { Prepared, Read } from './engine.ts';

export function tfjsNetwork(work: NetworkCase, network: Network, read: Read<tf.Tensor>): Prepared {
  const { batch } = work;
  const images = tf.tensor(imagesFor(network, batch), [batch, ...network.inputShape]);
  const { inputShape } = network;
  if (work.kind === 'training') return training(network, batch, images);
  const model = buildModel({ inputShape, layers: work.tfjsFolded ? foldNorms(network) : network.layers });
  return {
    async run() {
      const result = model.predict(images, { batchSize: batch }) as tf.Tensor;
      const data = await read(result);
      result.dispose();
      return data;
    },
    dispose() {
      model.dispose();
      images.dispose();
    },
  };
}

function training(network: Network, batch: number, images: tf.Tensor): Prepared {
  const model = buildModel(network);
  const loss = (target: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(target, logits);
  model.compile({ optimizer: tf.train.adam(1e-3), loss });
  const target = tf.tidy(() => tf.oneHot(tf.tensor1d(labels(batch), 'int32'), 7));
  return {
    run: async () => Float32Array.of((await model.trainOnBatch(images, target)) as number),
    dispose() {
      model.dispose();
      tf.dispose([images, target]);
    },
  };
}
