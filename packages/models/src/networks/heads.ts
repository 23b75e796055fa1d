/** @file Classifiers on top of a network without one. */
import { type Applicable, Dense, Dropout, Flatten, GlobalAveragePooling2D, Model } from '@fer/layers';

/** The network with more layers after it, its own layers and weights included. */
export function withHead(base: Model, layers: readonly Applicable[], { seed = 0 } = {}): Model {
  return new Model({
    input: base.input,
    output: base.output.pipe(...layers),
    seed,
    ...(base.name && { name: base.name }),
  });
}

/** All pixels of the feature map, hidden layers with ReLU, and the classifier. */
export const flattenHead = (hiddenUnits: readonly number[], classes: number): Applicable[] => [
  new Flatten(),
  ...hiddenUnits.map((units) => new Dense({ units, activation: 'relu' })),
  new Dense({ units: classes }),
];

/** The average over the feature map and the classifier. */
export const averageHead = (classes: number): Applicable[] => [
  new GlobalAveragePooling2D(),
  new Dense({ units: classes }),
];

/** The average over the feature map, one hidden layer with ReLU, dropout, and the classifier. */
export const hiddenHead = (units: number, dropout: number, classes: number): Applicable[] => [
  new GlobalAveragePooling2D(),
  new Dense({ units, activation: 'relu' }),
  new Dropout({ rate: dropout }),
  new Dense({ units: classes }),
];
