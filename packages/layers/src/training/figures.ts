/** @file Loss and metrics: of a batch on the device, and their means over many, read back a few at a time. */
import {
  ArgumentError,
  add,
  concat,
  greaterEqual,
  less,
  noGrad,
  reshape,
  stack,
  sum,
  type Tensor,
  tidy,
  zeros,
} from '@fer/core';
import { type Loss, lossOf, nameOfLoss } from '../losses.ts';
import { type Metric, metricOf, nameOfMetric } from '../metrics.ts';
import type { Model } from '../model.ts';

/** Named numbers, such as `loss` and `accuracy`. */
export type Logs = Readonly<Record<string, number>>;

/** What is measured. */
export interface Objective {
  /** 'softmaxCrossEntropy' unless given. */
  readonly loss?: Loss;
  /** Accuracy unless given, or nothing for losses that are not of classes. */
  readonly metrics?: readonly Metric[];
}

/** With all defaults. @throws ArgumentError for losses and metrics that do not exist */
export function completeObjective({ loss = 'softmaxCrossEntropy', metrics }: Objective): Required<Objective> {
  const classifies = nameOfLoss(loss) === 'softmaxCrossEntropy';
  const complete = { loss, metrics: metrics ?? (classifies ? (['accuracy'] as const) : []) };
  complete.metrics.forEach(nameOfMetric);
  return complete;
}

/** The loss of a batch with the penalties of the model's regularizers, as Keras adds them, a scalar. */
export function totalLoss(model: Model, loss: Loss, outputs: Tensor, labels: Tensor): Tensor {
  return [lossOf(loss, outputs, labels), ...model.penalties()].reduce(add);
}

/** What a batch contributes to means: loss, metrics, and the number of labels that are no class. */
export function figuresOf(metrics: readonly Metric[], loss: Tensor, outputs: Tensor, labels: Tensor): Tensor {
  return noGrad(() =>
    tidy(() => {
      const figures = [loss, ...metrics.map((metric) => metricOf(metric, outputs, labels)), foreign(labels, outputs)];
      return stack(figures.map((figure) => reshape(figure, [])));
    }),
  );
}

/** Nothing tells of them else: to the loss, they are examples of no class. */
function foreign(labels: Tensor, outputs: Tensor): Tensor {
  if (labels.dtype !== 'int32') return zeros([]);
  return sum(add(less(labels, 0), greaterEqual(labels, outputs.shape.at(-1) as number)));
}

/** Sums of figures over examples. */
export interface MeansState {
  readonly sums: Logs;
  readonly examples: number;
}

/** Means over examples. */
export class RunningMeans {
  #sums: Logs;
  #examples = 0;
  #pending: { readonly figures: Tensor; readonly examples: number }[] = [];
  readonly #zeros: Logs;

  constructor(
    private readonly operator: string,
    metrics: readonly Metric[],
  ) {
    this.#zeros = Object.fromEntries(['loss', ...metrics.map(nameOfMetric)].map((name) => [name, 0]));
    this.#sums = this.#zeros;
  }

  /** @param figures Of figuresOf; given over. */
  add(figures: Tensor, examples: number): void {
    this.#pending.push({ figures, examples });
  }

  /** Fetches what was added since, in one read. @throws ArgumentError if a label was no class */
  async read(): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const all = noGrad(() => concat(pending.map(({ figures }) => figures)));
    for (const { figures } of pending) figures.dispose();
    const values = await all.data();
    all.dispose();
    const width = values.length / pending.length;
    pending.forEach(({ examples }, i) => {
      this.#include(values.slice(i * width, (i + 1) * width) as Float32Array, examples);
    });
  }

  #include(figures: Float32Array, examples: number): void {
    const foreign = figures.at(-1);
    if (foreign)
      throw new ArgumentError(this.operator, `${foreign} labels of a batch are no index into the model's outputs`);
    const sums = Object.entries(this.#sums).map(([name, sum], i) => [name, sum + examples * (figures[i] as number)]);
    this.#sums = Object.fromEntries(sums);
    this.#examples += examples;
  }

  /** What was read so far; NaN if nothing was. */
  get logs(): Logs {
    return Object.fromEntries(Object.entries(this.#sums).map(([name, sum]) => [name, sum / this.#examples]));
  }

  /** Examples that were read so far. */
  get examples(): number {
    return this.#examples;
  }

  get state(): MeansState {
    return { sums: this.#sums, examples: this.#examples };
  }

  restore({ sums, examples }: MeansState): void {
    this.#sums = sums;
    this.#examples = examples;
  }

  reset(): void {
    this.restore({ sums: this.#zeros, examples: 0 });
  }

  dispose(): void {
    for (const { figures } of this.#pending) figures.dispose();
    this.#pending = [];
  }
}
