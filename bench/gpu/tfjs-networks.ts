/** @file The networks in tfjs-layers. */
import { exportTfjs } from '@fer/models';
import type * as tf from '@tensorflow/tfjs-core';
import { imagesFor, networkOf } from '../networks.ts';
import { tfjsFused } from '../tfjs-fused.ts';
import { tfjsModel, tfjsStep, toTensor } from '../tfjs-model.ts';
import { type NetworkCase, networkName } from './cases.ts';
import type { Prepared, Read } from './engine.ts';

export async function tfjsLoader(work: NetworkCase, read: Read<tf.Tensor>): Promise<() => Promise<Prepared>> {
  const { batch } = work;
  const original = networkOf(networkName(work));
  const values = imagesFor(original, batch);
  const isFolded = work.kind === 'inference' && work.tfjsFolded;
  const files = await exportTfjs(original);
  return async () => {
    const model = await tfjsModel(files);
    const images = toTensor(values);
    const forward = isFolded
      ? await tfjsFused(original.fuse())
      : () => model.predict(images, { batchSize: batch }) as tf.Tensor;
    const predict = async () => {
      const result = forward(images);
      const data = await read(result);
      result.dispose();
      return data;
    };
    return {
      run: work.kind === 'training' ? tfjsStep(model, images) : predict,
      dispose() {
        model.dispose();
        images.dispose();
      },
    };
  };
}
