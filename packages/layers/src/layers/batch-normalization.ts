/** @file Batch normalisation. */
import {
  add,
  batchNorm,
  batchNormTraining,
  mul,
  noGrad,
  ones,
  type Parameter,
  type Random,
  type Shape,
  type Tensor,
  tidy,
  zeros,
} from '@fer/core';
import type { Constraint } from '../constraints.ts';
import type { Initializer } from '../initializers.ts';
import { type Context, Layer, type LayerOptions } from '../layer.ts';
import type { Regularizer } from '../regularizers.ts';

export interface BatchNormalizationOptions extends LayerOptions {
  /** How much of the moving statistics a step keeps; 0.99 unless given. */
  readonly momentum?: number;
  /** Added to the variance; 0.001 unless given. */
  readonly epsilon?: number;
  /** Whether there is an offset, beta; true unless given. */
  readonly center?: boolean;
  /** Whether there is a factor, gamma; true unless given. */
  readonly scale?: boolean;
  readonly betaInitializer?: Initializer;
  readonly gammaInitializer?: Initializer;
  readonly betaRegularizer?: Regularizer;
  readonly gammaRegularizer?: Regularizer;
  readonly betaConstraint?: Constraint;
  readonly gammaConstraint?: Constraint;
}

/**
 * Batch normalisation over all axes but the last (Ioffe & Szegedy 2015). In training by the batch's mean and biased
 * variance, which also enter the moving statistics; in inference, and when frozen, by the moving statistics.
 * Weights gamma, beta, moving_mean and moving_variance, each [C].
 */
export class BatchNormalization extends Layer<Tensor, BatchNormalizationOptions> {
  readonly className = 'BatchNormalization';

  constructor(options: BatchNormalizationOptions = {}) {
    super(options);
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { center = true, scale = true, ...options } = this.options;
    const shape = [inputShape.at(-1) as number];
    if (scale)
      this.addWeight('gamma', shape, random, {
        initializer: options.gammaInitializer ?? 'ones',
        regularizer: options.gammaRegularizer,
        constraint: options.gammaConstraint,
      });
    if (center)
      this.addWeight('beta', shape, random, {
        initializer: options.betaInitializer ?? 'zeros',
        regularizer: options.betaRegularizer,
        constraint: options.betaConstraint,
      });
    this.addWeight('moving_mean', shape, random, { initializer: 'zeros', trainable: false });
    this.addWeight('moving_variance', shape, random, { initializer: 'ones', trainable: false });
  }

  override forward(x: Tensor, { training = false }: Context = {}): Tensor {
    const { epsilon = 1e-3, center = true, scale = true } = this.options;
    const [mean, variance] = [this.weight('moving_mean'), this.weight('moving_variance')];
    const gamma = scale ? this.weight('gamma') : ones(mean.shape);
    const beta = center ? this.weight('beta') : zeros(mean.shape);
    if (!training || !this.trainable) return batchNorm(x, mean, variance, gamma, beta, { epsilon });
    const batch = batchNormTraining(x, gamma, beta, { epsilon });
    this.#follow(mean, batch.mean);
    this.#follow(variance, batch.variance);
    return batch.output;
  }

  /** moving * momentum + batch * (1 - momentum) */
  #follow(moving: Parameter, batch: Tensor): void {
    const { momentum = 0.99 } = this.options;
    noGrad(() => tidy(() => moving.assign(add(mul(moving, momentum), mul(batch, 1 - momentum)))));
    batch.dispose();
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape;
  }
}
