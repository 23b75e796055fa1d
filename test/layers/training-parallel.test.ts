/** @file Data-parallel training computes what training in one thread does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  memory,
  mul,
  type Parameter,
  Random,
  reshape,
  type Shape,
  ShapeError,
  setBackend,
  slice,
  type Tensor,
} from '@fer/core';
import { Dense, type FitOptions, Flatten, fit, Layer, type Model, type Run, Sequential, SGD } from '@fer/layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { convolutional, dense, randomImages } from './training-networks.ts';
import { afterSteps, checkpointIn, train } from './training-resumable.ts';

beforeAll(async () => {
  await setBackend('simd', { threads: 1 });
});

async function trained(model: Model, options: Partial<FitOptions>) {
  const { x, y } = randomImages(23);
  const optimizer = new SGD({ learningRate: 0.1, momentum: 0.9 });
  const data = { x, y, batchSize: 11 };
  try {
    const { epochs } = await fit(model, { train: data, validation: data, epochs: 3, optimizer, ...options });
    return { epochs, weights: await model.stateDict() };
  } finally {
    for (const disposable of [model, optimizer, x, y]) disposable.dispose();
  }
}

type Trained = Awaited<ReturnType<typeof trained>>;

function expectClose(a: Trained, b: Trained): void {
  const numbers = ({ epochs, weights }: Trained) => [
    ...epochs.flatMap((logs) => Object.values(logs)),
    ...Object.values(weights).flatMap(({ data }) => [...(data as Float32Array)]),
  ];
  expectNumbersClose(numbers(a), numbers(b), 1e-5, 'figure or weight');
}

describe('training with workers', () => {
  it('makes the same weights and figures, whatever the parts', async () => {
    // batches of 11, 11 and 1, in parts of 5 and 6; 3, 4 and 4; 1
    const alone = await trained(dense(), {});
    for (const workers of [2, 3]) expectClose(await trained(dense(), { workers }), alone);
  });

  it('accumulates gradients', async () => {
    const options = { gradientAccumulation: 2 };
    expectClose(await trained(dense(), { ...options, workers: 2 }), await trained(dense(), options));
  });

  it('keeps moving statistics', async () => {
    expectClose(await trained(convolutional(), { workers: 1 }), await trained(convolutional(), {}));
  });

  it('takes the mean of the statistics of the parts', async () => {
    const { x, y } = randomImages(8);
    const inOrder = {
      length: 1,
      async *epoch() {
        yield { images: mul(x, 1), labels: reshape(y, [8]) };
      },
    };
    const whole = convolutional();
    await fit(whole, { train: inOrder, epochs: 1, optimizer: new SGD({ learningRate: 0.1 }), workers: 2 });
    const halves = [0, 4].map((start) => {
      const half = convolutional();
      half.forward(slice(x, [start, 0, 0, 0], [4, 4, 4, 1]), { training: true, random: new Random(0) });
      return half;
    });
    for (const name of ['moving_mean', 'moving_variance'].map((name) => `batch_normalization/${name}`)) {
      const [first, second] = halves.map(({ weights }) => weights.get(name)?.dataSync() as Float32Array);
      const mean = first?.map((value, i) => (value + Number(second?.[i])) / 2);
      expectNumbersClose(whole.weights.get(name)?.dataSync() as Float32Array, mean as Float32Array, 1e-6, name);
    }
  });

  it('gives the same run again, and the rest of one that was interrupted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fer-parallel-'));
    try {
      const whole = await train(directory, {}, { workers: 2 });
      const controller = new AbortController();
      const { signal } = controller;
      const abort = afterSteps(6, () => controller.abort());
      await train(directory, abort, { workers: 2, signal });
      const resumed = await train(directory, {}, { workers: 2, resume: checkpointIn(directory) });
      expect(resumed.history).toEqual(whole.history);
      expect(resumed.weights).toEqual(whole.weights);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('leaves no tensors behind', async () => {
    await trained(dense(), { workers: 2 });
    const before = memory().tensors;
    await trained(dense(), { workers: 2 });
    expect(memory().tensors).toBe(before);
  });

  it.each([true, false])('follows when a layer becomes trainable: %s', async (trainable) => {
    const run = (options: Partial<FitOptions>) => {
      const model = convolutional();
      model.layer('batch_normalization').trainable = !trainable;
      const change = () => {
        model.layer('batch_normalization').trainable = trainable;
      };
      return trained(model, { ...options, callbacks: [{ className: 'Change', onEpochEnd: change }] });
    };
    expectClose(await run({ workers: 1 }), await run({}));
  });

  it('leaves a weight alone that was frozen on its own', async () => {
    const model = dense();
    (model.weights.get('dense/kernel') as Parameter).trainable = false;
    const before = (await model.stateDict())['dense/kernel'];
    expect((await trained(model, { workers: 2 })).weights['dense/kernel']).toEqual(before);
  });

  it('refuses to save in the midst of a step', async () => {
    const model = dense();
    let run: Run | undefined;
    const callback = {
      className: 'Keep',
      onTrainBegin(begun: Run) {
        run = begun;
      },
    };
    const training = trained(model, { workers: 2, sam: 1, callbacks: [callback] });
    await new Promise((resolve) => setTimeout(resolve)); // the first step waits for the workers to start
    await expect(run?.save()).rejects.toThrow('expected to be called from onCheckpoint or onBatchEnd');
    await training;
  });

  it('tells what a worker failed of', async () => {
    class Own extends Layer {
      readonly className = 'Own';
      override outputShape = (shape: Shape) => shape;
      override forward = (x: Tensor) => x;
    }
    const own = new Sequential([new Flatten(), new Own({}), new Dense({ units: 4 })], { inputShape: [4, 4, 1] });
    await expect(trained(own, { workers: 2 })).rejects.toThrow(/fit: a worker failed: .*Own/);
    const square = new Sequential([new Flatten(), new Dense({ units: 4 })], { inputShape: [5, 4, 1] });
    await expect(trained(square, { workers: 2 })).rejects.toThrow(ShapeError);
    const narrow = new Sequential([new Flatten(), new Dense({ units: 3 })], { inputShape: [4, 4, 1] });
    await expect(trained(narrow, { workers: 2 })).rejects.toThrow(
      "labels of a batch are no index into the model's outputs",
    );
    await expect(trained(dense(), { workers: 0 })).rejects.toThrow(
      'fit: workers must be an integer of at least 1 but is 0',
    );
  });
});
