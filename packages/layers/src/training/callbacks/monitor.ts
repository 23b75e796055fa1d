/** @file Watching a figure for improvement. */
import { ArgumentError, checkOneOf } from '@fer/core';
import { checkAtLeast } from '../../checks.ts';
import { checkSame } from '../checkpoint.ts';
import type { Run } from '../run.ts';

export interface MonitorOptions {
  /** A figure of the history; 'valLoss' unless given. */
  readonly monitor?: string;
  /**
   * Whether less or more is better; 'auto', unless given: less of losses, more of accuracy and topK. Of functions of one's own it must be
   * given.
   */
  readonly mode?: 'auto' | 'min' | 'max';
  /** Smaller changes are none; 0 unless given. */
  readonly minDelta?: number;
}

/** What a checkpoint keeps of a monitor: the best value, and of what. Those of earlier versions have the value alone. */
export interface MonitorState {
  readonly best?: number | undefined;
  readonly tieBreaker?: number | undefined;
  readonly monitor?: string;
  readonly mode?: 'min' | 'max';
}

/** Whether less or more of a figure is better, by its name. */
function bestOf(operator: string, figure: string): 'min' | 'max' {
  if (/loss$/i.test(figure)) return 'min';
  if (/(accuracy|top\d+)$/i.test(figure)) return 'max';
  throw new ArgumentError(
    operator,
    `mode must be 'min' or 'max' for '${figure}', whose name does not say which is better`,
  );
}

/** Keeps the best value of a figure. */
export class Monitor {
  readonly name: string;
  /** None before the first epoch. */
  #best: number | undefined;
  /** Of the epoch of the best value, the figure that decides between epochs of the same value. */
  #tieBreaker: number | undefined;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;

  /**
   * @param decider Of which less is better, between epochs of the same value. Unless given, the first of them is the best.
   * @throws ArgumentError
   */
  constructor(
    private readonly operator: string,
    { monitor = 'valLoss', mode = 'auto', minDelta = 0 }: MonitorOptions,
    private readonly decider?: string,
  ) {
    this.name = monitor;
    checkOneOf(operator, 'mode', mode, ['auto', 'min', 'max']);
    checkAtLeast(operator, 'minDelta', minDelta, 0);
    this.#sign = (mode === 'auto' ? bestOf(operator, monitor) : mode) === 'min' ? 1 : -1;
    this.#minDelta = minDelta;
  }

  /** To be called before the first epoch, which would be lost. @throws ArgumentError if it is not among a run's figures */
  check(figures: readonly string[]): void {
    if (!figures.includes(this.name))
      throw new ArgumentError(this.operator, `there is no '${this.name}' among ${figures.join(', ')}`);
  }

  /** Looks at the epoch that has just ended. @throws ArgumentError if it has no such figure */
  improves({ history }: Run): boolean {
    const logs = history.at(-1) ?? {};
    this.check(Object.keys(logs));
    const value = logs[this.name] as number;
    const tieBreaker = this.decider === undefined ? undefined : logs[this.decider];
    const isBetter = this.#isBetter(value) || (value === this.#best && isLess(tieBreaker, this.#tieBreaker));
    if (isBetter) [this.#best, this.#tieBreaker] = [value, tieBreaker];
    return isBetter;
  }

  #isBetter(value: number): boolean {
    if (this.#best === undefined) return !Number.isNaN(value);
    return this.#sign * (this.#best - value) > this.#minDelta;
  }

  get state(): MonitorState {
    return {
      best: this.#best,
      tieBreaker: this.#tieBreaker,
      monitor: this.name,
      mode: this.#sign === 1 ? 'min' : 'max',
    };
  }

  /** @throws ArgumentError if the best value is of another figure, or was the other way round */
  restore({ best, tieBreaker, ...saved }: MonitorState): void {
    for (const key of ['monitor', 'mode'] as const)
      if (best !== undefined && saved[key] !== undefined)
        checkSame(`${key} of ${this.operator}`, saved[key], this.state[key]);
    [this.#best, this.#tieBreaker] = [best, tieBreaker];
  }

  /** Forgets what was best. */
  reset(): void {
    [this.#best, this.#tieBreaker] = [undefined, undefined];
  }
}

const isLess = (a: number | undefined, b: number | undefined) => a !== undefined && b !== undefined && a < b;
