/** @file Stopping when nothing improves any more. */
import { checkInteger, Parameter } from '@fer/core';
import { stateOf } from '../../state.ts';
import { uploaded } from '../../stored.ts';
import type { Callback, CallbackState } from '../callback.ts';
import { checkSame } from '../checkpoint.ts';
import type { Run } from '../run.ts';
import { Monitor, type MonitorOptions, type MonitorState } from './monitor.ts';

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement after which training stops; 0, which is as 1, unless given, as in Keras. */
  readonly patience?: number;
  /** Leaves the model with the weights of the best epoch instead of the last. */
  readonly restoreBestWeights?: boolean;
}

interface SavedValues extends MonitorState {
  readonly waited: number;
  /** Checkpoints of earlier versions do not tell. */
  readonly restoreBestWeights?: boolean;
}

/** Stops training when a figure has stopped improving. A run that has no such figure is an ArgumentError at its start. */
export class EarlyStopping implements Callback {
  readonly className = 'EarlyStopping';
  readonly #patience: number;
  readonly #restores: boolean;
  readonly #monitor: Monitor;
  #waited = 0;
  #best: ReadonlyMap<string, Parameter> = new Map();

  /** @throws ArgumentError */
  constructor(options: EarlyStoppingOptions = {}) {
    const { patience = 0, restoreBestWeights = false } = options;
    checkInteger(this.className, 'patience', patience, 0);
    this.#patience = patience;
    this.#restores = restoreBestWeights;
    this.#monitor = new Monitor(this.className, options);
  }

  onTrainBegin({ figures }: Run): void {
    this.#monitor.check(figures);
  }

  onEpochEnd(run: Run): void {
    if (this.#monitor.improves(run)) {
      this.#waited = 0;
      if (this.#restores) this.#keep(run.model.weights);
    } else if (++this.#waited >= this.#patience) {
      run.stop(`${this.#monitor.name} has not improved for ${this.#waited} epochs`);
    }
  }

  /** Shares the weights' buffers: they are copied when the next step changes them. */
  #keep(weights: ReadonlyMap<string, Parameter>): void {
    this.#free();
    this.#best = new Map([...weights].map(([name, weight]) => [name, new Parameter(weight, { trainable: false })]));
  }

  onTrainEnd(run: Run): void {
    const { weights } = run.model;
    for (const [name, best] of this.#best) weights.get(name)?.assign(best);
  }

  async state(): Promise<CallbackState> {
    const values: SavedValues = {
      ...this.#monitor.state,
      waited: this.#waited,
      restoreBestWeights: this.#restores,
    };
    return { values, tensors: await stateOf(this.#best) };
  }

  /** @throws ArgumentError if it is the state of one that watched, or restores, something else */
  restore({ values, tensors = {} }: CallbackState): void {
    const { waited, restoreBestWeights: restored, ...monitored } = values as SavedValues;
    if (restored !== undefined) checkSame(`restoreBestWeights of ${this.className}`, restored, this.#restores);
    this.#monitor.restore(monitored);
    this.#waited = waited;
    this.#free();
    this.#best = new Map(
      Object.entries(tensors).map(([name, stored]) => {
        using value = uploaded(stored);
        return [name, new Parameter(value, { trainable: false })];
      }),
    );
  }

  #free(): void {
    for (const weight of this.#best.values()) weight.dispose();
    this.#best = new Map();
  }

  dispose(): void {
    this.#free();
    this.#monitor.reset();
    this.#waited = 0;
  }
}
