/** @file Models: graphs of layers. */
import {
  ArgumentError,
  noGrad,
  type Parameter,
  Random,
  reshape,
  type Shape,
  ShapeError,
  sameShape,
  type Tensor,
  tidy,
} from '@fer/core';
import { configOf, type ModelConfig } from './config.ts';
import { fused } from './fuse.ts';
import { type Context, Layer, type LayerOptions, type WeightSource } from './layer.ts';
import { defaultName } from './names.ts';
import { type Summary, summarize } from './summary.ts';
import { type AnyLayer, argumentOf, input, reapplied, type SymbolicTensor, topologicalOrder } from './symbolic.ts';

export interface ModelOptions extends LayerOptions {
  readonly input: SymbolicTensor;
  readonly output: SymbolicTensor;
  /** Of the generator that new weights are drawn from; 0 unless given. */
  readonly seed?: number;
  /** Where new weights come from instead, by their names `layer/weight`. */
  readonly weights?: WeightSource;
}

/**
 * A graph of layers from one input to one output. Making a model makes the weights of those layers that have none yet:
 * models may share layers.
 */
export class Model extends Layer<Tensor, ModelOptions> {
  readonly className: string = 'Model';
  readonly input: SymbolicTensor;
  readonly output: SymbolicTensor;
  /** The results on the way, each after what it is computed from. */
  readonly order: readonly SymbolicTensor[];
  /** Each layer once, in the order of computation. */
  readonly layers: readonly AnyLayer[];

  constructor(options: ModelOptions) {
    super(options);
    this.input = options.input;
    this.output = options.output;
    this.order = topologicalOrder(options.input, options.output);
    this.layers = [...new Set(this.order.flatMap(({ layer }) => layer ?? []))];
    nameLayers(this.layers);
    const random = new Random(options.seed ?? 0);
    const unbuilt = this.layers.filter(({ isBuilt }) => !isBuilt);
    try {
      for (const { layer, inputs } of this.order) {
        const shapes = inputs.map(({ shape }) => shape);
        const source: WeightSource = (name, shape) => options.weights?.(`${layer?.name}/${name}`, shape);
        layer?.build(argumentOf(layer, shapes), random.fork(), source);
      }
    } catch (error) {
      for (const layer of unbuilt) layer.dispose();
      throw error;
    }
    if (options.trainable === false) this.trainable = false;
  }

  get inputShape(): Shape {
    return this.input.shape;
  }

  override outputShape(inputShape: Shape): Shape {
    return this.apply(input(inputShape)).shape;
  }

  /**
   * @param x [N, ...inputShape]
   * @returns [N, ...output.shape], never x itself, so that both can be disposed
   * @throws ShapeError
   */
  override forward(x: Tensor, context: Context = {}): Tensor {
    this.checkInput(x);
    const results = new Map([[this.input, x]]);
    const intermediates = new Intermediates(this.order, x);
    for (const symbolic of this.order) {
      const { layer, inputs } = symbolic;
      if (!layer) continue;
      const operands = inputs.map((operand) => results.get(operand) as Tensor);
      const result = intermediates.freedOnError(() => layer.forward(argumentOf(layer, operands), context));
      results.set(symbolic, result);
      intermediates.add(symbolic, result, operands);
    }
    const result = results.get(this.output) as Tensor;
    return result === x ? reshape(x, x.shape) : result;
  }

  /** @throws ShapeError, of this operator about an argument of this name, if the model cannot take that batch */
  checkInput(x: Tensor, operator = this.label, name = 'x'): void {
    if (x.rank === 0 || !sameShape(x.shape.slice(1), this.inputShape))
      throw new ShapeError(operator, `expected ${name} [N,${this.inputShape}] but got [${x.shape}]`);
  }

  /** Applies the model's own layers, with their weights, to another input. */
  override apply(x: SymbolicTensor): SymbolicTensor {
    return reapplied(this.order, x);
  }

  override macs(inputShape: Shape = this.inputShape): number {
    const from = input(inputShape);
    return topologicalOrder(from, this.apply(from)).reduce((sum, { macs }) => sum + macs, 0);
  }

  /** The layer of that name. @throws ArgumentError if there is none. */
  layer(name: string): AnyLayer {
    const found = this.layers.find((layer) => layer.name === name);
    if (!found) throw new ArgumentError(this.label, `there is no layer '${name}'`);
    return found;
  }

  /**
   * The part that ends with a layer: its features. It consists of this model's own layers, so what trains, freezes or
   * disposes the one does so to the other.
   * @throws ArgumentError if there is no such layer
   */
  submodel(layerName: string): Model {
    const layer = this.layer(layerName);
    const output = this.order.findLast((symbolic) => symbolic.layer === layer) as SymbolicTensor;
    return new Model({ input: this.input, output });
  }

  /**
   * Everything but the weights, as plain JSON: see modelFromConfig.
   * @throws ArgumentError for options that are not JSON, and layers whose class has the name of another
   */
  toConfig(): ModelConfig {
    return configOf(this);
  }

  /**
   * A frozen copy for inference, with weights of its own, that computes the same in fewer steps: batch normalisations and
   * activations are part of the convolutions and dense layers before them, padding of those after it, and what has no effect
   * but in training is left out.
   */
  fuse(): Model {
    return noGrad(() => tidy(() => new Model(fused(this))));
  }

  /** All weights, by the names `layer/weight`. */
  override get weights(): ReadonlyMap<string, Parameter> {
    return new Map(
      this.layers.flatMap((layer) =>
        [...layer.weights].map(([name, parameter]): [string, Parameter] => [`${layer.name}/${name}`, parameter]),
      ),
    );
  }

  override get trainable(): boolean {
    return this.layers.some(({ trainable }) => trainable);
  }

  /** Freezes or unfreezes every layer. */
  override set trainable(trainable: boolean) {
    for (const layer of this.layers) layer.trainable = trainable;
  }

  /** Numbers in the weights. */
  countParams(): { total: number; trainable: number; nonTrainable: number } {
    const count = (parameters: Parameter[]) => parameters.reduce((sum, { size }) => sum + size, 0);
    const parameters = [...this.weights.values()];
    const total = count(parameters);
    const trainable = count(parameters.filter((parameter) => parameter.trainable));
    return { total, trainable, nonTrainable: total - trainable };
  }

  /** Prints Keras' table of the layers, with multiply-accumulates and memory for one example, and returns it as data. */
  summary(print: (text: string) => void = console.log): Summary {
    const summary = summarize(this);
    print(String(summary));
    return summary;
  }

  override penalties(): Tensor[] {
    return this.layers.flatMap((layer) => layer.penalties());
  }

  override constrain(): void {
    for (const layer of this.layers) layer.constrain();
  }

  override dispose(): void {
    for (const layer of this.layers) layer.dispose();
  }
}

/** Gives names to the layers that have none. @throws ArgumentError if two have the same. */
function nameLayers(layers: readonly AnyLayer[]): void {
  const taken = new Set<string>();
  for (const { name, label } of layers) {
    if (name === undefined) continue;
    if (taken.has(name))
      throw new ArgumentError('Model', `there are two layers of the name of ${label}: give one another \`name\``);
    taken.add(name);
  }
  for (const layer of layers) {
    if (layer.name !== undefined) continue;
    layer.named(defaultName(layer.className, taken));
    taken.add(layer.name as unknown as string);
  }
}

/** Ends the results on a model's way once no layer needs them, unless they were recorded for differentiation. */
class Intermediates {
  readonly #consumers = new Map<SymbolicTensor, number>();
  /** By tensor: layers such as dropout in inference return what they were given. */
  readonly #uses = new Map<Tensor, number>();

  constructor(
    order: readonly SymbolicTensor[],
    private readonly x: Tensor,
  ) {
    for (const operand of order.flatMap(({ inputs }) => inputs))
      this.#consumers.set(operand, (this.#consumers.get(operand) ?? 0) + 1);
    this.#uses.set(x, Infinity);
  }

  add(symbolic: SymbolicTensor, result: Tensor, operands: readonly Tensor[]): void {
    // nobody consumes the output: it stays
    this.#uses.set(result, (this.#uses.get(result) ?? 0) + (this.#consumers.get(symbolic) ?? Infinity));
    for (const operand of operands) {
      const uses = result.requiresGrad ? Infinity : (this.#uses.get(operand) as number) - 1;
      this.#uses.set(operand, uses);
      if (uses === 0) operand.dispose();
    }
  }

  /** Ends all of them if this throws. */
  freedOnError<T>(compute: () => T): T {
    try {
      return compute();
    } catch (error) {
      this.#uses.delete(this.x);
      for (const [tensor, uses] of this.#uses) if (uses > 0 && !tensor.requiresGrad) tensor.dispose();
      throw error;
    }
  }
}
