/** @file fit: what is learnt, reproduced, left in memory, and refused. */
import { Random, randomUniform, setBackend, type Tensor, tensor } from '@fer/core';
import {
  Adam,
  Adamax,
  AdamW,
  BatchNormalization,
  Conv2D,
  Dense,
  evaluate,
  Flatten,
  fit,
  noDecay,
  ReLU,
  RMSProp,
  Sequential,
  SGD,
} from '@fer/layers';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => {
  await setBackend('simd');
});

/** 64 random images of 4 x 4 pixels with random labels of 4 classes: nothing to generalise from. */
function randomImages(count = 64): { x: Tensor; y: Tensor } {
  const random = new Random(7);
  const x = randomUniform([count, 4, 4, 1], random, -1, 1);
  const y = tensor(
    Array.from({ length: count }, () => random.integer(4)),
    [count],
    'int32',
  );
  return { x, y };
}

const network = (seed = 1) =>
  new Sequential(
    [
      new Conv2D({ filters: 16, kernelSize: 3, padding: 'same', useBias: false }),
      new BatchNormalization({ momentum: 0.9 }),
      new ReLU(),
      new Flatten(),
      new Dense({ units: 4 }),
    ],
    { inputShape: [4, 4, 1], seed },
  );

describe('fit', () => {
  const optimizers = [
    new SGD({ learningRate: 0.1 }),
    new SGD({ learningRate: 0.05, momentum: 0.9 }),
    new SGD({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-4, groups: [noDecay] }),
    new Adam({ learningRate: 0.02 }),
    new AdamW({ learningRate: 0.02 }),
    new Adamax({ learningRate: 0.03 }),
    new RMSProp({ learningRate: 0.005 }),
    new RMSProp({ learningRate: 0.003, momentum: 0.9, centered: true }),
  ];
  for (const optimizer of optimizers) {
    it(`learns 64 random images by heart with ${optimizer.className} ${JSON.stringify(optimizer.options)}`, async () => {
      const model = network();
      const train = { ...randomImages(), batchSize: 16 };
      await fit(model, { train, epochs: 60, optimizer });
      const { loss, accuracy } = await evaluate(model, train);
      expect(accuracy).toBe(1);
      expect(loss).toBeLessThan(0.1);
    });
  }
});
