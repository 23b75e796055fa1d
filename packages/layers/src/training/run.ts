/** @file A training: its state, and how it advances step by step and epoch by epoch. */
import { ArgumentError, checkInteger, type Parameter, Random, tidy } from '@fer/core';
import { mixedBatch } from '../mixing.ts';
import type { Model } from '../model.ts';
import type { Optimizer } from '../optimizers/index.ts';
import { accumulate } from './accumulate.ts';
import { type Batch, type Batches, batchesOf, disposeBatch, grouped, sizeOfBatch } from './batches.ts';
import type { Callback } from './callback.ts';
import { checkSameRun, decodeCheckpoint, encodeCheckpoint, type Identity } from './checkpoint.ts';
import { checkFirstBatch, evaluateBatches } from './evaluate.ts';
import { Pace } from './events.ts';
import { completeObjective, type Logs, type Objective, RunningMeans } from './figures.ts';
import { MovingAverage } from './moving-average.ts';
import { checkOptions, type FitOptions } from './options.ts';
import { type PartFigures, Replicas } from './parallel/replicas.ts';
import { optionsText, type RunParts, restoreParts, stateOfParts } from './run-state.ts';
import { climb } from './sharpness.ts';

/** A training, as callbacks see it. */
export class Run {
  readonly epochs: number;
  readonly optimizer: Optimizer;
  readonly train: Batches;
  /** The figures of each epoch that is done. */
  readonly history: Logs[] = [];
  /** Epochs that are done. */
  epoch = 0;
  /** Batches that are done in the epoch at hand. */
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
  readonly #means: RunningMeans;
  readonly #average: MovingAverage | undefined;
  #replicas: Replicas | undefined;
  readonly #pace = new Pace();
  #learningRate = Number.NaN;
  #isBetweenSteps = true;

  /** @throws ArgumentError, ShapeError */
  constructor(
    readonly model: Model,
    options: FitOptions,
  ) {
    checkOptions(model, options);
    const { train, validation, epochs, optimizer, callbacks = [], seed = 0, ema } = options;
    this.#options = options;
    this.#objective = completeObjective(options);
    this.epochs = epochs;
    this.optimizer = optimizer;
    this.#callbacks = callbacks;
    this.train = batchesOf('fit', train, seed);
    checkInteger('fit', 'the number of batches of train', this.train.length, 1);
    this.#validation = validation && batchesOf('fit', validation);
    if (this.#validation) checkInteger('fit', 'the number of batches of validation', this.#validation.length, 1);
    this.#weights = model.weights;
    this.#random = new Random(seed);
    this.#means = new RunningMeans('fit', this.#objective);
    this.#average = ema === undefined ? undefined : new MovingAverage(this.#weights, ema);
  }

  /**
   * Drops gradients from before, which would count in the first step, looks at validation's first batch, and starts the workers, if
   * there are to be any.
   * @throws ArgumentError, ShapeError
   */
  async start(): Promise<void> {
    for (const weight of this.#weights.values()) weight.zeroGrad();
    if (this.#validation) await checkFirstBatch('validation', this.#validation, this.model, this.#objective);
    const { workers } = this.#options;
    if (workers !== undefined) this.#replicas = new Replicas(this.model, this.#objective, workers);
  }

  /** What the figures of each epoch are called. */
  get figures(): string[] {
    const names = Object.keys(this.#means.state.sums);
    return ['epoch', ...names, ...(this.#validation ? names.map(validationName) : []), 'learningRate'];
  }

  get #classes(): number {
    return this.model.output.shape.at(-1) as number;
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

  /** Ends training for good: told by onBatchEnd without the rest of the epoch, by onEpochEnd after the epoch. */
  stop(reason: string): void {
    this.stopped ??= reason;
  }

  async tell(event: keyof Callback & `on${string}`): Promise<void> {
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
        await this.#step(group);
      } finally {
        group.forEach(disposeBatch);
      }
      this.batch += group.length;
      if (this.#pace.isDue || this.batch >= this.train.length) {
        await this.#means.read();
        await this.#pace.turn();
      }
      await this.tell('onBatchEnd');
      if (this.isOver) return;
    }
    if (this.batch !== this.train.length)
      throw new ArgumentError('fit', `train has ${this.batch} batches but its length is ${this.train.length}`);
  }

  async #step(group: readonly Batch[]): Promise<void> {
    this.#isBetweenSteps = false;
    await this.#differentiate(group);
    this.#learningRate = this.optimizer.learningRate;
    this.optimizer.step(this.#weights);
    this.model.constrain();
    this.#average?.update();
    this.#isBetweenSteps = true;
  }

  /** Gives the weights the gradients of a step. */
  async #differentiate(group: readonly Batch[]): Promise<void> {
    const { sam } = this.#options;
    const { state } = this.#random;
    for (const { labels } of group) this.#means.watch(labels, this.#classes);
    await this.#accumulate(group, ({ figures, examples }) => this.#means.add(figures, examples));
    if (sam === undefined) return;
    const goBack = climb(this.#weights.values(), sam);
    try {
      this.#random.restore(state); // to see the same once more
      await this.#accumulate(group, ({ figures }) => figures.dispose());
    } finally {
      goBack();
    }
  }

  /** Adds the gradients of batches, of which every example weighs the same. */
  async #accumulate(group: readonly Batch[], take: (part: PartFigures) => void): Promise<void> {
    const sizes = group.map((batch) => sizeOfBatch('fit', batch));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    for (const [i, batch] of group.entries()) {
      const parts = await this.#backward(batch, sizes[i] as number, total);
      parts.forEach(take);
    }
  }

  async #backward(batch: Batch, examples: number, total: number): Promise<PartFigures[]> {
    const mixed = tidy(() => mixedBatch(batch, this.#options, this.#classes, this.#random));
    const share = examples / total;
    try {
      if (this.#replicas) return await this.#replicas.accumulate(mixed, share, this.#random);
      return [{ figures: accumulate(this.model, this.#objective, mixed, share, this.#random), examples }];
    } finally {
      if (mixed !== batch) disposeBatch(mixed);
    }
  }

  /** @returns nothing if validation was interrupted */
  async #closeEpoch(): Promise<Logs | undefined> {
    this.#isBetweenSteps = false;
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
      this.#isBetweenSteps = true;
    }
  }

  async #validate(): Promise<Logs> {
    if (!this.#validation) return {};
    const logs = await evaluateBatches('fit', this.model, this.#validation, this.#objective, () => this.interrupted);
    return Object.fromEntries(Object.entries(logs).map(([name, value]) => [validationName(name), value]));
  }

  /**
   * A checkpoint: everything that the rest of the run depends on, but its options and data.
   * @throws ArgumentError if it is called from onEpochEnd or onTrainEnd, where it would be of half an epoch's end
   */
  async save(): Promise<Uint8Array> {
    if (!this.#isBetweenSteps) throw new ArgumentError('save', 'expected to be called from onCheckpoint or onBatchEnd');
    await this.#means.read();
    const { tensors, progress } = await stateOfParts(this.#parts);
    const { epoch, batch, history, stopped } = this;
    const how = { epoch, batch, learningRate: this.#learningRate, history, stopped };
    return encodeCheckpoint({ identity: this.#identity, progress: { ...how, ...progress }, tensors });
  }

  /**
   * Continues from a checkpoint.
   * @throws FormatError if the bytes are none, ArgumentError or WeightsError if it is of another run than this one; then model
   *   and optimizer are as they were
   */
  async restore(bytes: Uint8Array): Promise<void> {
    const { identity, ...state } = decodeCheckpoint(bytes);
    checkSameRun(identity, this.#identity);
    await restoreParts(this.#parts, state);
    const { progress } = state;
    this.history.push(...progress.history);
    this.epoch = progress.epoch;
    this.batch = progress.batch;
    this.#learningRate = progress.learningRate;
    this.stopped = progress.stopped;
  }

  get #parts(): RunParts {
    const { model, optimizer } = this;
    const [average, callbacks] = [this.#average, this.#callbacks];
    return { model, optimizer, average, callbacks, random: this.#random, means: this.#means };
  }

  get #identity(): Identity {
    return {
      seed: this.#options.seed ?? 0,
      batches: this.train.length,
      batchSize: this.train.batchSize,
      examples: this.train.size,
      figures: Object.keys(this.#means.state.sums).join(', '),
      optimizer: this.optimizer.className,
      ema: this.#options.ema ?? null,
      callbacks: this.#callbacks.map(({ className }) => className).join(', '),
      options: optionsText(this.#options),
    };
  }

  /** Leaves the model with the weights that are evaluated, or that callbacks restore. */
  async end(): Promise<void> {
    this.#isBetweenSteps = false;
    this.#average?.swap();
    await this.tell('onTrainEnd');
  }

  dispose(): void {
    this.#means.dispose();
    this.#average?.dispose();
    this.#replicas?.dispose();
    for (const callback of this.#callbacks) callback.dispose?.();
    for (const weight of this.#weights.values()) weight.zeroGrad();
  }
}

/** `valLoss` of `loss` */
const validationName = (name: string) => `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;
