/** @file The fully connected layer. */
import { checkInteger, matMul, type Random, type Shape, ShapeError, type Tensor } from '@fer/core';
import { type ActivationName, activated, checkActivation } from '../activations.ts';
import { Layer, type LayerOptions } from '../layer.ts';
import { type OptionsOf, weightOptions } from './weights.ts';

/** The kernel starts as 'glorotUniform' and the bias as 'zeros', unless others are given. */
export interface DenseOptions extends LayerOptions, OptionsOf<'kernel'>, OptionsOf<'bias'> {
  /** Outputs. */
  readonly units: number;
  /** 'linear' unless given. */
  readonly activation?: ActivationName;
  /** true unless given. */
  readonly useBias?: boolean;
}

/** x kernel + bias along the last axis. Input [..., in]; weights kernel [in, units] and bias [units]. */
export class Dense extends Layer<Tensor, DenseOptions> {
  readonly className = 'Dense';

  /** @throws ArgumentError */
  constructor(options: DenseOptions) {
    super(options);
    checkInteger(this.label, 'units', options.units, 1);
    checkActivation(this.label, options.activation);
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { units, useBias = true } = this.options;
    const shape = [this.#inputs(inputShape), units];
    this.addWeight('kernel', shape, random, weightOptions('kernel', this.options, 'glorotUniform'));
    if (useBias) this.addWeight('bias', [units], random, weightOptions('bias', this.options, 'zeros'));
  }

  override forward(x: Tensor): Tensor {
    const kernel = this.weight('kernel');
    const bias = this.options.useBias === false ? undefined : this.weight('bias');
    return activated(this.options.activation, [x, kernel, bias], (activation) =>
      matMul(x, kernel, { bias, activation }),
    );
  }

  override outputShape(inputShape: Shape): Shape {
    this.#inputs(inputShape);
    return inputShape.with(-1, this.options.units);
  }

  override macs(inputShape: Shape): number {
    return inputShape.reduce((product, size) => product * size, this.options.units);
  }

  #inputs(inputShape: Shape): number {
    const inputs = inputShape.at(-1);
    if (inputs === undefined) throw new ShapeError(this.label, 'expected at least one axis after the batch but got []');
    return inputs;
  }
}
