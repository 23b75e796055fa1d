/** @file Engine: TensorFlow.js on the backend that TFJS_BACKEND names, wasm or cpu. Networks are tfjs-layers models. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setBackend } from '@fer/core';
import type { Model } from '@fer/layers';
import { exportTfjs } from '@fer/models';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { imagesFor, networkOf } from '../networks.ts';
import { tfjsFused } from '../tfjs-fused.ts';
import { tfjsModel, tfjsStep, toTensor } from '../tfjs-model.ts';
import { type KernelCase, operandsOf } from './cases.ts';
import { type Run, serve } from './engine.ts';

const backend = process.env.TFJS_BACKEND ?? 'wasm';
/** Whether batch-norms are folded into the convolutions, and its fused kernels used: tfjs-layers does neither. */
const folded = process.env.TFJS_FOLDED === '1';

/** Both backends are synchronous. */
const result = async (output: tf.Tensor, read: boolean) => {
  const data = read ? ((await output.data()) as Float32Array) : undefined;
  output.dispose();
  return data;
};

function kernelRun(work: KernelCase): Run {
  const [a, b] = operandsOf(work).map(toTensor) as [tf.Tensor4D, tf.Tensor4D];
  if (work.kind === 'matMul') return (read) => result(tf.matMul(a, b), read);
  const convolve = work.kind === 'conv2d' ? tf.conv2d : tf.depthwiseConv2d;
  return (read) => result(convolve(a, b, work.strides, 'same'), read);
}

async function inference(original: Model, batchSize: number): Promise<Run> {
  const images = toTensor(imagesFor(original, batchSize));
  if (folded) {
    const { forward } = (await tfjsFused(original.fuse()))();
    return (read) => result(forward(images), read);
  }
  const model = await tfjsModel(await exportTfjs(original));
  return (read) => result(model.predict(images, { batchSize }) as tf.Tensor, read);
}

/** Multiply-accumulates of a batch from which on a single step would take longer than anyone waits. */
const MAX_MACS = 1e9;

async function training(original: Model, batch: number): Promise<Run | undefined> {
  if (backend === 'wasm') return undefined; // Conv2DBackpropFilter is not registered
  if (original.macs() * batch > MAX_MACS) return undefined;
  const model = await tfjsModel(await exportTfjs(original));
  return tfjsStep(model, toTensor(imagesFor(original, batch)));
}

const require = createRequire(import.meta.url);
setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
await tf.setBackend(backend);
await tf.ready();
await setBackend('auto'); // makes the networks
serve({
  description: `tfjs ${tf.version_core} ${backend}${backend === 'wasm' ? ' SIMD, 1 thread (its threads need a browser)' : ''}${folded ? ', batch-norm folded, fused kernels' : ''}`,
  async prepare(work) {
    if (work.kind !== 'inference' && work.kind !== 'training') return kernelRun(work);
    return (work.kind === 'inference' ? inference : training)(networkOf(work.network), work.batch);
  },
});
