/** @file P5: a light network of AlexNet and VGG with ten crops, beside VGG19 and AlexNet, on CK+ and FER2013. */
import type { NetworkPlan, SplitPlan } from '../experiment.ts';
import { type DatasetName, FACE, FLIP, type Recipe, type Variant } from './recipe.ts';

const inputShape = [44, 44, 1];

const VGG19: NetworkPlan = { name: 'vgg19', options: { inputShape, hiddenUnits: [], batchNorm: true, dropout: 0.5 } };
const ALEXNET: NetworkPlan = { name: 'alexnet', options: { inputShape, smallImages: true } };
const LIGHT: NetworkPlan = { name: 'light-alex-vgg', options: { inputShape } };

const SPLITS: Readonly<Record<DatasetName, SplitPlan>> = {
  fer2013: { by: 'usage', validation: 0.1 },
  'ck-plus': { by: 'ratio', ratios: [0.9, 0.1] },
};

const variant = (
  title: string,
  dataset: DatasetName,
  network: NetworkPlan,
  reported: Variant['reported'],
): Variant => ({
  title,
  dataset,
  experiment: {
    data: {
      split: SPLITS[dataset],
      imageSize: FACE,
      augment: [{ name: 'randomCrop', options: { size: 44 } }, FLIP],
      preprocess: [{ name: 'rescale', options: {} }],
    },
    network,
    training: {
      epochs: 60,
      batchSize: dataset === 'fer2013' ? 128 : 32,
      optimizer: { name: 'SGD', learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4, clipValue: 0.1 },
      cosine: { warmupEpochs: 0 },
      selection: dataset === 'fer2013' ? 'valAccuracy' : 'last',
    },
    evaluation: { crops: 10 },
    seed: 1,
  },
  reported,
});

const times = (train: number, test: number) => ({
  'seconds to train 5 epochs': train,
  'seconds of 5 tests': test,
});

/** FER2013 has two tests. */
const ferTimes = (train: number, publicTest: number, privateTest: number) => ({
  'seconds to train 5 epochs': train,
  'PublicTest seconds of 5 tests': publicTest,
  'PrivateTest seconds of 5 tests': privateTest,
});

export const p5: Recipe = {
  title: 'A light network of AlexNet and VGG with ten crops',
  source: 'A light convolutional network for CK+ and FER2013, compared with VGG19 and AlexNet (GeForce MX150)',
  notes: [
    'The widths of the light network are our reading: 64, 192, 384, 256, 256, 512, 1024.',
    'Optimizer, epochs and batch sizes are not printed: those of the VGG19 for FER2013 that is used most, with 60 epochs and a cosine, here. VGG19 is that form, with batch normalisation and one dense layer.',
    '10 % of Training are for validation. CK+: 10 % for validation and test alike, tested with the weights of the last epoch; frames of a person are in both parts.',
    'Times: of five epochs of training with validation, and of a test by ten crops five times over, of which one was measured.',
  ],
  variants: {
    'ck-plus-light': variant('CK+, light network', 'ck-plus', LIGHT, { accuracy: 0.9697, ...times(17.73, 7.85) }),
    'ck-plus-alexnet': variant('CK+, AlexNet', 'ck-plus', ALEXNET, times(26.43, 17.49)),
    'ck-plus-vgg19': variant('CK+, VGG19', 'ck-plus', VGG19, times(28.43, 12.38)),
    'fer2013-light': variant('FER2013, light network', 'fer2013', LIGHT, {
      'PublicTest accuracy': 0.69128,
      'PublicTest angry recall': 299 / 467,
      'PublicTest disgust recall': 38 / 56,
      'PublicTest fear recall': 228 / 496,
      'PublicTest happy recall': 778 / 895,
      'PublicTest sad recall': 405 / 653,
      'PublicTest surprise recall': 357 / 415,
      'PublicTest neutral recall': 376 / 607,
      'PrivateTest accuracy': 0.70242,
      'PrivateTest angry recall': 300 / 491,
      'PrivateTest disgust recall': 39 / 55,
      'PrivateTest fear recall': 248 / 528,
      'PrivateTest happy recall': 783 / 879,
      'PrivateTest sad recall': 357 / 594,
      'PrivateTest surprise recall': 362 / 416,
      'PrivateTest neutral recall': 432 / 626,
      ...ferTimes(1655.82, 256.6, 257.34),
    }),
    'fer2013-alexnet': variant('FER2013, AlexNet', 'fer2013', ALEXNET, ferTimes(1458.25, 687.8, 679.08)),
    'fer2013-vgg19': variant('FER2013, VGG19', 'fer2013', VGG19, ferTimes(2741.87, 419.57, 423.96)),
  },
};
