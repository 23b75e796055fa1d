/** @file Watching a figure for improvement. */
import { ArgumentError } from '@fer/core';
import type { Run } from '../run.ts';

export interface MonitorOptions {
  /** A figure of the history; 'valLoss' unless given. */
  readonly monitor?: string;
  /** Whether less is better; for figures whose name ends in `loss` unless given. */
  readonly mode?: 'min' | 'max';
  /** Smaller changes are none; 0 unless given. */
  readonly minDelta?: number;
}

/** Keeps the best value of a figure. */
export class Monitor {
  /** None before the first epoch. */
  best: number | undefined;
  readonly name: string;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;

  constructor(
    private readonly operator: string,
    { monitor = 'valLoss', mode, minDelta = 0 }: MonitorOptions,
  ) {
    this.name = monitor;
    this.#sign = (mode ?? (/loss$/i.test(monitor) ? 'min' : 'max')) === 'min' ? 1 : -1;
    if (!(minDelta >= 0)) throw new ArgumentError(operator, `minDelta must be at least 0 but is ${minDelta}`);
    this.#minDelta = minDelta;
  }

  /** Looks at the epoch that has just ended. @throws ArgumentError if it has no such figure */
  improves(run: Run): boolean {
    const logs = run.history.at(-1) ?? {};
    const value = logs[this.name];
    if (value === undefined)
      throw new ArgumentError(this.operator, `there is no '${this.name}' among ${Object.keys(logs).join(', ')}`);
    const isBetter = this.best === undefined ? !Number.isNaN(value) : this.#sign * (this.best - value) > this.#minDelta;
    if (isBetter) this.best = value;
    return isBetter;
  }
}
