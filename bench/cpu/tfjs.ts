/** @file Engine: TensorFlow.js on the backend that TFJS_BACKEND names, wasm or cpu. Networks are tfjs-layers models. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { type Case, imagesFor, labels, networkOf, values } from './cases.ts';
import { type Run, serve } from './engine.ts';
import { foldNorms, macs, type Network } from './networks.ts';
import { buildModel } from './tfjs-model.ts';

const backend = process.env.TFJS_BACKEND ?? 'wasm';
/** Whether batch-norms are folded into the convolutions, which tfjs does not do by itself. */
const folded = process.env.TFJS_FOLDED === '1';

/** Both backends are synchronous. */
const result = async (output: tf.Tensor, read: boolean) => {
  const data = read ? ((await output.data()) as Float32Array) : undefined;
  output.dispose();
  return data;
};

function kernelRun(work: Extract<Case, { kind: 'matMul' | 'conv2d' | 'depthwise' }>): Run {
  if (work.kind === 'matMul') {
    const [a, b] = [1, 2].map((seed) => tf.tensor2d(values(work.size ** 2, seed), [work.size, work.size])) as [
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    return (read) => result(tf.matMul(a, b), read);
  }
  const channels = work.input[3];
  const x = tf.tensor4d(
    values(
      work.input.reduce((p, n) => p * n),
      1,
    ),
    work.input,
  );
  if (work.kind === 'depthwise') {
    const filter = tf.tensor4d(values(9 * channels, 2), [3, 3, channels, 1]);
    return (read) => result(tf.depthwiseConv2d(x, filter, work.strides, 'same'), read);
  }
  const { kernelSize, filters, strides } = work;
  const filter = tf.tensor4d(values(kernelSize ** 2 * channels * filters, 2), [
    kernelSize,
    kernelSize,
    channels,
    filters,
  ]);
  return (read) => result(tf.conv2d(x, filter, strides, 'same'), read);
}

function inference(network: Network, batch: number): Run {
  const layers = folded ? foldNorms(network) : network.layers;
  const model = buildModel({ inputShape: network.inputShape, layers });
  const x = tf.tensor(imagesFor(network, batch), [batch, ...network.inputShape]);
  return (read) => result(model.predict(x, { batchSize: batch }) as tf.Tensor, read);
}

/** Multiply-accumulates of a batch from which on a single step would take longer than anyone waits. */
const MAX_MACS = 1e9;

function training(network: Network, batch: number): Run | undefined {
  if (backend === 'wasm') return undefined; // Conv2DBackpropFilter is not registered
  if (macs(network) * batch > MAX_MACS) return undefined;
  const model = buildModel(network);
  const loss = (target: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(target, logits);
  model.compile({ optimizer: tf.train.adam(1e-3), loss });
  const x = tf.tensor(imagesFor(network, batch), [batch, ...network.inputShape]);
  const target = tf.oneHot(tf.tensor1d(labels(batch), 'int32'), 7);
  return async () => Float32Array.of((await model.trainOnBatch(x, target)) as number);
}

const require = createRequire(import.meta.url);
setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
await tf.setBackend(backend);
await tf.ready();
serve({
  description: `tfjs ${tf.version_core} ${backend}${backend === 'wasm' ? ' SIMD, 1 thread (its threads need a browser)' : ''}${folded ? ', batch-norm folded' : ''}`,
  async prepare(work) {
    if (work.kind === 'inference') return inference(networkOf(work.network), work.batch);
    if (work.kind === 'training') return training(networkOf(work.network), work.batch);
    return kernelRun(work);
  },
});
