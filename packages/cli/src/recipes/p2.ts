/** @file P2: MobileNetV2 on a balanced part of FER2013, trained as a whole or frozen, with three optimizers. */
import type { DataPlan, NetworkPlan, OptimizerPlan } from '../experiment.ts';
import { affine, enlarged, FACE, FLIP, type Recipe, type Variant } from './recipe.ts';

type Data = Omit<DataPlan, 'source'>;

const balanced: Data = {
  split: { by: 'count', counts: [500, 100] },
  imageSize: FACE,
  augment: [],
  preprocess: [],
};

const dataA: Data = { ...balanced, preprocess: enlarged(96, [-1, 1]) };

const networkA: NetworkPlan = {
  name: 'mobilenet-v2',
  options: { inputShape: [96, 96, 3] },
  head: { name: 'flatten', units: [128, 64] },
};

const dataB: Data = {
  ...balanced,
  augment: [affine({ rotation: 20, zoom: 0.2 }), FLIP],
  preprocess: enlarged(224, [-1, 1]),
};

const networkB: NetworkPlan = {
  name: 'mobilenet-v2',
  options: { inputShape: [224, 224, 3] },
  head: { name: 'average' },
  frozen: true,
};

const ADAM: OptimizerPlan = { name: 'Adam', learningRate: 0.001 };
const SGD: OptimizerPlan = { name: 'SGD', learningRate: 0.01 };
const ADAMAX: OptimizerPlan = { name: 'Adamax', learningRate: 0.001 };

const variant = (
  title: string,
  data: Data,
  network: NetworkPlan,
  optimizer: OptimizerPlan,
  reported: Variant['reported'] = {},
): Variant => ({
  title: `${title}, ${optimizer.name}`,
  dataset: 'fer2013',
  experiment: {
    data,
    network,
    training: { epochs: 45, batchSize: 32, optimizer, selection: 'last' },
    evaluation: { crops: 1 },
    seed: 1,
  },
  reported,
});

const A = 'A: all layers trained at 96x96, hidden layers of 128 and 64';
const B = 'B: frozen at 224x224';

export const p2: Recipe = {
  title: 'MobileNetV2 on a balanced part of FER2013',
  source: 'Putra, Anaga & Fitriyana, Universitas Nusantara PGRI Kediri',
  notes: [
    'Of disgust there are fewer than 600 images: 100 are for validation, the others for training.',
    'The paper tests on the validation part; here too, with the weights of the last epoch. It prints one accuracy, 42.68 % (42.86 in a figure), shown here beside A with Adam.',
    'Batch size, learning rates and the range of pixels are not printed: 32, the defaults of Keras, and [-1, 1], for which MobileNetV2 was made, here. B augments by rotation, zoom and flip.',
    'B makes sense with trained weights below its classifier only: give them with --init. The paper prints 2,260,951 parameters where its table adds up to 2,266,951.',
    'Adamax is not compared by the paper, but cited as the best optimizer of an earlier network.',
  ],
  variants: {
    'a-adam': variant(A, dataA, networkA, ADAM, { accuracy: 0.4268, precision: 0.4195 }),
    'a-sgd': variant(A, dataA, networkA, SGD),
    'a-adamax': variant(A, dataA, networkA, ADAMAX),
    'b-adam': variant(B, dataB, networkB, ADAM),
    'b-sgd': variant(B, dataB, networkB, SGD),
    'b-adamax': variant(B, dataB, networkB, ADAMAX),
  },
};
