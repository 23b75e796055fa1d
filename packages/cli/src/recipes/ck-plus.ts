/** @file The project's own networks on CK+: from scratch and fine-tuned, by subject and as papers split. */
import type { Experiment, SplitPlan, TrainingPlan } from '../experiment.ts';
import type { Recipe, Variant } from './recipe.ts';
import { fernet, mobiexpressnet, mobilenet } from './shipped.ts';

/** The usual protocol of CK+, and a strict one. */
const BY_SUBJECT: SplitPlan = { by: 'fold', folds: 10, fold: 1 };

/** P5's. */
const AS_IN_P5: SplitPlan = { by: 'ratio', ratios: [0.9, 0.1] };

/** Not that of the training on FER2013: the new classifier would begin as the old one did, which the features still fit. */
const SEED = 2;

/** CK+ has a thirtieth of FER2013's images: smaller batches, and a shorter moving average. */
const SMALL = { batchSize: 32, ema: 0.99 };
const FROM_SCRATCH = { ...SMALL, epochs: 60, learningRate: 0.05, warmupEpochs: 3 };
const FINE_TUNED = { ...SMALL, epochs: 40, learningRate: 0.03, warmupEpochs: 1 };

/** @param fer2013 Its recipe there, whose images and regularisation are kept. */
function onCkPlus(name: string, fer2013: Recipe): Recipe {
  const [{ experiment }] = Object.values(fer2013.variants) as [Variant];
  const variant = (split: SplitPlan, isTuned: boolean): Variant => ({
    title: `${name} on CK+, ${isTuned ? 'fine-tuned' : 'from scratch'}${split.by === 'fold' ? ', by subject' : ''}`,
    dataset: 'ck-plus',
    init: isTuned ? 'always' : 'never',
    experiment: {
      ...experiment,
      data: { ...experiment.data, split },
      training: trainingOf(experiment.training, isTuned ? FINE_TUNED : FROM_SCRATCH, split),
      seed: SEED,
    },
    reported: {},
  });
  return {
    title: `${name} on CK+`,
    source: 'This project',
    notes: [
      'subject: ten folds that share no person. Of each round one fold is for test, one to select the epoch, eight for training. The accuracy is the mean over the folds, the deviation that between them (n - 1); the other figures are of all test images together.',
      'paper: 10 % of the images at random for test, as in P5; tested with the weights of the last epoch. The three frames of a sequence are nearly the same, and some are in both parts: this accuracy says little about other people.',
      'tuned: all layers begin with weights trained on FER2013, but for the classifier, as CK+ has contempt in place of neutral.',
    ],
    variants: {
      'subject-scratch': variant(BY_SUBJECT, false),
      'subject-tuned': variant(BY_SUBJECT, true),
      'paper-scratch': variant(AS_IN_P5, false),
      'paper-tuned': variant(AS_IN_P5, true),
    },
  };
}

function trainingOf(
  training: TrainingPlan,
  { epochs, batchSize, ema, learningRate, warmupEpochs }: typeof FROM_SCRATCH,
  { by }: SplitPlan,
): Experiment['training'] {
  const optimizer = { ...training.optimizer, learningRate };
  const selection = by === 'fold' ? 'valAccuracy' : 'last'; // where there is nothing else to select by than the test
  return { ...training, epochs, batchSize, ema, optimizer, cosine: { warmupEpochs }, selection };
}

export const ckPlusRecipes: Readonly<Record<string, Recipe>> = {
  'fernet-ckplus': onCkPlus('FerNet', fernet),
  'mobilenet-ckplus': onCkPlus('MobileNetV2 for small images', mobilenet),
  'mobiexpressnet-ckplus': onCkPlus('MobiExpressNet', mobiexpressnet),
};
