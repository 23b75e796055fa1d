/** @file What callbacks are. */
import type { StoredTensor } from '@fer/core';
import type { Run } from './run.ts';

type Done = void | Promise<void>;

/** Numbers as plain JSON, and tensors by name. */
export interface CallbackState {
  readonly values?: unknown;
  readonly tensors?: Readonly<Record<string, StoredTensor>>;
}

/** Does something in the course of a training. All methods are optional. */
export interface Callback {
  /** Its class' public name, by which a checkpoint knows it. */
  readonly className: string;
  /** Before the first epoch, and before a resumed run continues. */
  onTrainBegin?(run: Run): Done;
  onEpochBegin?(run: Run): Done;
  /** After each optimizer step. The figures in `run.logs` may be some steps old. */
  onBatchEnd?(run: Run): Done;
  /** After validation. The model holds the weights that were evaluated, and the last of `run.history` is this epoch's. */
  onEpochEnd?(run: Run): Done;
  /** Where `run.save()` can be called: after each epoch, and at an interruption. */
  onCheckpoint?(run: Run): Done;
  /** After the last epoch, and after an interruption. */
  onTrainEnd?(run: Run): Done;
  /** What `restore` needs for the callback to continue as if never stopped. */
  state?(): CallbackState | Promise<CallbackState>;
  restore?(state: CallbackState): Done;
  /** When the run is over: frees its tensors, and forgets the run, so that with another one it begins anew. */
  dispose?(): void;
}
