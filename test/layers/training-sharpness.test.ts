/** @file Sharpness-aware minimisation, compared with the paper's two steps made by hand. */
import { memory, setBackend, softmaxCrossEntropy, type TypedArray, tensor, tidy } from '@fer/core';
import { type FitOptions, fit, type Model, SGD } from '@fer/layers';
import { beforeAll, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { convolutional, dense, randomImages } from './training-networks.ts';

let data: ReturnType<typeof randomImages>;
beforeAll(async () => {
  await setBackend('simd', { threads: 1 });
  data = randomImages(24);
});

const LEARNING_RATE = 0.1;
const RADIUS = 0.3;

/** After one step of all examples, or of several batches together. */
async function trained(model: Model, options: Partial<FitOptions> = {}): Promise<Model> {
  const optimizer = new SGD({ learningRate: LEARNING_RATE });
  await fit(model, { train: { ...data, batchSize: 24 }, epochs: 1, optimizer, sam: RADIUS, ...options });
  return model;
}

const valuesOf = (model: Model) => [...model.weights.values()].map((weight) => weight.dataSync() as Float32Array);

function gradientsOf(model: Model): Float32Array[] {
  tidy(() => softmaxCrossEntropy(model.forward(data.x), data.y).backward());
  return [...model.weights.values()].map((weight) => {
    const gradient = weight.grad?.dataSync() as Float32Array;
    weight.zeroGrad();
    return gradient;
  });
}

/** a + factor b */
const moved = (a: TypedArray, b: TypedArray, factor: number) =>
  Float32Array.from(a, (value, i) => value + factor * (b[i] as number));

function assign(model: Model, values: readonly Float32Array[]): void {
  [...model.weights.values()].forEach((weight, i) => {
    using value = tensor(values[i] as Float32Array, weight.shape);
    weight.assign(value);
  });
}

it('steps by the gradients at the worst weights within the radius', async () => {
  const model = dense();
  const start = valuesOf(model);
  const uphill = gradientsOf(model);
  const norm = Math.hypot(...uphill.flatMap((gradient) => [...gradient]));
  assign(
    model,
    start.map((value, i) => moved(value, uphill[i] as Float32Array, RADIUS / norm)),
  );
  const expected = gradientsOf(model).map((gradient, i) => moved(start[i] as Float32Array, gradient, -LEARNING_RATE));
  for (const [i, actual] of valuesOf(await trained(dense())).entries())
    expectNumbersClose(actual, expected[i] as Float32Array, 1e-6, 'weight');
});

it('is of the whole step when gradients are accumulated', async () => {
  const accumulated = await trained(dense(), {
    train: { ...data, batchSize: 5 },
    gradientAccumulation: 5,
  });
  const expected = valuesOf(await trained(dense()));
  for (const [i, actual] of valuesOf(accumulated).entries())
    expectNumbersClose(actual, expected[i] as Float32Array, 1e-6, 'weight');
});

it('counts statistics and figures once', async () => {
  const plain = convolutional();
  const optimizer = new SGD({ learningRate: LEARNING_RATE });
  const train = { ...data, batchSize: 24 };
  const { epochs } = await fit(plain, { train, epochs: 1, optimizer });
  const sharp = convolutional();
  expect((await fit(sharp, { train, epochs: 1, optimizer, sam: RADIUS })).epochs).toEqual(epochs);
  for (const name of ['batch_normalization/moving_mean', 'batch_normalization/moving_variance'])
    expect(sharp.weights.get(name)?.dataSync()).toEqual(plain.weights.get(name)?.dataSync());
});

it('repeats, with everything random on, and leaves memory as it was', async () => {
  const options = { mixup: 0.4, cutmix: 1, epochs: 3, train: { ...data, batchSize: 8 } };
  const first = await trained(convolutional({ rate: 0.3 }), options);
  const before = memory();
  const second = await trained(convolutional({ rate: 0.3 }), options);
  expect(valuesOf(second)).toEqual(valuesOf(first));
  second.dispose();
  expect(memory()).toEqual(before);
});
