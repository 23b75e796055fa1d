/** @file The recipes of the project's own weights. */
import { noDecay } from '@fer/layers';
import type { NetworkPlan } from '../experiment.ts';
import { affine, FACE, FLIP, type Recipe } from './recipe.ts';

/** How strongly a network is kept from learning Training by heart: small ones need less of it. */
interface Regularisation {
  /** Degrees. */
  readonly rotation: number;
  readonly erasing: Readonly<Record<string, unknown>>;
  readonly weightDecay: number;
  readonly labelSmoothing: number;
}

const STRONG: Regularisation = {
  rotation: 12,
  erasing: { probability: 0.4, area: [0.02, 0.15], value: 128 },
  weightDecay: 5e-4,
  labelSmoothing: 0.1,
};

const WEAK: Regularisation = {
  rotation: 10,
  erasing: { probability: 0.2, area: [0.02, 0.1], value: 128 },
  weightDecay: 1e-4,
  labelSmoothing: 0.05,
};

const recipe = (title: string, network: NetworkPlan, regularisation: Regularisation): Recipe => ({
  title,
  source: 'This project',
  notes: [
    'No paper: nothing is reported but what is measured here. The mean and deviation of pixels are those of Training.',
  ],
  variants: {
    fer2013: {
      title,
      dataset: 'fer2013',
      experiment: {
        data: {
          split: { by: 'usage', validation: 0.1 },
          imageSize: FACE,
          augment: [
            affine({ rotation: regularisation.rotation, widthShift: 0.1, heightShift: 0.1, zoom: [0.87, 1.11] }),
            FLIP,
            { name: 'brightness', options: { factor: 0.2 } },
            { name: 'contrast', options: { factor: 0.2 } },
            { name: 'randomErasing', options: regularisation.erasing },
          ],
          preprocess: [{ name: 'normalise', options: { mean: 129.5, deviation: 65 } }],
        },
        network,
        training: {
          epochs: 40,
          batchSize: 128,
          optimizer: {
            name: 'SGD',
            learningRate: 0.1,
            momentum: 0.9,
            nesterov: true,
            weightDecay: regularisation.weightDecay,
            groups: [noDecay],
            globalClipNorm: 5,
          },
          cosine: { warmupEpochs: 2 },
          loss: { name: 'softmaxCrossEntropy', labelSmoothing: regularisation.labelSmoothing },
          ema: 0.999,
          selection: 'valAccuracy',
        },
        evaluation: { crops: 10 },
        seed: 1,
      },
      reported: {},
    },
  },
});

export const fernet = recipe(
  'FerNet on FER2013',
  { name: 'fer-net', options: { inputShape: [FACE, FACE, 1] } },
  STRONG,
);

export const mobilenet = recipe(
  'MobileNetV2 for small images on FER2013',
  { name: 'mobilenet-v2', options: { inputShape: [FACE, FACE, 1], smallImages: true, dropout: 0.2 } },
  STRONG,
);

export const mobiexpressnet = recipe(
  'MobiExpressNet on FER2013',
  { name: 'mobi-express-net', options: { inputShape: [FACE, FACE, 1] } },
  WEAK,
);
