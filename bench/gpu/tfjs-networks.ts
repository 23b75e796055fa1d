/** @file The networks in tfjs: as tfjs-layers has them, or in fused kernels. */
import type { Model } from '@fer/layers';
import { exportTfjs } from '@fer/models';
import type * as tf from '@tensorflow/tfjs-core';
import { imagesFor, networkOf } from '../networks.ts';
import { tfjsFused } from '../tfjs-fused.ts';
import { tfjsModel, tfjsStep, toTensor } from '../tfjs-model.ts';
import { type NetworkCase, networkName } from './cases.ts';
import type { Prepared, Read } from './engine.ts';

/** What `Engine.networkLoader` of tfjs returns. */
export async function tfjsLoader(work: NetworkCase, read: Read<tf.Tensor>): Promise<() => Promise<Prepared>> {
  const original = networkOf(networkName(work));
  const values = imagesFor(original, work.batch);
  const load = work.kind === 'inference' && work.tfjsFolded ? await fused(original) : await layers(original, work);
  return async () => {
    const network = await load();
    const images = toTensor(values);
    return {
      run: network.runOn(images, read),
      dispose() {
        network.dispose();
        images.dispose();
      },
    };
  };
}

interface Loaded {
  runOn(images: tf.Tensor, read: Read<tf.Tensor>): Prepared['run'];
  dispose(): void;
}

async function fused(original: Model): Promise<() => Promise<Loaded>> {
  const load = await tfjsFused(original.fuse());
  return async () => {
    const { forward, dispose } = load();
    return { runOn: (images, read) => () => readOf(forward(images), read), dispose };
  };
}

async function layers(original: Model, { kind, batch }: NetworkCase): Promise<() => Promise<Loaded>> {
  const files = await exportTfjs(original);
  return async () => {
    const model = await tfjsModel(files);
    const predict = (images: tf.Tensor) => model.predict(images, { batchSize: batch }) as tf.Tensor;
    return {
      runOn: (images, read) => (kind === 'training' ? tfjsStep(model, images) : () => readOf(predict(images), read)),
      dispose: () => void model.dispose(),
    };
  };
}

async function readOf(result: tf.Tensor, read: Read<tf.Tensor>): Promise<Float32Array> {
  const data = await read(result);
  result.dispose();
  return data;
}
