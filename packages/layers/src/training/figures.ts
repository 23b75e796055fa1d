/** @file Loss and metrics: of a batch on the device, and their means over many, read back a few at a time. */
import { ArgumentError, add, clip, concat, log, noGrad, reshape, stack, type Tensor, tidy } from '@fer/core';
import { foreignLabels } from '../labels.ts';
import { isOfClasses, type Loss, type LossFunction, lossOf } from '../losses.ts';
import { type Metric, type MetricFunction, metricOf, nameOfMetric } from '../metrics.ts';
import type { Model } from '../model.ts';
import { endsInSoftmax } from '../outputs.ts';

/** Named numbers, such as `loss` and `accuracy`. */
export type Logs = Readonly<Record<string, number>>;

/** What is measured. */
export interface Objective {
  /** 'softmaxCrossEntropy' unless given. */
  readonly loss?: Loss | LossFunction;
  /** Accuracy unless given, or nothing for losses that are not of classes. */
  readonly metrics?: readonly (Metric | MetricFunction)[];
}

/** With all defaults. @throws ArgumentError for losses and metrics that do not exist, and metrics that come twice */
export function completeObjective({ loss = 'softmaxCrossEntropy', metrics }: Objective): Required<Objective> {
  const complete = { loss, metrics: metrics ?? (isOfClasses(loss) ? (['accuracy'] as const) : []) };
  const names = ['loss', ...complete.metrics.map(nameOfMetric)];
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new ArgumentError('metrics', `each must be given once but ${twice} comes twice`);
  return complete;
}

/** The least probability whose logarithm is taken, as in Keras. */
const LEAST = 1e-7;

/**
 * The loss of a batch with the penalties of the model's regularizers, as Keras adds them, a scalar. Of a model that ends in a
 * softmax the cross-entropy is that of its probabilities, whose logarithms are logits.
 * @throws ArgumentError for the cross-entropy of one class, which is 0 whatever the model says
 */
export function totalLoss(model: Model, loss: Loss | LossFunction, outputs: Tensor, labels: Tensor): Tensor {
  if (isOfClasses(loss) && model.output.shape.at(-1) === 1)
    throw new ArgumentError(
      'softmaxCrossEntropy',
      `the loss of one class is always 0: give ${model.label} two outputs, or a loss function of one's own`,
    );
  const logits = isOfClasses(loss) && endsInSoftmax(model) ? log(clip(outputs, LEAST, 1)) : outputs;
  return [lossOf(loss, logits, labels), ...model.penalties()].reduce(add);
}

/** What a batch contributes to means: loss and metrics. */
export function figuresOf(
  metrics: Required<Objective>['metrics'],
  loss: Tensor,
  outputs: Tensor,
  labels: Tensor,
): Tensor {
  return noGrad(() =>
    tidy(() => {
      const figures = [loss, ...metrics.map((metric) => metricOf(metric, outputs, labels))];
      return stack(figures.map((figure) => reshape(figure, [])));
    }),
  );
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
  /** Of each batch of integer labels, how many are no class, [1]. */
  #foreign: Tensor[] = [];
  readonly #zeros: Logs;
  readonly #areClasses: boolean;

  constructor(
    private readonly operator: string,
    { loss, metrics }: Required<Objective>,
  ) {
    // functions of one's own may take integers of another kind
    this.#areClasses = [loss, ...metrics].some((one) => typeof one !== 'function');
    this.#zeros = Object.fromEntries(['loss', ...metrics.map(nameOfMetric)].map((name) => [name, 0]));
    this.#sums = this.#zeros;
  }

  /** @param figures Of figuresOf; given over. */
  add(figures: Tensor, examples: number): void {
    this.#pending.push({ figures, examples });
  }

  /**
   * Counts the labels of a batch that are no class, for `read` to refuse: the loss is NaN of them, which does not tell why,
   * and once mixed they are examples of no class.
   * @param labels As they came, before they are mixed.
   */
  watch(labels: Tensor, classes: number): void {
    if (this.#areClasses && labels.dtype === 'int32')
      this.#foreign.push(noGrad(() => tidy(() => reshape(foreignLabels(labels, classes), [1]))));
  }

  /** Fetches what was added since, in one read. @throws ArgumentError if a label was no class */
  async read(): Promise<void> {
    const [pending, foreign] = [this.#pending, this.#foreign];
    if (pending.length === 0) return;
    [this.#pending, this.#foreign] = [[], []];
    const parts = [...pending.map(({ figures }) => figures), ...foreign];
    using all = noGrad(() => concat(parts));
    for (const part of parts) part.dispose();
    const values = await all.data();
    const width = Object.keys(this.#zeros).length;
    this.#refuse(values.slice(pending.length * width).find((count) => count > 0));
    pending.forEach(({ examples }, i) => {
      this.#include(values.slice(i * width, (i + 1) * width), examples);
    });
  }

  #refuse(foreign: number | undefined): void {
    if (foreign !== undefined)
      throw new ArgumentError(this.operator, `${foreign} labels of a batch are no index into the model's outputs`);
  }

  #include(figures: ArrayLike<number>, examples: number): void {
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
    for (const count of this.#foreign) count.dispose();
    [this.#pending, this.#foreign] = [[], []];
  }
}
