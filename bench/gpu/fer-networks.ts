/** @file The networks in fer: MobileNetV2 fused, and the small CNN in training. */
import { noGrad, type Tensor, tensor, tidy } from '@fer/core';
import { Adam, encodeModel, loadModel, type Model } from '@fer/layers';
import { imagesFor, labelsFor, networkOf, stepOf } from '../networks.ts';
import { type NetworkCase, networkName } from './cases.ts';
import type { Prepared, Read } from './engine.ts';

export async function ferLoader(work: NetworkCase, read: Read<Tensor>): Promise<() => Promise<Prepared>> {
  const original = networkOf(networkName(work));
  const file = await encodeModel(original);
  original.dispose();
  const prepare = work.kind === 'inference' ? inference : training;
  return async () => prepare(await loadModel(file), work.batch, read);
}

function imagesOf(model: Model, batch: number): Tensor {
  const { data, shape } = imagesFor(model, batch);
  return tensor(data, shape);
}

function inference(original: Model, batch: number, read: Read<Tensor>): Prepared {
  const model = original.fuse();
  original.dispose();
  const images = imagesOf(model, batch);
  return {
    async run() {
      using result = noGrad(() => tidy(() => model.forward(images)));
      return await read(result);
    },
    dispose() {
      model.dispose();
      images.dispose();
    },
  };
}

function training(model: Model, batch: number, read: Read<Tensor>): Prepared {
  const optimizer = new Adam();
  const step = stepOf(model, optimizer);
  const images = imagesOf(model, batch);
  const labels = tensor(labelsFor(batch), [batch], 'int32');
  return {
    async run() {
      using loss = step({ images, labels });
      return await read(loss);
    },
    dispose() {
      for (const one of [model, optimizer, images, labels]) one.dispose();
    },
  };
}
