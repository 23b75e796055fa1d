/** @file P4: EfficientNetB0 on CK+ in low resolution, with four optimizers. */
import type { TransformConfig } from '@fer/data';
import type { OptimizerPlan } from '../experiment.ts';
import { enlarged, FACE, FLIP, type Recipe, type Variant } from './recipe.ts';

/** Its mean and deviation of red, green and blue, which Keras' EfficientNet has within. */
const IMAGENET: TransformConfig = {
  name: 'normalise',
  options: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
};

const variant = (optimizer: OptimizerPlan, reported: Variant['reported'] = {}): Variant => ({
  title: `EfficientNetB0, ${optimizer.name}`,
  dataset: 'ck-plus',
  experiment: {
    data: {
      split: { by: 'ratio', ratios: [0.8, 0.1, 0.1] },
      oversample: true,
      imageSize: FACE,
      augment: [FLIP],
      preprocess: [{ name: 'degrade', options: { size: 24 } }, ...enlarged(224), IMAGENET],
    },
    network: { name: 'efficientnet-b0', options: { inputShape: [224, 224, 3] } },
    training: { epochs: 30, batchSize: 32, optimizer, selection: 'valAccuracy' },
    evaluation: { crops: 1 },
    seed: 1,
  },
  reported,
});

export const p4: Recipe = {
  title: 'EfficientNetB0 on CK+ in low resolution',
  source: 'Karim, Sulistiyono & Rachmawati, Telkom University',
  notes: [
    'The low resolution, the split, epochs, batch size and learning rates are not printed: 24x24 pixels, 80:10:10, 30, 32 and the defaults of Keras here; SGD has a momentum of 0.9 besides.',
    'Frames of one person are nearly the same, and this split shares persons: its accuracy says little about other people.',
    'The paper compares Adam, SGD and RMSProp, and fine-tunes ImageNet weights: give such with --init; pixels are normalised as these expect it. Adamax is added here.',
  ],
  variants: {
    rmsprop: variant(
      { name: 'RMSProp', learningRate: 0.001 },
      { accuracy: 0.96, recall: 0.96, precision: 0.965, f1: 0.9584 },
    ),
    adam: variant({ name: 'Adam', learningRate: 0.001 }),
    sgd: variant({ name: 'SGD', learningRate: 0.01, momentum: 0.9 }),
    adamax: variant({ name: 'Adamax', learningRate: 0.001 }),
  },
};
