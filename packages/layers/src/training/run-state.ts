/** @file What a run consists of, as it is put into a checkpoint and taken from one. */
import { FormatError, Random } from '@fer/core';
import { nameOfLoss } from '../losses.ts';
import type { Model } from '../model.ts';
import type { Optimizer } from '../optimizers/index.ts';
import { checkState, loadState } from '../state.ts';
import type { Callback } from './callback.ts';
import type { Checkpoint, Progress, Tensors } from './checkpoint.ts';
import type { RunningMeans } from './figures.ts';
import type { MovingAverage } from './moving-average.ts';
import type { FitOptions } from './options.ts';
import { setTrainable, trainableOf } from './trainable.ts';

/** All that has a state of its own. */
export interface RunParts {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly average: MovingAverage | undefined;
  readonly callbacks: readonly Callback[];
  readonly random: Random;
  readonly means: RunningMeans;
}

/** The state of a run's parts. */
interface PartsState extends Pick<Checkpoint, 'tensors'> {
  readonly progress: Pick<Progress, 'random' | 'means' | 'callbacks' | 'trainable'>;
}

export async function stateOfParts(parts: RunParts): Promise<PartsState> {
  const { model, optimizer, average, callbacks, random, means } = parts;
  const states = await Promise.all(callbacks.map((callback) => callback.state?.() ?? {}));
  const tensors: Record<string, Tensors> = {
    weights: await model.stateDict(),
    optimizer: await optimizer.stateDict(),
    average: (await average?.stateDict()) ?? {},
  };
  states.forEach((state, i) => {
    tensors[ownerOf(i)] = state.tensors ?? {};
  });
  const values = states.map((state) => state.values);
  return {
    tensors,
    progress: { random: random.state, means: means.state, callbacks: values, trainable: trainableOf(model) },
  };
}

/** Whose tensors those of a callback are. */
const ownerOf = (callback: number) => `callbacks/${callback}`;

/**
 * Takes all parts to such a state.
 * @throws FormatError, WeightsError, ArgumentError if it is that of other parts, or of none; then model and optimizer are as they were
 */
export async function restoreParts(parts: RunParts, { tensors, progress }: PartsState): Promise<void> {
  const { model, optimizer, average, callbacks, random, means } = parts;
  const { weights = {}, optimizer: updates = {}, average: averages = {} } = tensors;
  checkState('resume', model.weights, weights, true);
  optimizer.checkStateDict(updates);
  average?.checkStateDict(averages);
  checkTrainable(model, progress);
  new Random(0).restore(progress.random); // throws if it is no state
  for (const [i, callback] of callbacks.entries())
    await callback.restore?.({ values: progress.callbacks[i], tensors: tensors[ownerOf(i)] ?? {} });
  loadState('resume', model.weights, weights, true);
  optimizer.loadStateDict(updates);
  average?.loadStateDict(averages);
  if (progress.trainable) setTrainable(model, progress.trainable);
  random.restore(progress.random);
  means.restore(progress.means);
}

function checkTrainable({ layers, weights }: Model, { trainable }: Pick<Progress, 'trainable'>): void {
  if (!trainable) return;
  const isWhole = trainable.layers?.length === layers.length && trainable.weights?.length === weights.size;
  if (!isWhole)
    throw new FormatError(
      'resume',
      `the checkpoint is of ${trainable.layers?.length} layers and ${trainable.weights?.length} weights, ` +
        `but the model has ${layers.length} and ${weights.size}`,
    );
}

/** The options that steps depend on, besides those that are compared one by one: the same text for the same options. */
export function optionsText(options: FitOptions): string {
  const { loss = 'softmaxCrossEntropy', gradientAccumulation = 1, sam, mixup, cutmix, workers } = options;
  const name = typeof loss === 'function' ? `function ${loss.name}` : nameOfLoss(loss);
  const complete = Object.entries({ name, ...(typeof loss === 'object' && loss) });
  const sorted = Object.fromEntries(complete.sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ loss: sorted, gradientAccumulation, sam, mixup, cutmix, workers });
}
