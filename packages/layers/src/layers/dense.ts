/** @file The fully connected layer. */
import { checkInteger, matMul, type Random, type Shape, ShapeError, type Tensor } from '@fer/core';
import { activated, checkActivation } from '../activations.ts';
import { ActivatedLayer, type ActivatedOptions } from './activated.ts';
import { type OptionsOf, weightOptions } from './weights.ts';

/** The kernel starts as 'glorotUniform' and the bias as 'zeros', unless others are given. */
export interface DenseOptions extends ActivatedOptions, OptionsOf<'kernel'> {
  /** Outputs. */
  readonly units: number;
}

/** x kernel + bias along the last axis. Input [..., in]; weights kernel [in, units] and bias [units]. */
export class Dense extends ActivatedLayer<DenseOptions> {
  readonly className = 'Dense';

  /** @throws ArgumentError */
  constructor(options: DenseOptions) {
    super(options);
    checkInteger(this.label, 'units', options.units, 1);
    checkActivation(this.label, options.activation ?? 'linear');
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { units } = this.options;
    const shape = [this.#inputs(inputShape), units];
    this.addWeight('kernel', shape, random, weightOptions('kernel', this.options, 'glorotUniform'));
    this.addBias(units, random);
  }

  override forward(x: Tensor): Tensor {
    const kernel = this.weight('kernel');
    const { bias } = this;
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
