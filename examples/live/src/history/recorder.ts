/** @file Stores what is seen as it comes, in few transactions. */
import type { Prediction } from '@fer/data';
import type { HistoryStore } from './store.ts';

/** Milliseconds between two transactions. */
const INTERVAL = 1000;

export class Recorder {
  #waiting: Prediction[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param onStored Is called after each transaction.
   * @param onError Is told why rows could not be stored; these are lost.
   */
  constructor(
    private readonly store: HistoryStore,
    private readonly onStored: () => void,
    private readonly onError: (error: unknown, lost: number) => void,
  ) {}

  add(rows: readonly Prediction[]): void {
    if (rows.length === 0) return;
    this.#waiting.push(...rows);
    this.#timer ??= setTimeout(() => void this.flush(), INTERVAL);
  }

  /** Stores whatever waits. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = this.#waiting;
    if (rows.length === 0) return;
    this.#waiting = [];
    try {
      await this.store.add(rows);
      this.onStored();
    } catch (error) {
      this.onError(error, rows.length);
    }
  }
}
