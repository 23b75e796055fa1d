/** @file Learning more slowly when nothing improves. */
import { ArgumentError, checkInteger } from '@fer/core';
import { checkAtLeast } from '../../checks.ts';
import type { Optimizer } from '../../optimizers/index.ts';
import type { Callback, CallbackState } from '../callback.ts';
import type { Run } from '../run.ts';
import { Monitor, type MonitorOptions, type MonitorState } from './monitor.ts';

export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the learning rate is multiplied by, below 1; 0.1 unless given. */
  readonly factor?: number;
  /** Epochs without improvement before that; 10 unless given. */
  readonly patience?: number;
  /** Smaller changes are none; 0.0001 unless given. */
  readonly minDelta?: number;
  /** Epochs after a reduction in which none is counted; 0 unless given. */
  readonly cooldown?: number;
  /** No reduction goes below this, though a schedule may; 0 unless given. */
  readonly minLearningRate?: number;
}

interface SavedValues extends MonitorState {
  readonly waited: number;
  readonly cooling: number;
}

/** Reduces the learning rate, or what a schedule gives, when a figure has stopped improving. Defaults as in Keras. */
export class ReduceLROnPlateau implements Callback {
  readonly className = 'ReduceLROnPlateau';
  readonly #options;
  readonly #monitor: Monitor;
  #waited = 0;
  #cooling = 0;

  /** @throws ArgumentError */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    const complete = { factor: 0.1, patience: 10, minDelta: 1e-4, cooldown: 0, minLearningRate: 0, ...options };
    if (!(complete.factor > 0 && complete.factor < 1))
      throw new ArgumentError(this.className, `factor must be between 0 and 1 but is ${complete.factor}`);
    checkInteger(this.className, 'patience', complete.patience, 0);
    checkInteger(this.className, 'cooldown', complete.cooldown, 0);
    checkAtLeast(this.className, 'minLearningRate', complete.minLearningRate, 0);
    this.#options = complete;
    this.#monitor = new Monitor(this.className, complete);
  }

  onTrainBegin({ figures }: Run): void {
    this.#monitor.check(figures);
  }

  onEpochEnd(run: Run): void {
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#waited = 0;
    }
    if (this.#monitor.improves(run)) this.#waited = 0;
    else if (this.#cooling === 0 && ++this.#waited >= this.#options.patience) this.#reduce(run.optimizer);
  }

  #reduce(optimizer: Optimizer): void {
    const { factor, cooldown, minLearningRate } = this.#options;
    const { learningRate } = optimizer;
    if (learningRate <= minLearningRate) return;
    optimizer.reduction *= Math.max(factor, minLearningRate / learningRate);
    this.#cooling = cooldown;
    this.#waited = 0;
  }

  state(): CallbackState {
    return { values: { ...this.#monitor.state, waited: this.#waited, cooling: this.#cooling } satisfies SavedValues };
  }

  /** @throws ArgumentError if it is the state of one that watched something else */
  restore({ values }: CallbackState): void {
    const { waited, cooling, ...monitored } = values as SavedValues;
    this.#monitor.restore(monitored);
    this.#waited = waited;
    this.#cooling = cooling;
  }

  dispose(): void {
    this.restore({ values: { waited: 0, cooling: 0 } });
  }
}
