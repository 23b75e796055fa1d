/** @file Stopping when the loss is no number any more. */
import type { Callback } from '../callback.ts';
import type { Run } from '../run.ts';

/**
 * Stops training in the midst of an epoch when the loss is NaN or infinite; on a GPU some steps later, when it is read. The
 * epoch does not enter the history, and no checkpoint is written for it.
 */
export class TerminateOnNaN implements Callback {
  readonly className = 'TerminateOnNaN';

  onBatchEnd(run: Run): void {
    const { loss } = run.logs;
    if (run.examples > 0 && !Number.isFinite(loss)) run.stop(`the loss is ${loss} in epoch ${run.epoch + 1}`);
  }
}
