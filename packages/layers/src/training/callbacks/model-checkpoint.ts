/** @file Files from which a training can be resumed, and of the best model. */
import { ArgumentError } from '@fer/core';
import { writeAtomically } from '../../files.ts';
import { encodeModel } from '../../save.ts';
import type { Callback, CallbackState } from '../callback.ts';
import type { Run } from '../run.ts';
import { Monitor, type MonitorOptions, type MonitorState } from './monitor.ts';

export interface ModelCheckpointOptions extends MonitorOptions {
  /** The path of the checkpoint that `resume` takes, written after each epoch and at an interruption. */
  readonly last?: string;
  /**
   * The path of the model, as loadModel reads it, with the weights of the best epoch as they were evaluated; of several with the same
   * figure, as accuracies on few images are, the one with the lowest 'valLoss'.
   */
  readonly best?: string;
}

/** Writes checkpoints, in Node. Whenever the process ends, the files are whole: the new ones or those before. */
export class ModelCheckpoint implements Callback {
  readonly className = 'ModelCheckpoint';
  readonly #options: ModelCheckpointOptions;
  readonly #monitor: Monitor;

  /** @throws ArgumentError if there is no path */
  constructor(options: ModelCheckpointOptions) {
    if (options.last === undefined && options.best === undefined)
      throw new ArgumentError(this.className, 'expected a path as `last`, `best` or both');
    this.#options = options;
    this.#monitor = new Monitor(this.className, options, 'valLoss');
  }

  onTrainBegin({ figures }: Run): void {
    if (this.#options.best !== undefined) this.#monitor.check(figures);
  }

  async onEpochEnd(run: Run): Promise<void> {
    const { best } = this.#options;
    if (best === undefined || !this.#monitor.improves(run)) return;
    await writeAtomically(best, await encodeModel(run.model));
  }

  async onCheckpoint(run: Run): Promise<void> {
    const { last } = this.#options;
    if (last !== undefined) await writeAtomically(last, await run.save());
  }

  state(): CallbackState {
    return { values: this.#monitor.state };
  }

  /** @throws ArgumentError if the best model was chosen by another figure */
  restore({ values }: CallbackState): void {
    this.#monitor.restore(values as MonitorState);
  }

  dispose(): void {
    this.#monitor.reset();
  }
}
