/** @file Stochastic gradient descent. */
import { ArgumentError, checkRange, type Parameter, sgdUpdate } from '@fer/core';
import { Optimizer, type OptimizerOptions, type Rates } from './optimizer.ts';

export interface SGDOptions extends OptimizerOptions {
  /** From 0 to 1; 0 unless given. */
  readonly momentum?: number;
  /** Looks ahead, by a momentum (Nesterov 1983, in the form of Sutskever et al. 2013). */
  readonly nesterov?: boolean;
}

/** v = momentum v - lr g; w += v, or w += momentum v - lr g with Nesterov. Weight decay enters the gradient (L2). */
export class SGD extends Optimizer<SGDOptions> {
  override get className() {
    return 'SGD';
  }
  protected readonly slots: readonly string[];

  /** @param options The learning rate is 0.01 unless given. @throws ArgumentError */
  constructor({ learningRate = 0.01, ...options }: SGDOptions = {}) {
    super({ learningRate, ...options });
    checkRange(this.className, 'momentum', options.momentum ?? 0, 0, 1);
    if (options.nesterov && !options.momentum) throw new ArgumentError(this.className, 'nesterov needs a momentum');
    this.slots = options.momentum ? ['velocity'] : [];
  }

  protected override update(weight: Parameter, [velocity]: readonly Parameter[], rates: Rates): void {
    const { momentum = 0, nesterov = false } = this.options;
    sgdUpdate(weight, velocity, { ...rates, decoupled: false, momentum, nesterov });
  }
}
