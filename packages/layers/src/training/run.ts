/** @file A training: its state, and how it advances step by step and epoch by epoch. */
import { ArgumentError, checkInteger, checkRange, mul, type Parameter, Random, type Tensor, tidy } from '@fer/core';
import { cutmix, mixup } from '../mixing.ts';
import type { Model } from '../model.ts';
import type { Optimizer } from '../optimizers/index.ts';
import { loadState } from '../state.ts';
import { type Batch, type Batches, batchesOf, type Data, disposeBatch, grouped, sizeOfBatch } from './batches.ts';
import type { Callback } from './callback.ts';
import { decodeCheckpoint, encodeCheckpoint, type Progress, type Tensors } from './checkpoint.ts';
import { evaluateBatches } from './evaluate.ts';
import { eventLoopTurn } from './events.ts';
import { completeObjective, figuresOf, type Logs, type Objective, RunningMeans, totalLoss } from './figures.ts';
import { MovingAverage } from './moving-average.ts';

export interface FitOptions extends Objective {
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
  /** The decay of a moving average of the weights, which is what is evaluated and what the model ends with. */
  readonly ema?: number;
  /** Mixes images and labels with this alpha. With cutmix too, one of both is drawn for each batch. */
  readonly mixup?: number;
  readonly cutmix?: number;
  /** A checkpoint, or the path of one (in Node), to continue from. */
  readonly resume?: Uint8Array | string;
  /** Interrupts as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/** How often figures are read back and other parts of the program have their turn, in milliseconds. */
const READ_INTERVAL = 100;

/** A training, as callbacks see it. */
export class Run {
  readonly epochs: number;
  readonly optimizer: Optimizer;
  /** Of each epoch that is done. */
  readonly history: Logs[] = [];
  readonly train: Batches;
  /** Epochs that are done. */
  epoch = 0;
  /** Batches that are done in this epoch. */
  batch = 0;
  /** Why training ends before its last epoch. */
  stopped: string | undefined;
  interrupted = false;
  readonly #options: FitOptions;
  readonly #objective: Required<Objective>;
  readonly #callbacks: readonly Callback[];
  readonly #validation: Batches | undefined;
  readonly #weights: ReadonlyMap<string, Parameter>;
  readonly #random: Random;
  readonly #seed: number;
  readonly #means: RunningMeans;
  readonly #average: MovingAverage | undefined;
  #learningRate = Number.NaN;
  #lastRead = performance.now();

  /** @throws ArgumentError */
  constructor(
    readonly model: Model,
    options: FitOptions,
  ) {
    const { train, validation, epochs, optimizer, callbacks = [], seed = 0, ema } = options;
    checkOptions(model, options);
    this.#options = options;
    this.#objective = completeObjective(options);
    this.epochs = epochs;
    this.optimizer = optimizer;
    this.#callbacks = callbacks;
    this.train = batchesOf('fit', train, seed);
    this.#validation = validation && batchesOf('fit', validation);
    this.#weights = model.weights;
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#means = new RunningMeans('fit', this.#objective.metrics);
    this.#average = ema === undefined ? undefined : new MovingAverage(this.#weights, ema);
  }

  /** The means of the epoch at hand, as far as they were read back. */
  get logs(): Logs {
    return this.#means.logs;
  }

  /** Examples of the epoch at hand that `logs` is of. */
  get examples(): number {
    return this.#means.examples;
  }

  get isOver(): boolean {
    return this.epoch >= this.epochs || this.stopped !== undefined || this.interrupted;
  }

  /** Ends training for good, after the step at hand or, told by onEpochEnd, after the epoch. */
  stop(reason: string): void {
    this.stopped ??= reason;
  }

  async tell(event: Exclude<keyof Callback & `on${string}`, undefined>): Promise<void> {
    for (const callback of this.#callbacks) await callback[event]?.(this);
  }

  /** Trains for an epoch, or for what is left of it. @returns its figures, or nothing if it did not come to its end */
  async advance(): Promise<Logs | undefined> {
    if (this.batch === 0) await this.tell('onEpochBegin');
    await this.#trainEpoch();
    if (this.stopped !== undefined) return undefined;
    const logs = this.interrupted ? undefined : await this.#closeEpoch();
    await this.tell('onCheckpoint');
    return logs;
  }

  async #trainEpoch(): Promise<void> {
    const { gradientAccumulation = 1 } = this.#options;
    for await (const group of grouped(this.train.epoch(this.epoch, this.batch), gradientAccumulation)) {
      try {
        this.#step(group);
      } finally {
        group.forEach(disposeBatch);
      }
      this.batch += group.length;
      if (this.batch >= this.train.length || performance.now() - this.#lastRead > READ_INTERVAL) {
        await this.#means.read();
        await eventLoopTurn();
        this.#lastRead = performance.now();
      }
      await this.tell('onBatchEnd');
      if (this.isOver) return;
    }
    if (this.batch === 0) throw new ArgumentError('fit', 'train has no batches');
  }

  #step(group: readonly Batch[]): void {
    const examples = group.reduce((sum, batch) => sum + sizeOfBatch('fit', batch), 0);
    for (const batch of group) this.#backward(batch, sizeOfBatch('fit', batch), examples);
    this.#learningRate = this.optimizer.learningRate;
    this.optimizer.step(this.#weights);
    this.model.constrain();
    this.#average?.update();
  }

  /** Adds the gradients of a batch, in proportion to its part of a step's examples. */
  #backward(batch: Batch, size: number, examples: number): void {
    const figures = tidy(() => {
      const { images, labels } = this.#mixed(batch);
      const outputs = this.model.forward(images, { training: true, random: this.#random });
      const { loss: objective, metrics } = this.#objective;
      const loss = totalLoss(this.model, objective, outputs, labels);
      (size === examples ? loss : mul(loss, size / examples)).backward();
      return figuresOf(metrics, loss, outputs, labels);
    });
    this.#means.add(figures, size);
  }

  #mixed({ images, labels }: Batch): { images: Tensor; labels: Tensor } {
    const { mixup: mixupAlpha, cutmix: cutmixAlpha } = this.#options;
    const classes = this.model.output.shape.at(-1) as number;
    const isCut = cutmixAlpha !== undefined && (mixupAlpha === undefined || this.#random.uniform() < 0.5);
    if (isCut) return cutmix(images, labels, { alpha: cutmixAlpha, classes }, this.#random);
    if (mixupAlpha === undefined) return { images, labels };
    return mixup(images, labels, { alpha: mixupAlpha, classes }, this.#random);
  }

  /** @returns nothing if validation was interrupted */
  async #closeEpoch(): Promise<Logs | undefined> {
    this.#average?.swap();
    try {
      const validation = await this.#validate();
      if (this.interrupted) return undefined;
      const logs = { epoch: this.epoch + 1, ...this.logs, ...validation, learningRate: this.#learningRate };
      this.history.push(logs);
      await this.tell('onEpochEnd');
      this.epoch++;
      this.batch = 0;
      this.#means.reset();
      return logs;
    } finally {
      this.#average?.swap();
    }
  }

  async #validate(): Promise<Logs> {
    if (!this.#validation) return {};
    const logs = await evaluateBatches('fit', this.model, this.#validation, this.#objective, () => this.interrupted);
    return Object.fromEntries(
      Object.entries(logs).map(([name, value]) => [`val${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]),
    );
  }

  /** A checkpoint, to be called from onCheckpoint. */
  async save(): Promise<Uint8Array> {
    await this.#means.read();
    const average = await this.#average?.stateDict();
    const states = await Promise.all(this.#callbacks.map((callback) => callback.state?.() ?? {}));
    const tensors: Record<string, Tensors> = {
      weights: await this.model.stateDict(),
      averages: average?.averages ?? {},
      optimizer: await this.optimizer.stateDict(),
    };
    states.forEach((state, i) => {
      tensors[`callbacks/${i}`] = state.tensors ?? {};
    });
    const progress: Progress = {
      epoch: this.epoch,
      batch: this.batch,
      seed: this.#seed,
      random: this.#random.state,
      means: this.#means.state,
      history: this.history,
      stopped: this.stopped,
      optimizer: this.optimizer.className,
      averaged: average?.steps,
      callbacks: this.#callbacks.map(({ className }, i) => ({ className, values: states[i]?.values })),
    };
    return encodeCheckpoint({ progress, tensors });
  }

  /**
   * Continues from a checkpoint.
   * @throws FormatError if the bytes are none, ArgumentError or WeightsError if it is of another run than this one
   */
  async restore(bytes: Uint8Array): Promise<void> {
    const { progress, tensors } = decodeCheckpoint(bytes);
    this.#checkSame(progress);
    loadState('resume', this.#weights, tensors.weights ?? {}, true);
    if (progress.averaged !== undefined) this.#average?.loadStateDict(progress.averaged, tensors.averages ?? {});
    this.optimizer.loadStateDict(tensors.optimizer ?? {});
    for (const [i, callback] of this.#callbacks.entries()) {
      const values = progress.callbacks[i]?.values;
      await callback.restore?.({ values, tensors: tensors[`callbacks/${i}`] ?? {} });
    }
    this.#random.restore(progress.random);
    this.#means.restore(progress.means);
    this.history.push(...progress.history);
    this.epoch = progress.epoch;
    this.batch = progress.batch;
    this.stopped = progress.stopped;
  }

  #checkSame({ seed, optimizer, averaged, callbacks }: Progress): void {
    const differ = (what: string, saved: unknown, given: unknown) => {
      if (saved !== given)
        throw new ArgumentError(
          'resume',
          `the checkpoint is of a run with ${what} ${saved}, but this one has ${given}`,
        );
    };
    differ('seed', seed, this.#seed);
    differ('the optimizer', optimizer, this.optimizer.className);
    differ('a moving average:', averaged !== undefined, this.#average !== undefined);
    const names = (list: readonly { readonly className: string }[]) =>
      list.map(({ className }) => className).join(', ');
    differ('the callbacks', names(callbacks), names(this.#callbacks));
  }

  /** Leaves the model with what was evaluated. */
  async end(): Promise<void> {
    this.#average?.swap();
    await this.tell('onTrainEnd');
  }

  dispose(): void {
    this.#means.dispose();
    this.#average?.dispose();
    for (const callback of this.#callbacks) callback.dispose?.();
    for (const weight of this.#weights.values()) weight.zeroGrad();
  }
}

function checkOptions(model: Model, { epochs, seed = 0, gradientAccumulation = 1, ema }: FitOptions): void {
  checkInteger('fit', 'epochs', epochs, 1);
  if (!Number.isInteger(seed)) throw new ArgumentError('fit', `seed must be an integer but is ${seed}`);
  checkInteger('fit', 'gradientAccumulation', gradientAccumulation, 1);
  if (ema !== undefined) checkRange('fit', 'ema', ema, 0, 1);
  if (![...model.weights.values()].some(({ trainable }) => trainable))
    throw new ArgumentError('fit', `${model.label} has no trainable weights`);
}
