/** @file What a layer is: a function of tensors with weights of its own. */
import {
  ArgumentError,
  Parameter,
  type Random,
  type Shape,
  ShapeError,
  type StoredTensor,
  sameShape,
  type Tensor,
} from '@fer/core';
import { type Constraint, checkConstraint, constrained } from './constraints.ts';
import { type Initializer, initialize } from './initializers.ts';
import { checkRegularizer, penalty, type Regularizer } from './regularizers.ts';
import { loadState, type NameDifferences, stateOf } from './state.ts';
import { SymbolicTensor } from './symbolic.ts';

export interface LayerOptions {
  /** Part of its weights' names. A model names the layers that have none as Keras does: conv2d, conv2d_1, ... */
  readonly name?: string;
  /** A frozen layer keeps its weights; a frozen batch normalisation keeps its statistics too. */
  readonly trainable?: boolean;
}

/** What a forward pass needs to know. */
export interface Context {
  readonly training?: boolean;
  /** What dropout and augmentation draw from in training. */
  readonly random?: Random;
}

/** T for layers of one input, an array of T for those that merge several. */
export type Like<X, T> = X extends Tensor ? T : readonly T[];

export interface WeightOptions {
  readonly initializer: Initializer;
  /** Statistics are not. */
  readonly trainable?: boolean;
  readonly regularizer?: Regularizer | undefined;
  readonly constraint?: Constraint | undefined;
}

/** Where a new weight's value comes from in place of its initializer; nothing for weights that it does not know. */
export type WeightSource = (name: string, shape: Shape) => Tensor | undefined;

interface Weight extends WeightOptions {
  readonly parameter: Parameter;
}

/**
 * A layer. Shapes are those of one example: the batch axis in front is left out.
 * @typeParam X What it takes: a tensor, or several
 * @typeParam O Its options, plain JSON: they are saved with a model
 */
export abstract class Layer<X extends Tensor | readonly Tensor[] = Tensor, O extends LayerOptions = LayerOptions> {
  /** Its class' public name, which minifiers leave alone. Classes derived from it need one of their own to be saved. */
  abstract readonly className: string;
  /** Whether it takes several tensors. */
  readonly merges: boolean = false;
  /** Whether its result is its input but in training. Inherited: a class made from such a layer may compute something else. */
  readonly trainingOnly: boolean = false;
  readonly options: O;
  #name: string | undefined;
  #trainable: boolean;
  #weights: Map<string, Weight> | undefined;
  #source: WeightSource | undefined;

  constructor(options: O) {
    this.options = options;
    this.#name = options.name;
    this.#trainable = options.trainable ?? true;
  }

  /** The shape of what `forward` returns. @throws ShapeError if the layer cannot take that input. */
  abstract outputShape(inputShape: Like<X, Shape>): Shape;

  /** Computes the layer's output for a batch. */
  abstract forward(x: X, context?: Context): Tensor;

  /** Multiply-accumulates for one example. */
  macs(_inputShape: Like<X, Shape>): number {
    return 0;
  }

  /** Makes the weights by `addWeight`, in Keras' order. For a layer that has them it is called to see whether they fit an input. */
  protected createWeights(_inputShape: Like<X, Shape>, _random: Random): void {}

  /**
   * Makes the layer's weights for inputs of this shape, once: a layer that is shared keeps those it has.
   * @throws ShapeError if these do not fit
   */
  build(inputShape: Like<X, Shape>, random: Random, source?: WeightSource): void {
    const { isBuilt } = this;
    this.#weights ??= new Map();
    this.#source = source;
    try {
      this.createWeights(inputShape, random);
    } catch (error) {
      if (!isBuilt) this.dispose();
      throw error;
    } finally {
      this.#source = undefined;
    }
  }

  /** Whether its weights were made. */
  get isBuilt(): boolean {
    return this.#weights !== undefined;
  }

  protected addWeight(name: string, shape: Shape, random: Random, options: WeightOptions): void {
    const present = this.#built.get(name)?.parameter;
    if (present) {
      if (!sameShape(present.shape, shape))
        throw new ShapeError(this.label, `its ${name} is [${present.shape}] but this input needs [${shape}]`);
      return;
    }
    checkRegularizer(this.label, options.regularizer);
    checkConstraint(this.label, options.constraint, shape.length);
    const value = this.#source?.(name, shape) ?? initialize(options.initializer, shape, random);
    if (!sameShape(value.shape, shape)) {
      const given = value.shape;
      value.dispose();
      throw new ShapeError(this.label, `its ${name} must be [${shape}] but is given as [${given}]`);
    }
    const parameter = new Parameter(value, { trainable: this.#trainable && (options.trainable ?? true) });
    value.dispose();
    this.#built.set(name, { ...options, parameter });
  }

  get #built(): Map<string, Weight> {
    if (!this.#weights)
      throw new ArgumentError(this.label, 'the layer has no weights yet; make it part of a Model, or call build()');
    return this.#weights;
  }

  /** One of its own weights. */
  protected weight(name: string): Parameter {
    const weight = this.#built.get(name);
    if (!weight) throw new ArgumentError(this.label, `there is no weight '${name}'`);
    return weight.parameter;
  }

  /** Its weights by name (`kernel`, `bias`, ...), in Keras' order. */
  get weights(): ReadonlyMap<string, Parameter> {
    return new Map([...this.#built].map(([name, { parameter }]) => [name, parameter]));
  }

  /** Copies of all weights, on the host, by name. */
  stateDict(): Promise<Record<string, StoredTensor>> {
    return stateOf(this.weights);
  }

  /**
   * Takes the values of all weights. If anything is wrong, nothing is changed.
   * @returns the names of weights that were not given, and of tensors that are no weights: none if `strict`, the default
   * @throws WeightsError if a tensor has another shape than its weight; if strict, for every name above; DTypeError, ShapeError for a
   *   tensor that is damaged in itself
   */
  loadStateDict(tensors: Readonly<Record<string, StoredTensor>>, { strict = true } = {}): NameDifferences {
    return loadState(this.label, this.weights, tensors, strict);
  }

  get name(): string | undefined {
    return this.#name;
  }

  /** Gives a name to a layer that has none. */
  named(name: string): void {
    this.#name ??= name;
  }

  /** How messages call the layer. */
  get label(): string {
    return this.#name ? `${this.className} '${this.#name}'` : this.className;
  }

  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    this.#trainable = trainable;
    for (const weight of this.#weights?.values() ?? [])
      weight.parameter.trainable = trainable && (weight.trainable ?? true);
  }

  /** What the regularizers of its trainable weights add to the loss; nothing if there are none. */
  penalties(): Tensor[] {
    return [...this.#built.values()].flatMap(({ parameter, regularizer }) =>
      regularizer && parameter.trainable ? [penalty(regularizer, parameter)] : [],
    );
  }

  /** Puts weights that have a constraint back within it, after an optimizer's step. */
  constrain(): void {
    for (const { parameter, constraint } of this.#built.values()) {
      if (!constraint || !parameter.trainable) continue;
      using value = constrained(constraint, parameter);
      parameter.assign(value);
    }
  }

  /** Connects the layer to what its input will be, as a step towards a Model. */
  apply(x: Like<X, SymbolicTensor>): SymbolicTensor {
    const inputs = (Array.isArray(x) ? x : [x]) as readonly SymbolicTensor[];
    const shapes = inputs.map(({ shape }) => shape);
    return new SymbolicTensor(
      this.outputShape((Array.isArray(x) ? shapes : shapes[0]) as Like<X, Shape>),
      this,
      inputs,
    );
  }

  /** Frees the weights. */
  dispose(): void {
    for (const { parameter } of this.#weights?.values() ?? []) parameter.dispose();
    this.#weights = undefined;
  }
}
