/** @file RMSProp. */
import { checkRange, type Parameter, rmspropUpdate } from '@fer/core';
import { checkBelowOne, checkPositive } from '../checks.ts';
import { Optimizer, type OptimizerOptions, type Rates } from './optimizer.ts';

export interface RMSPropOptions extends OptimizerOptions {
  /** How much of the mean square a step keeps, at least 0 and below 1; 0.9 unless given. */
  readonly rho?: number;
  /** From 0 to 1; 0 unless given. */
  readonly momentum?: number;
  /** Within the root, above 0; 1e-7 unless given. */
  readonly epsilon?: number;
  /** Divides by the deviation of the gradient instead of the root of its mean square; false unless given. */
  readonly centered?: boolean;
}

/**
 * RMSProp (Tieleman & Hinton 2012) in TensorFlow's form: s = rho s + (1 - rho) g^2;
 * v = momentum v + lr g / sqrt(s - [mean g]^2 + epsilon); w -= v. Weight decay enters the gradient (L2).
 */
export class RMSProp extends Optimizer<RMSPropOptions> {
  override get className() {
    return 'RMSProp';
  }
  protected readonly slots: readonly string[];

  /** @param options The learning rate is 0.001 unless given. @throws ArgumentError */
  constructor({ learningRate = 0.001, ...options }: RMSPropOptions = {}) {
    super({ learningRate, ...options });
    const { centered, momentum = 0, rho = 0.9, epsilon = 1e-7 } = options;
    checkRange(this.className, 'momentum', momentum, 0, 1);
    checkBelowOne(this.className, 'rho', rho);
    checkPositive(this.className, 'epsilon', epsilon);
    this.slots = ['meanSquare', ...(centered ? ['meanGradient'] : []), ...(momentum ? ['velocity'] : [])];
  }

  protected override update(weight: Parameter, state: readonly Parameter[], rates: Rates): void {
    const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = this.options;
    const slot = (name: string) => state[this.slots.indexOf(name)];
    rmspropUpdate(
      weight,
      { meanSquare: slot('meanSquare') as Parameter, meanGradient: slot('meanGradient'), velocity: slot('velocity') },
      { ...rates, decoupled: false, rho, momentum, epsilon, centered },
    );
  }
}
