/** @file The networks in tfjs-layers. */
import { exportTfjs } from '@fer/models';
import type * as tf from '@tensorflow/tfjs-core';
import { imagesFor, networkOf } from '../networks.ts';
import { tfjsModel, tfjsStep, toTensor } from '../tfjs-model.ts';
import { type NetworkCase, networkName } from './cases.ts';
import type { Prepared, Read } from './engine.ts';

export async function tfjsLoader(work: NetworkCase, read: Read<tf.Tensor>): Promise<() => Promise<Prepared>> {
  const { batch } = work;
  const original = networkOf(networkName(work));
  const values = imagesFor(original, batch);
  const files = await exportTfjs(work.kind === 'inference' && work.tfjsFolded ? original.fuse() : original);
  return async () => {
    const model = await tfjsModel(files);
    const images = toTensor(values);
    const predict = async () => {
      const result = model.predict(images, { batchSize: batch }) as tf.Tensor;
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
