/** @file The recipes of the project's own weights. */
import { noDecay } from '@fer/layers';
import type { NetworkPlan } from '../experiment.ts';
import { affine, FACE, FLIP, type Recipe } from './recipe.ts';

const recipe = (title: string, network: NetworkPlan): Recipe => ({
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
            affine({ rotation: 12, widthShift: 0.1, heightShift: 0.1, zoom: [0.87, 1.11] }),
            FLIP,
            { name: 'brightness', options: { factor: 0.2 } },
            { name: 'contrast', options: { factor: 0.2 } },
            { name: 'randomErasing', options: { probability: 0.4, area: [0.02, 0.15], value: 128 } },
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
            weightDecay: 5e-4,
            groups: [noDecay],
            globalClipNorm: 5,
          },
          cosine: { warmupEpochs: 2 },
          loss: { name: 'softmaxCrossEntropy', labelSmoothing: 0.1 },
          ema: 0.999,
        },
        evaluation: { crops: 10 },
        seed: 1,
      },
      reported: {},
    },
  },
});

export const fernet = recipe('FerNet on FER2013', { name: 'fer-net', options: { inputShape: [48, 48, 1] } });

export const mobilenet = recipe('MobileNetV2 for small images on FER2013', {
  name: 'mobilenet-v2',
  options: { inputShape: [48, 48, 1], smallImages: true, dropout: 0.2 },
});
