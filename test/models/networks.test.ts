/** @file What holds for every network: it learns, it fuses, it is exported. */
import { Random, setBackend, softmaxCrossEntropy, tensor, tidy } from '@fer/core';
import { BatchNormalization, type Model } from '@fer/layers';
import {
  alexNet,
  createModel,
  denseNet121,
  efficientNet,
  exportOnnx,
  inceptionV3,
  listModels,
  type NetworkOptions,
  resNet50V2,
  vgg16,
  vgg19,
} from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { disturb, relativeTo } from './disturb.ts';
import { batchFor, outputOf } from './exported.ts';
import { onnxOutput } from './onnx.ts';

beforeAll(async () => {
  await setBackend('simd');
});

const faces: NetworkOptions = { classes: 7, inputShape: [32, 32, 1] };
const small = { ...faces, smallImages: true, inputShape: [16, 16, 1] };

/** As small as the networks allow; of the scaled ones one. */
const networks: [string, () => Model][] = [
  ['alexnet', () => alexNet({ ...faces, smallImages: true, hiddenUnits: [64, 64] })],
  ['densenet121', () => denseNet121(faces)],
  ['densenet121 for small images', () => denseNet121(small)],
  ['efficientnet-b0', () => efficientNet('b0', faces)],
  ['efficientnet-b0 for small images', () => efficientNet('b0', small)],
  ['fer-net', () => createModel('fer-net', faces)],
  ['inception-v3', () => inceptionV3({ ...faces, inputShape: [75, 75, 1] })],
  ['light-alex-vgg', () => createModel('light-alex-vgg', faces)],
  ['mobi-express-net', () => createModel('mobi-express-net', faces)],
  ['mobilenet-v2', () => createModel('mobilenet-v2', faces)],
  ['mobilenet-v2 for small images', () => createModel('mobilenet-v2', { ...small, alpha: 0.5 })],
  ['resnet50-v2', () => resNet50V2(faces)],
  ['resnet50-v2 for small images', () => resNet50V2(small)],
  ['vgg16 with batch normalisation', () => vgg16({ ...faces, batchNorm: true, hiddenUnits: [] })],
  ['vgg19', () => vgg19({ ...faces, hiddenUnits: [64] })],
];

/** Networks that only differ from another one in width or depth. */
const SCALED = /^(densenet(169|201)|efficientnet-b[1-7])$/;

it('are all here', () => {
  const tried = new Set(networks.map(([title]) => title.split(' ')[0]));
  expect(listModels().filter((name) => !SCALED.test(name) && !tried.has(name))).toEqual([]);
});

/** In data sets of faces an epoch has few steps; Keras' momentum of 0.99 is for ImageNet's. */
it('tests what is made for faces by statistics of the last dozens of steps', () => {
  const forFaces = networks.filter(([title]) => /small images|fer-net|light|express|batch/.test(title));
  const momenta = forFaces.map(([title, make]) => {
    const model = make();
    const normalisations = model.layers.filter((layer) => layer instanceof BatchNormalization);
    model.dispose();
    return [title, ...new Set(normalisations.map(({ options }) => options.momentum))];
  });
  expect(momenta).toEqual(forFaces.map(([title]) => [title, 0.9]));
});

describe.each(networks)('%s', (_, make) => {
  let model: Model;
  beforeAll(() => {
    model = make();
    disturb(model.weights);
    return () => model.dispose();
  });

  it('gives every trainable weight a finite gradient other than zero', async () => {
    const { x, shape } = batchFor(model, -1, 1);
    tidy(() => {
      const context = { training: true, random: new Random(1) };
      softmaxCrossEntropy(model.forward(tensor(x, shape), context), tensor([2, 5], [2], 'int32')).backward();
    });
    const wrong = [...model.weights].filter(([, weight]) => {
      const gradient = weight.grad?.dataSync();
      weight.zeroGrad();
      if (!weight.trainable) return gradient !== undefined;
      return !gradient?.some((value) => value !== 0) || !gradient.every(Number.isFinite);
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  it('computes the same fused, and in onnxruntime', async () => {
    const { x, shape } = batchFor(model, -1, 1);
    const expected = await outputOf(model, x, shape);
    const fused = model.fuse();
    const result = await outputOf(fused, x, shape);
    expectNumbersClose(relativeTo(expected, result), relativeTo(expected, expected), 1e-4, 'fused');
    fused.dispose();
    const { values } = await onnxOutput(await exportOnnx(model), x, shape);
    expectNumbersClose(relativeTo(expected, values), relativeTo(expected, expected), 1e-4, 'in onnxruntime');
  });
});
