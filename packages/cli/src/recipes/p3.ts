/** @file P3: three large networks with the same head, on five classes. */
import type { NetworkPlan } from '../experiment.ts';
import { affine, enlarged, FACE, FLIP, type Recipe, type Variant } from './recipe.ts';

const head = { name: 'hidden', units: 1024, dropout: 0.5 } as const;

const variant = (title: string, network: NetworkPlan, reported: Variant['reported']): Variant => ({
  title,
  dataset: 'fer2013',
  experiment: {
    data: {
      classes: ['angry', 'happy', 'neutral', 'sad', 'surprise'],
      split: { by: 'ratio', ratios: [0.8, 0.2] },
      imageSize: FACE,
      augment: [affine({ rotation: 20, widthShift: 0.2, heightShift: 0.2, zoom: 0.2, fillMode: 'nearest' }), FLIP],
      preprocess: enlarged(224),
    },
    network,
    training: {
      epochs: 25,
      batchSize: 32,
      optimizer: { name: 'Adam', learningRate: 0.0001 },
      earlyStopping: { patience: 5 },
      selection: 'valLoss',
    },
    evaluation: { crops: 1 },
    seed: 1,
  },
  reported,
});

export const p3: Recipe = {
  title: 'ResNet50V2, InceptionV3 and DenseNet121 on five classes',
  source: 'A comparison of three networks on 14,248 face images of five classes',
  notes: [
    'That data set is not public: FER2013 without disgust and fear stands in for it.',
    'As in the paper, 20 % of the images are for validation and test alike, and the weights of the lowest validation loss are tested: chosen by these images, they look a little better than they are. Batch size and patience are not printed: 32 and 5 here.',
    'The paper begins with ImageNet weights: give such with --init, or the networks begin with random ones.',
  ],
  variants: {
    'resnet50-v2': variant(
      'ResNet50V2',
      { name: 'resnet50-v2', options: { inputShape: [224, 224, 3] }, head },
      {
        accuracy: 0.79,
        f1: 0.76,
        'weighted f1': 0.75,
        'happy precision': 0.92,
        'happy recall': 0.91,
        'happy f1': 0.91,
        'surprise f1': 0.76,
        'angry f1': 0.68,
      },
    ),
    densenet121: variant(
      'DenseNet121',
      { name: 'densenet121', options: { inputShape: [224, 224, 3] }, head },
      {
        accuracy: 0.75,
        'weighted f1': 0.75,
        'happy precision': 0.9,
        'happy recall': 0.91,
        'happy f1': 0.91,
        'neutral f1': 0.71,
        'surprise f1': 0.62,
      },
    ),
    'inception-v3': variant(
      'InceptionV3',
      { name: 'inception-v3', options: { inputShape: [224, 224, 3] }, head },
      {
        accuracy: 0.65,
        'weighted f1': 0.64,
        'happy precision': 0.77,
        'happy recall': 0.81,
        'happy f1': 0.79,
        'surprise f1': 0.33,
        'angry f1': 0.45,
      },
    ),
  },
};
