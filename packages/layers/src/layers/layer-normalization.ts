/** @file Layer normalisation. */
import {
  ArgumentError,
  type Axes,
  add,
  composite,
  mean,
  mul,
  type Random,
  reshape,
  rsqrt,
  type Shape,
  square,
  sub,
  type Tensor,
} from '@fer/core';
import { checkPositive } from '../checks.ts';
import { Layer, type LayerOptions } from '../layer.ts';
import { exampleAxis } from './axes.ts';
import { type OptionsOf, weightOptions } from './weights.ts';

/** gamma starts as 'ones' and beta as 'zeros', unless others are given. */
export interface LayerNormalizationOptions extends LayerOptions, OptionsOf<'gamma'>, OptionsOf<'beta'> {
  /** What is normalised together, the batch being axis 0; -1 unless given. */
  readonly axis?: Axes;
  /** Added to the variance; 0.001 unless given. */
  readonly epsilon?: number;
  /** Whether there is an offset, beta; true unless given. */
  readonly center?: boolean;
  /** Whether there is a factor, gamma; true unless given. */
  readonly scale?: boolean;
}

/**
 * Each example by its own mean and biased variance along the axes (Ba et al. 2016), in training and inference alike.
 * Weights gamma and beta, of the sizes of these axes.
 */
export class LayerNormalization extends Layer<Tensor, LayerNormalizationOptions> {
  readonly className = 'LayerNormalization';
  readonly epsilon = this.options.epsilon ?? 1e-3;

  /** @throws ArgumentError */
  constructor(options: LayerNormalizationOptions = {}) {
    super(options);
    checkPositive(this.label, 'epsilon', this.epsilon);
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { center = true, scale = true } = this.options;
    const shape = this.#axes(inputShape.length + 1).map((axis) => inputShape[axis - 1] as number);
    if (scale) this.addWeight('gamma', shape, random, weightOptions('gamma', this.options, 'ones'));
    if (center) this.addWeight('beta', shape, random, weightOptions('beta', this.options, 'zeros'));
  }

  override forward(x: Tensor): Tensor {
    const { center = true, scale = true } = this.options;
    const axes = this.#axes(x.rank);
    const aligned = x.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
    return composite([x, ...this.weights.values()], () => {
      const centred = sub(x, mean(x, axes, true));
      const normal = mul(centred, rsqrt(add(mean(square(centred), axes, true), this.epsilon)));
      const scaled = scale ? mul(normal, reshape(this.weight('gamma'), aligned)) : normal;
      return center ? add(scaled, reshape(this.weight('beta'), aligned)) : scaled;
    });
  }

  override outputShape(inputShape: Shape): Shape {
    this.#axes(inputShape.length + 1);
    return inputShape;
  }

  /** In ascending order. */
  #axes(rank: number): number[] {
    const { axis = -1 } = this.options;
    const axes = (typeof axis === 'number' ? [axis] : axis).map((one) => exampleAxis(this.label, one, rank));
    if (axes.length === 0 || new Set(axes).size !== axes.length)
      throw new ArgumentError(this.label, `axis must name each axis once but is [${axis}]`);
    return axes.sort((a, b) => a - b);
  }
}
