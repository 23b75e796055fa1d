/** @file The experiment that fer train's options describe. */
import { ArgumentError } from '@fer/core';
import { noDecay } from '@fer/layers';
import type { ModelName } from '@fer/models';
import type { Crops, Experiment, NetworkPlan, OptimizerPlan, TrainingPlan } from './experiment.ts';
import { CLASSIFIER_OPTIONS, parseNetworkOptions, trainableForm } from './network.ts';
import { damagedOf } from './options.ts';
import { FACE } from './recipes/recipe.ts';

export interface TrainOptions {
  readonly data: string;
  readonly skipDamaged?: true;
  readonly network: ModelName;
  /** `name=value` */
  readonly option: readonly string[];
  readonly init?: string;
  /** 48 unless given, here or in the network's options. */
  readonly imageSize?: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerPlan['name'];
  readonly learningRate: number;
  /** 'cosine' begins with an epoch of warm-up. */
  readonly schedule: 'cosine' | 'constant';
  /** Of SGD and RMSProp. */
  readonly momentum?: number;
  /** Of kernels: biases and norms are left alone. */
  readonly weightDecay?: number;
  readonly labelSmoothing?: number;
  readonly mixup?: number;
  readonly ema?: number;
  /** Ends training after so many epochs without a lower validation loss. */
  readonly patience?: number;
  readonly augment: boolean;
  readonly fraction: number;
  readonly crops: Crops;
  readonly seed: number;
}

export const DEFAULTS: TrainOptions = {
  data: 'synthetic',
  network: 'fer-net',
  option: [],
  epochs: 15,
  batchSize: 64,
  optimizer: 'Adam',
  learningRate: 0.002,
  schedule: 'cosine',
  augment: true,
  fraction: 1,
  crops: 1,
  seed: 1,
};

/** @throws ArgumentError */
export function experimentOf(options: TrainOptions): Experiment {
  const { data, network: name, init, augment, fraction, imageSize, seed } = options;
  const given = parseNetworkOptions(name, options.option, CLASSIFIER_OPTIONS);
  if (given.inputShape && imageSize !== undefined)
    throw new ArgumentError('train', '--image-size and -o inputShape both tell the size of images: leave one out');
  const inputShape = given.inputShape ?? [imageSize ?? FACE, imageSize ?? FACE, 1];
  const [side = 0, width, channels] = inputShape;
  if (side !== width) throw new ArgumentError('train', `images are squares, but inputShape is [${inputShape}]`);
  if (channels !== 1 && channels !== 3)
    throw new ArgumentError('train', `images have 1 or 3 channels, but inputShape is [${inputShape}]`);
  if (fraction > 1) throw new ArgumentError('train', `fraction must be at most 1 but is ${fraction}`);
  return {
    data: {
      source: data,
      ...damagedOf(options),
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
    network: {
      name,
      options: { ...trainableForm(name, side), ...given, inputShape },
      ...(init !== undefined && { init }),
    } as NetworkPlan,
    training: trainingOf(options),
    evaluation: { crops: options.crops },
    seed,
  };
}

function trainingOf(options: TrainOptions): TrainingPlan {
  const { epochs, batchSize, schedule, labelSmoothing, mixup, ema, patience } = options;
  return {
    epochs,
    batchSize,
    optimizer: optimizerOf(options),
    ...(schedule === 'cosine' && { cosine: { warmupEpochs: 1 } }),
    ...(labelSmoothing !== undefined && { loss: { name: 'softmaxCrossEntropy', labelSmoothing } }),
    ...(mixup !== undefined && { mixup }),
    ...(ema !== undefined && { ema }),
    ...(patience !== undefined && { earlyStopping: { patience } }),
    selection: 'valAccuracy',
  };
}

function optimizerOf({ optimizer: name, learningRate, momentum, weightDecay }: TrainOptions): OptimizerPlan {
  if (momentum !== undefined && name !== 'SGD' && name !== 'RMSProp')
    throw new ArgumentError('train', `--momentum is for SGD and RMSProp, but the optimizer is ${name}`);
  return {
    name,
    learningRate,
    ...(momentum !== undefined && { momentum }),
    ...(weightDecay !== undefined && { weightDecay, groups: [noDecay] }),
  };
}
