/** @file The smallest classifier: it tells dark pictures from bright ones. */
import { tensor } from '@fer/core';
import { compose, normalise, resize, toGrayscale } from '@fer/data';
import { Dense, Flatten, Sequential } from '@fer/layers';
import type { Pretrained } from '@fer/models';

export function brightness(): Pretrained {
  const model = new Sequential([new Flatten(), new Dense({ units: 2 })], { inputShape: [4, 4, 1] });
  using kernel = tensor(Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? -1 : 1) / 16));
  using shaped = tensor(kernel.dataSync(), [16, 2]);
  model.weights.get('dense/kernel')?.assign(shaped);
  return {
    model,
    labels: ['dark', 'bright'],
    preprocess: compose(toGrayscale(), resize({ size: 4 }), normalise({ mean: 128, deviation: 64 })),
    card: '# Brightness',
  };
}
