/** @file What optimizers share: the learning rate, weight decay, groups of weights, clipping, and named state. */
import { ArgumentError, FormatError, GradientError, Parameter, type StoredTensor, sizeOf, zeros } from '@fer/core';
import { checkAtLeast, checkPositive } from '../checks.ts';
import { checkSchedule, type LearningRate, learningRateAt } from '../schedules.ts';
import { downloaded, numberOf, storedNumber, uploaded } from '../stored.ts';
import { type Clipping, clipGradients } from './clipping.ts';
import { checkLookahead, type Lookahead, lookAhead } from './lookahead.ts';

/** Weights that are trained differently. */
export interface ParameterGroup {
  /** A regular expression that is found in the names of these weights, such as '^conv1/' or '/bias$'. */
  readonly weights: string;
  /** What their learning rate is multiplied by. */
  readonly learningRateMultiplier?: number;
  /** In place of the optimizer's. */
  readonly weightDecay?: number;
}

/** No decay for biases and for the factors and offsets of normalisations (He et al. 2019, "Bag of tricks"). */
export const noDecay: ParameterGroup = { weights: '(^|/)(bias|gamma|beta)$', weightDecay: 0 };

export interface OptimizerOptions extends Clipping {
  readonly learningRate?: LearningRate;
  /** 0 unless given. */
  readonly weightDecay?: number;
  /** Where several fit a weight, the last one that says something counts. */
  readonly groups?: readonly ParameterGroup[];
  /**
   * None unless given; Zhang et al. take 5 steps and a rate of 0.5. Weights that are replaced between two trainings would be
   * pulled back to those before: dispose the optimizer first.
   */
  readonly lookahead?: Lookahead;
}

/** The slot of the weights that Lookahead keeps. */
const SLOW = 'slow';

/** What an update is told. */
export interface Rates {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Updates weights by their gradients. It keeps state for each weight, by name, and counts its steps. */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions> {
  /** Its class' public name, which minifiers leave alone: a getter, which unlike a field is there in this constructor. */
  abstract get className(): string;
  /** Names of the tensors that an update keeps for each weight, all of which start at 0. */
  protected abstract readonly slots: readonly string[];
  /** What the schedule is multiplied by. ReduceLROnPlateau lowers it. */
  reduction = 1;
  #steps = 0;
  readonly #state = new Map<string, Parameter[]>();
  readonly #groups: { readonly pattern: RegExp; readonly group: ParameterGroup }[];

  /** @param options With all defaults that the subclass has. @throws ArgumentError */
  constructor(readonly options: O & { readonly learningRate: LearningRate }) {
    this.#check();
    this.#groups = (options.groups ?? []).map((group) => ({ pattern: patternOf(group), group }));
  }

  #check(): void {
    const { learningRate, clipValue, clipNorm, globalClipNorm, weightDecay = 0, groups = [], lookahead } = this.options;
    checkSchedule(this.className, learningRate);
    for (const [name, limit] of Object.entries({ clipValue, clipNorm, globalClipNorm }))
      if (limit !== undefined) checkPositive(this.className, name, limit);
    for (const rates of [{ weightDecay }, ...groups.map(({ weights, ...rates }) => rates)])
      for (const [name, value] of Object.entries(rates)) checkAtLeast(this.className, name, value, 0);
    if (lookahead) checkLookahead(lookahead);
  }

  /** Updates one weight, and its state, by the weight's gradient. `step` counts from 1. */
  protected abstract update(weight: Parameter, state: readonly Parameter[], rates: Rates, step: number): void;

  /** The learning rate of the next step. */
  get learningRate(): number {
    return this.reduction * learningRateAt(this.options.learningRate, this.#steps);
  }

  /** Steps so far. */
  get steps(): number {
    return this.#steps;
  }

  /**
   * Clips the gradients, updates the weights that have one, and clears it.
   * @param weights By name. Those without a gradient stay, and those that are frozen, which lose one that they still have.
   * @throws GradientError if none has a gradient, ArgumentError if a group has no weights
   */
  step(weights: ReadonlyMap<string, Parameter>): void {
    if (this.#steps === 0) this.#checkGroups([...weights.keys()]);
    for (const weight of weights.values()) if (!weight.trainable) weight.zeroGrad();
    const updated = [...weights].filter(([, weight]) => weight.grad);
    if (updated.length === 0)
      throw new GradientError(this.className, 'no trainable weight has a gradient; call backward() on a loss first');
    clipGradients(
      updated.map(([, weight]) => weight),
      this.options,
    );
    const { learningRate } = this;
    const { lookahead } = this.options;
    this.#steps++;
    for (const [name, weight] of updated) {
      const state = this.#stateOf(name, weight);
      this.update(weight, state.slice(0, this.slots.length), this.#rates(name, learningRate), this.#steps);
      weight.zeroGrad();
      if (lookahead && this.#steps % lookahead.steps === 0)
        lookAhead(weight, state.at(-1) as Parameter, lookahead.rate);
    }
  }

  /** All tensors that are kept for each weight. */
  get #kept(): readonly string[] {
    return this.options.lookahead ? [...this.slots, SLOW] : this.slots;
  }

  #stateOf(name: string, weight: Parameter): Parameter[] {
    let state = this.#state.get(name);
    if (!state) {
      state = this.slots.map(() => emptyLike(weight));
      if (this.options.lookahead) state.push(new Parameter(weight, { trainable: false }));
      this.#state.set(name, state);
    }
    return state;
  }

  /** A pattern that was misspelt would change nothing. That of noDecay suits networks that have none of its weights, too. */
  #checkGroups(names: readonly string[]): void {
    for (const { pattern, group } of this.#groups)
      if (group.weights !== noDecay.weights && !names.some((name) => pattern.test(name)))
        throw new ArgumentError(this.className, `the group '${group.weights}' fits none of ${names.join(', ')}`);
  }

  #rates(name: string, learningRate: number): Rates {
    const rates = { learningRate, weightDecay: this.options.weightDecay ?? 0 };
    for (const { pattern, group } of this.#groups) {
      if (!pattern.test(name)) continue;
      if (group.learningRateMultiplier !== undefined) rates.learningRate = learningRate * group.learningRateMultiplier;
      if (group.weightDecay !== undefined) rates.weightDecay = group.weightDecay;
    }
    return rates;
  }

  /** Everything that the next step depends on, but the options: `steps`, `reduction`, and tensors `weight/slot`. */
  async stateDict(): Promise<Record<string, StoredTensor>> {
    const kept = [...this.#state].flatMap(([name, state]) =>
      this.#kept.map(async (slot, i) => [`${name}/${slot}`, await downloaded(state[i] as Parameter)] as const),
    );
    const numbers = { steps: storedNumber(this.#steps), reduction: storedNumber(this.reduction) };
    return { ...numbers, ...Object.fromEntries(await Promise.all(kept)) };
  }

  /** @throws FormatError if loadStateDict would */
  checkStateDict(entries: Readonly<Record<string, StoredTensor>>): void {
    this.#parsed(entries);
  }

  /**
   * Continues from such a state.
   * @throws FormatError if it is not that of such an optimizer; then nothing has changed
   */
  loadStateDict(entries: Readonly<Record<string, StoredTensor>>): void {
    const { steps, reduction, tensors } = this.#parsed(entries);
    this.dispose();
    this.#steps = steps;
    this.reduction = reduction;
    for (const [name, state] of tensors) this.#state.set(name, state.map(parameterOf));
  }

  #parsed({ steps: stepCount, reduction, ...tensors }: Readonly<Record<string, StoredTensor>>) {
    const steps = numberOf(this.className, 'steps', stepCount);
    const names = new Set<string>();
    for (const key of Object.keys(tensors)) {
      const [name, slot] = [key.slice(0, key.lastIndexOf('/')), key.slice(key.lastIndexOf('/') + 1)];
      if (!this.#kept.includes(slot)) throw this.#broken(`'${key}' belongs to another optimizer`);
      names.add(name);
    }
    // a step leaves something of at least one weight
    if (steps > 0 && names.size === 0 && this.#kept.length > 0)
      throw this.#broken('it is that of an optimizer that keeps nothing');
    const stored = [...names].map((name): [string, StoredTensor[]] => [
      name,
      this.#kept.map((slot) => {
        const tensor = tensors[`${name}/${slot}`];
        if (!tensor) throw this.#broken(`'${name}/${slot}' is missing`);
        if (tensor.data.length !== sizeOf(tensor.shape))
          throw this.#broken(`'${name}/${slot}' has ${tensor.data.length} numbers for the shape [${tensor.shape}]`);
        if (!tensor.dtype.includes('float')) throw this.#broken(`'${name}/${slot}' is ${tensor.dtype}`);
        return tensor;
      }),
    ]);
    return { steps, reduction: numberOf(this.className, 'reduction', reduction), tensors: stored };
  }

  #broken(message: string): FormatError {
    return new FormatError(
      this.className,
      `the state does not fit: ${message} (it keeps ${this.#kept.join(', ') || 'nothing'})`,
    );
  }

  /** Frees the state: the optimizer is as new. */
  dispose(): void {
    for (const parameter of [...this.#state.values()].flat()) parameter.dispose();
    this.#state.clear();
    this.#steps = 0;
    this.reduction = 1;
  }
}

function patternOf({ weights }: ParameterGroup): RegExp {
  try {
    return new RegExp(weights);
  } catch (error) {
    throw new ArgumentError('Optimizer', `the weights of a group must be a regular expression: ${error}`);
  }
}

function emptyLike(weight: Parameter): Parameter {
  using value = zeros(weight.shape, 'float32', weight.backend);
  return new Parameter(value, { trainable: false });
}

function parameterOf(stored: StoredTensor): Parameter {
  using value = uploaded(stored);
  return new Parameter(value, { trainable: false });
}
