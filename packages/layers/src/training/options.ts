/** @file What a training is asked to do. */
import { ArgumentError, checkInteger } from '@fer/core';
import { checkPositive } from '../checks.ts';
import type { Mixing } from '../mixing.ts';
import type { Model } from '../model.ts';
import type { Optimizer } from '../optimizers/index.ts';
import type { Data } from './batches.ts';
import type { Callback } from './callback.ts';
import type { Objective } from './figures.ts';

export interface FitOptions extends Objective, Mixing {
  readonly train: Data;
  /** Evaluated after each epoch. */
  readonly validation?: Data;
  readonly epochs: number;
  /** It stays the caller's, with its state: another `fit` continues with it. */
  readonly optimizer: Optimizer;
  readonly callbacks?: readonly Callback[];
  /** Decides on the order of examples in memory, dropout, augmentation and mixing; 0 unless given. */
  readonly seed?: number;
  /** Batches whose gradients are averaged for a step, each example weighing the same; 1 unless given. */
  readonly gradientAccumulation?: number;
  /**
   * Sharpness-aware minimisation (Foret et al. 2021), with this radius: each batch is run twice, the second time at the weights
   * nearby where its loss is highest, whose gradients the step takes. The paper has 0.05 for CIFAR-10.
   */
  readonly sam?: number;
  /** The decay of a moving average of the weights, which is what is evaluated and what the model ends with. */
  readonly ema?: number;
  /**
   * In Node, so many worker threads share the examples of each batch, each on one thread of simd with a copy of the model;
   * docs/layers.md tells when that pays. Batch normalisation has the statistics of each part of a batch alone. Layers of
   * one's own are not known to the workers. None unless given.
   */
  readonly workers?: number;
  /** A checkpoint, or the path of one (in Node), to continue from. */
  readonly resume?: Uint8Array | string;
  /** Interrupts as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/** @throws ArgumentError */
export function checkOptions(
  model: Model,
  { epochs, seed = 0, gradientAccumulation = 1, workers, sam, mixup, cutmix, loss, metrics = [] }: FitOptions,
): void {
  checkInteger('fit', 'epochs', epochs, 1);
  checkInteger('fit', 'gradientAccumulation', gradientAccumulation, 1);
  if (workers !== undefined) {
    checkInteger('fit', 'workers', workers, 1);
    if ([loss, ...metrics].some((one) => typeof one === 'function'))
      throw new ArgumentError('fit', 'workers cannot run functions: loss and metrics must be given by name');
  }
  for (const [name, value] of Object.entries({ sam, mixup, cutmix }))
    if (value !== undefined) checkPositive('fit', name, value);
  if (!Number.isInteger(seed)) throw new ArgumentError('fit', `seed must be an integer but is ${seed}`);
  if (![...model.weights.values()].some(({ trainable }) => trainable))
    throw new ArgumentError('fit', `${model.label} has no trainable weights`);
}
