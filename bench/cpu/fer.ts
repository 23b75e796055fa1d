/** @file Engine: this library. */
import * as fer from '@fer/core';
import type { Model } from '@fer/layers';
import { imagesFor, labelsFor, networkOf, stepOf, type Values } from '../networks.ts';
import { type KernelCase, operandsOf } from './cases.ts';
import { type Run, serve } from './engine.ts';

const toTensor = ({ data, shape }: Values) => fer.tensor(data, shape);

const result = async (output: fer.Tensor, read: boolean) => {
  const data = read || backend !== 'simd' ? ((await output.data()) as Float32Array) : undefined;
  output.dispose();
  return data;
};

function kernelRun(work: KernelCase): Run {
  const [a, b] = operandsOf(work).map(toTensor) as [fer.Tensor, fer.Tensor];
  if (work.kind === 'matMul') return (read) => result(fer.matMul(a, b), read);
  const convolve = work.kind === 'conv2d' ? fer.conv2d : fer.depthwiseConv2d;
  return (read) => result(convolve(a, b, { strides: work.strides, padding: 'same' }), read);
}

/** The inner step of `predict`. */
function inference(model: Model, batch: number): Run {
  const fused = model.fuse();
  const images = toTensor(imagesFor(model, batch));
  return (read) =>
    result(
      fer.noGrad(() => fer.tidy(() => fused.forward(images))),
      read,
    );
}

function training(model: Model, batch: number): Run {
  const step = stepOf(model);
  const examples = {
    images: toTensor(imagesFor(model, batch)),
    labels: fer.tensor(labelsFor(batch), [batch], 'int32'),
  };
  return (read) => result(step(examples), read);
}

const backend = await fer.setBackend('auto');
const { FER_THREADS: threads } = process.env;
serve({
  description: `fer ${backend}, ${threads} thread${threads === '1' ? '' : 's'}`,
  async prepare(work) {
    if (work.kind !== 'inference' && work.kind !== 'training') return kernelRun(work);
    return (work.kind === 'inference' ? inference : training)(networkOf(work.network), work.batch);
  },
});
