/** @file Whole networks against the same networks in tfjs-layers, on the same weights. */
import { noGrad, Random, setBackend, tensor, tidy } from '@fer/core';
import type { Model } from '@fer/layers';
import { denseNet121, efficientNet, inceptionV3, mobileNetV2, resNet50V2, vgg19 } from '@fer/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { disturb, relativeTo } from './disturb.ts';
import * as keras from './keras-networks.ts';
import { tf, tfjsOutput } from './tfjs.ts';

beforeAll(async () => {
  await setBackend('simd');
  await tf.setBackend('cpu');
});

const noTop = { includeTop: false };
const small = [32, 32, 3];
/** The least that InceptionV3 takes. */
const larger = [75, 75, 3];

const networks: [string, number[], (inputShape: number[]) => Model, (inputShape: number[]) => LayersModel][] = [
  ['MobileNetV2', small, (inputShape) => mobileNetV2({ ...noTop, inputShape }), (shape) => keras.mobileNetV2(shape, 1)],
  [
    'MobileNetV2 0.35 on odd sizes',
    [33, 47, 3],
    (inputShape) => mobileNetV2({ ...noTop, inputShape, alpha: 0.35 }),
    (shape) => keras.mobileNetV2(shape, 0.35),
  ],
  [
    'MobileNetV2 0.56, where fractions of channels matter',
    small,
    (inputShape) => mobileNetV2({ ...noTop, inputShape, alpha: 0.56 }),
    (shape) => keras.mobileNetV2(shape, 0.56),
  ],
  ['EfficientNetB0', small, (inputShape) => efficientNet('b0', { ...noTop, inputShape }), keras.efficientNetB0],
  ['ResNet50V2', small, (inputShape) => resNet50V2({ ...noTop, inputShape }), keras.resNet50V2],
  ['InceptionV3', larger, (inputShape) => inceptionV3({ ...noTop, inputShape }), keras.inceptionV3],
  ['DenseNet121', small, (inputShape) => denseNet121({ ...noTop, inputShape }), keras.denseNet121],
  ['VGG19', small, (inputShape) => vgg19({ ...noTop, inputShape }), keras.vgg19],
];

/** Layer by layer: the weights of a layer come in the same order here and there. */
function copyWeights(from: Model, to: LayersModel): number {
  let copied = 0;
  for (const layer of to.layers) {
    if (layer.weights.length === 0) continue;
    const weights = [...from.layer(layer.name).weights.values()];
    copied += weights.length;
    tf.tidy(() => layer.setWeights(weights.map((weight) => tf.tensor(weight.dataSync(), [...weight.shape]))));
  }
  return copied;
}

describe('networks compute what tfjs-layers computes', () => {
  it.each(networks)('%s', async (_, shape, ours, theirs) => {
    const model = ours(shape);
    const reference = theirs(shape);
    disturb(model.weights);
    expect(copyWeights(model, reference)).toBe(model.weights.size);
    expect(reference.countParams()).toBe(model.countParams().total);
    const random = new Random(4);
    const x = Float32Array.from({ length: shape.reduce((size, axis) => size * axis, 1) }, () => random.uniform(-1, 1));
    const expected = tfjsOutput(reference, x, [1, ...shape]);
    const result = tidy(() => noGrad(() => model.forward(tensor(x, [1, ...shape])).dataSync()));
    expectNumbersClose(relativeTo(expected, result), relativeTo(expected, expected), 1e-4, 'features');
    model.dispose();
    reference.dispose();
  });
});
