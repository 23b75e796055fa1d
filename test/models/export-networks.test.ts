/** @file Exported networks compute the same in onnxruntime. */
import { setBackend } from '@fer/core';
import { createModel, exportOnnx, type ModelName } from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { batchFor, outputOf } from './exported.ts';
import { onnxOutput } from './onnx.ts';

beforeAll(async () => {
  await setBackend('simd');
});

/** One of each family, at sizes that keep the test short. */
const NETWORKS: readonly (readonly [ModelName, object])[] = [
  ['alexnet', { smallImages: true, hiddenUnits: [64] }],
  ['densenet121', { inputShape: [32, 32, 3] }],
  ['efficientnet-b0', { inputShape: [32, 32, 3] }],
  ['fer-net', {}],
  ['inception-v3', { inputShape: [75, 75, 3] }],
  ['light-alex-vgg', {}],
  ['mobi-express-net', {}],
  ['mobilenet-v2', { smallImages: true, alpha: 0.35 }],
  ['resnet50-v2', { inputShape: [32, 32, 3] }],
  ['vgg16', { inputShape: [32, 32, 3], hiddenUnits: [64], batchNorm: true }],
];

describe('exportOnnx', () => {
  it.each(NETWORKS)('%s', async (name, options) => {
    const model = createModel(name, { classes: 7, ...options });
    const { x, shape } = batchFor(model, -1, 1);
    const { values } = await onnxOutput(await exportOnnx(model), x, shape);
    const expected = await outputOf(model, x, shape);
    // some networks' results are small
    const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    expect(scale).toBeGreaterThan(0);
    const relative = (numbers: Float32Array) => numbers.map((value) => value / scale);
    expectNumbersClose(relative(values), relative(expected), 1e-4, 'output');
    model.dispose();
  });
});
