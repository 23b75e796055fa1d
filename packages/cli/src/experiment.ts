/** @file An experiment as plain data: what a recipe holds, and what config.json keeps of a run. */
import type { Shape } from '@fer/core';
import type { TransformConfig } from '@fer/data';
import type { AdamOptions, Loss, RMSPropOptions, SGDOptions } from '@fer/layers';
import type { ModelName, ModelOptionsOf } from '@fer/models';

export interface Experiment {
  readonly data: DataPlan;
  readonly network: NetworkPlan;
  readonly training: TrainingPlan;
  readonly evaluation: EvaluationPlan;
  /** Decides on splits, weights, order, augmentation and dropout. */
  readonly seed: number;
}

export interface DataPlan {
  /** What openSource takes. */
  readonly source: string;
  /** Damaged rows and files are an error unless they are skipped. */
  readonly damaged?: 'skip';
  /** The only classes that are kept, in this order. */
  readonly classes?: readonly string[];
  readonly split: SplitPlan;
  /** The part of the images that is used, of each class and of each part of the split; all unless given. */
  readonly fraction?: number;
  /** Repeats training images of the smaller classes until all are as large as the largest. */
  readonly oversample?: boolean;
  /** Images become gray squares of this side, before anything else: 48 in FER2013 and CK+. */
  readonly imageSize: number;
  /** What happens to training images at random, before the preprocessing. */
  readonly augment: readonly TransformConfig[];
  /** What happens to every image. If it stays larger than the network's input, it is cropped to that. */
  readonly preprocess: readonly TransformConfig[];
}

/**
 * - usage: the publisher's parts, as FER2013 names them; so much of Training is for validation. Where the data name no
 *   parts: 80, 10 and 10 %, by subject; where they name no subjects either: the same, stratified.
 * - subject, ratio: such parts for training, validation and test, sharing no person, or stratified. With two parts the second
 *   serves for validation and test.
 * - fold: a round of a cross-validation over so many parts, which share no person and are as alike as persons allow: the part of
 *   that number, from 1, is for test, the next for validation, the others for training.
 * - count: so many images of each class for training, and for validation and test. Classes with too few give fewer to training.
 */
export type SplitPlan =
  | { readonly by: 'usage'; readonly validation: number }
  | { readonly by: 'subject' | 'ratio'; readonly ratios: readonly number[] }
  | { readonly by: 'fold'; readonly folds: number; readonly fold: number }
  | { readonly by: 'count'; readonly counts: readonly [train: number, test: number] };

/** A network by name. Its number of classes is that of the data. */
export type NetworkPlan = { [N in ModelName]: NetworkPlanOf<N> }[ModelName];

export interface NetworkPlanOf<N extends ModelName> {
  readonly name: N;
  readonly options: ModelOptionsOf<N> & { readonly inputShape: Shape };
  /** In place of the network's own classifier. */
  readonly head?: HeadPlan;
  /** Trains the head alone. */
  readonly frozen?: boolean;
  /** Weights to begin with: a file (safetensors, Keras' .h5, tfjs' model.json), or the name of a network that is shipped. */
  readonly init?: string;
}

export type HeadPlan =
  | { readonly name: 'average' }
  | { readonly name: 'flatten'; readonly units: readonly number[] }
  | { readonly name: 'hidden'; readonly units: number; readonly dropout: number };

export interface TrainingPlan {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerPlan;
  /** Lowers the optimizer's learning rate along half a cosine, after a warm-up that takes half of the epochs at most. */
  readonly cosine?: { readonly warmupEpochs: number };
  /** Softmax cross-entropy unless given. */
  readonly loss?: Loss;
  readonly mixup?: number;
  /** The decay of the moving average of the weights that is evaluated. */
  readonly ema?: number;
  /** Ends training after so many epochs without a lower validation loss. */
  readonly earlyStopping?: { readonly patience: number };
  /** Whose weights are evaluated. */
  readonly selection: Selection;
}

/**
 * The epoch of the highest accuracy or the lowest loss of validation, or the last: where validation serves as the test, the
 * best of its epochs would be chosen by what is to be measured.
 */
export type Selection = 'valAccuracy' | 'valLoss' | 'last';

/** The learning rate is a number: `cosine` makes the schedule. */
type Rated<O> = Omit<O, 'learningRate'> & { readonly learningRate: number };

export type OptimizerPlan =
  | ({ readonly name: 'SGD' } & Rated<SGDOptions>)
  | ({ readonly name: 'Adam' | 'AdamW' | 'Adamax' | 'RAdam' } & Rated<AdamOptions>)
  | ({ readonly name: 'RMSProp' } & Rated<RMSPropOptions>);

export interface EvaluationPlan {
  /** How many views of each image are averaged: see viewsOf. */
  readonly crops: Crops;
}

export type Crops = 1 | 10;
