/** @file Lookahead (Zhang et al. 2019): slow weights, which follow those that the optimizer trains. */
import { ArgumentError, add, checkInteger, mul, noGrad, type Parameter, sub, tidy } from '@fer/core';

export interface Lookahead {
  /** After so many steps the slow weights move, and training goes on from them. */
  readonly steps: number;
  /** How much of the way they move, above 0 and up to 1. */
  readonly rate: number;
}

/** @throws ArgumentError */
export function checkLookahead({ steps, rate }: Lookahead): void {
  checkInteger('Optimizer', 'lookahead.steps', steps, 1);
  if (!(rate > 0 && rate <= 1))
    throw new ArgumentError('Optimizer', `lookahead.rate must be above 0 and up to 1 but is ${rate}`);
}

/** Moves the slow weight towards the fast one, and the fast one to it. */
export function lookAhead(fast: Parameter, slow: Parameter, rate: number): void {
  using next = noGrad(() => tidy(() => add(slow, mul(sub(fast, slow), rate))));
  slow.assign(next);
  fast.assign(next);
}
