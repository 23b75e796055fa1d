/** @file Watching a figure for improvement. */
import { ArgumentError, checkOneOf } from '@fer/core';
import { checkAtLeast } from '../../checks.ts';
import type { Run } from '../run.ts';

export interface MonitorOptions {
  /** A figure of the history; 'valLoss' unless given. */
  readonly monitor?: string;
  /** Whether less or more is better; 'auto', unless given: less of figures whose name ends in `loss`, more of others. */
  readonly mode?: 'auto' | 'min' | 'max';
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

  /** @throws ArgumentError */
  constructor(
    private readonly operator: string,
    { monitor = 'valLoss', mode = 'auto', minDelta = 0 }: MonitorOptions,
  ) {
    this.name = monitor;
    checkOneOf(operator, 'mode', mode, ['auto', 'min', 'max']);
    checkAtLeast(operator, 'minDelta', minDelta, 0);
    const isLess = mode === 'auto' ? /loss$/i.test(monitor) : mode === 'min';
    this.#sign = isLess ? 1 : -1;
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
