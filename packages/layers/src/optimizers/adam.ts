/** @file Adam and its relatives. */
import { adamaxUpdate, adamUpdate, mul, noGrad, type Parameter, sub, tidy } from '@fer/core';
import { checkBelowOne, checkPositive } from '../checks.ts';
import { Optimizer, type OptimizerOptions, type Rates } from './optimizer.ts';

export interface AdamOptions extends OptimizerOptions {
  /** How much of the mean a step keeps, at least 0 and below 1; 0.9 unless given. */
  readonly beta1?: number;
  /** The same of the square or magnitude; 0.999 unless given. */
  readonly beta2?: number;
  /** Above 0; 1e-7 unless given, as in Keras. */
  readonly epsilon?: number;
}

/** By running means of the gradient and of its square or magnitude. */
abstract class AdamFamily extends Optimizer<AdamOptions> {
  /** @param options The learning rate is 0.001 unless given. @throws ArgumentError */
  constructor({ learningRate = 0.001, ...options }: AdamOptions = {}) {
    super({ learningRate, ...options });
    this.#check();
  }

  #check(): void {
    const { beta1, beta2, epsilon } = this.#hyper;
    checkBelowOne(this.className, 'beta1', beta1);
    checkBelowOne(this.className, 'beta2', beta2);
    checkPositive(this.className, 'epsilon', epsilon);
  }

  get #hyper() {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = this.options;
    return { beta1, beta2, epsilon };
  }

  protected hyper(rates: Rates, step: number) {
    return { ...rates, ...this.#hyper, step };
  }
}

/** Adam (Kingma & Ba 2015). Weight decay enters the gradient (L2). */
export class Adam extends AdamFamily {
  override get className(): string {
    return 'Adam';
  }
  protected readonly slots = ['m', 'v'];
  /** Whether decay leaves the gradient alone. */
  protected readonly decoupled: boolean = false;

  protected override update(weight: Parameter, state: readonly Parameter[], rates: Rates, step: number): void {
    const [m, v] = state as [Parameter, Parameter];
    adamUpdate(weight, m, v, { ...this.hyper(rates, step), decoupled: this.decoupled });
  }
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019): w -= lr decay w, besides Adam's step. */
export class AdamW extends Adam {
  override get className() {
    return 'AdamW';
  }
  protected override readonly decoupled = true;

  /** @param options The learning rate is 0.001 and the weight decay 0.004 unless given, as in Keras. */
  constructor({ weightDecay = 0.004, ...options }: AdamOptions = {}) {
    super({ weightDecay, ...options });
  }
}

/** The length of a moving average from which on its variance is tractable, as in PyTorch. */
const MIN_LENGTH = 5;

/**
 * Adam whose steps are as long as what is known of the squares allows (Liu et al. 2020): a warm-up without a schedule. Weight
 * decay enters the gradient (L2).
 */
export class RAdam extends AdamFamily {
  override get className() {
    return 'RAdam';
  }
  protected readonly slots = ['m', 'v'];

  protected override update(weight: Parameter, state: readonly Parameter[], rates: Rates, step: number): void {
    const [m, v] = state as [Parameter, Parameter];
    const hyper = this.hyper(rates, step);
    const rectification = rectificationAt(step, hyper.beta2);
    // at a rate of 0 it moves the running means alone
    adamUpdate(weight, m, v, { ...hyper, learningRate: rates.learningRate * rectification, decoupled: false });
    if (rectification > 0) return;
    using next = noGrad(() => tidy(() => sub(weight, mul(m, rates.learningRate / (1 - hyper.beta1 ** step)))));
    weight.assign(next);
  }
}

/** What the variance of the steps at that time calls for; 0 as long as it is not tractable. */
function rectificationAt(step: number, beta2: number): number {
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * step * beta2 ** step) / (1 - beta2 ** step);
  if (length <= MIN_LENGTH) return 0;
  return Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
}

/** Adam's form for the maximum norm (Kingma & Ba 2015, section 7.1). Weight decay enters the gradient (L2). */
export class Adamax extends AdamFamily {
  override get className() {
    return 'Adamax';
  }
  protected readonly slots = ['m', 'u'];

  protected override update(weight: Parameter, state: readonly Parameter[], rates: Rates, step: number): void {
    const [m, u] = state as [Parameter, Parameter];
    adamaxUpdate(weight, m, u, { ...this.hyper(rates, step), decoupled: false });
  }
}
