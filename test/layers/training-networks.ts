/** @file Data and networks that are trained in milliseconds. */
import { Random, randomUniform, type Tensor, tensor } from '@fer/core';
import { BatchNormalization, Conv2D, Dense, Dropout, Flatten, ReLU, Sequential } from '@fer/layers';

/** Random images of 4 x 4 pixels with random labels of 4 classes: nothing to generalise from. */
export function randomImages(count = 64): { x: Tensor; y: Tensor } {
  const random = new Random(7);
  const x = randomUniform([count, 4, 4, 1], random, -1, 1);
  const labels = Array.from({ length: count }, () => random.integer(4));
  return { x, y: tensor(labels, [count], 'int32') };
}

/** With everything that a run must keep account of: moving statistics and random numbers. */
export const convolutional = ({ rate = 0 } = {}) =>
  new Sequential(
    [
      new Conv2D({ filters: 16, kernelSize: 3, padding: 'same', useBias: false }),
      new BatchNormalization({ momentum: 0.9 }),
      new ReLU(),
      new Dropout({ rate }),
      new Flatten(),
      new Dense({ units: 4 }),
    ],
    { inputShape: [4, 4, 1], seed: 1 },
  );

/** Without randomness, and the same for an example in any batch. */
export const dense = () =>
  new Sequential([new Flatten(), new Dense({ units: 8, activation: 'tanh' }), new Dense({ units: 4 })], {
    inputShape: [4, 4, 1],
    seed: 1,
  });
