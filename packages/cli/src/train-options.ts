/** @file The experiment that fer train's options describe. */
import { ArgumentError } from '@fer/core';
import type { ModelName } from '@fer/models';
import type { Crops, Experiment, NetworkPlan, OptimizerPlan } from './experiment.ts';
import { parseNetworkOptions } from './network.ts';
import { OPTIMIZER_NAMES } from './training.ts';

export interface TrainOptions {
  readonly data: string;
  readonly network: ModelName;
  /** `name=value` */
  readonly option: readonly string[];
  readonly init?: string;
  readonly imageSize: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerPlan['name'];
  readonly learningRate: number;
  readonly augment: boolean;
  readonly fraction: number;
  readonly crops: Crops;
  readonly seed: number;
}

export const DEFAULTS: TrainOptions = {
  data: 'synthetic',
  network: 'fer-net',
  option: [],
  imageSize: 48,
  epochs: 15,
  batchSize: 64,
  optimizer: 'Adam',
  learningRate: 0.002,
  augment: true,
  fraction: 1,
  crops: 1,
  seed: 1,
};

/** @throws ArgumentError */
export function experimentOf(options: TrainOptions): Experiment {
  const { data, network: name, init, augment, fraction, seed } = options;
  const { imageSize, ...given } = { imageSize: options.imageSize, ...parseNetworkOptions(name, options.option) };
  const inputShape = given.inputShape ?? [imageSize, imageSize, 1];
  const [side = 0, width, channels] = inputShape;
  if (side !== width) throw new ArgumentError('train', `images are squares, but inputShape is [${inputShape}]`);
  if (!OPTIMIZER_NAMES.includes(options.optimizer))
    throw new ArgumentError(
      'train',
      `optimizer must be one of ${OPTIMIZER_NAMES.join(', ')} but is ${options.optimizer}`,
    );
  if (fraction > 1) throw new ArgumentError('train', `fraction must be at most 1 but is ${fraction}`);
  return {
    data: {
      source: data,
      split: { by: 'usage', validation: 0.1 },
      fraction,
      imageSize: side,
      augment: augment
        ? [
            { name: 'affine', options: { rotation: 10, widthShift: 0.1, heightShift: 0.1, zoom: 0.1 } },
            { name: 'flip', options: {} },
          ]
        : [],
      preprocess: [
        { name: 'normalise', options: { mean: 129.5, deviation: 65 } },
        ...(channels === 3 ? [{ name: 'grayscaleToRGB', options: {} }] : []),
      ],
    },
    network: { name, options: { ...given, inputShape }, ...(init !== undefined && { init }) } as NetworkPlan,
    training: {
      epochs: options.epochs,
      batchSize: options.batchSize,
      optimizer: { name: options.optimizer, learningRate: options.learningRate },
      cosine: { warmupEpochs: 1 },
    },
    evaluation: { crops: options.crops },
    seed,
  };
}
