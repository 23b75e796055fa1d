/** @file Batch normalisation. */
import {
  add,
  batchNorm,
  batchNormTraining,
  checkRange,
  composite,
  mul,
  noGrad,
  ones,
  type Parameter,
  type Random,
  type Shape,
  ShapeError,
  type Tensor,
  tidy,
  zeros,
} from '@fer/core';
import { checkPositive } from '../checks.ts';
import type { Initializer } from '../initializers.ts';
import { type Context, Layer, type LayerOptions } from '../layer.ts';
import { type OptionsOf, weightOptions } from './weights.ts';

/** gamma starts as 'ones' and beta as 'zeros', unless others are given. */
export interface BatchNormalizationOptions extends LayerOptions, OptionsOf<'gamma'>, OptionsOf<'beta'> {
  /** How much of the moving statistics a step keeps; 0.99 unless given. */
  readonly momentum?: number;
  /** Added to the variance; 0.001 unless given. */
  readonly epsilon?: number;
  /** Whether there is an offset, beta; true unless given. */
  readonly center?: boolean;
  /** Whether there is a factor, gamma; true unless given. */
  readonly scale?: boolean;
  /** 'zeros' unless given. */
  readonly movingMeanInitializer?: Initializer;
  /** 'ones' unless given. */
  readonly movingVarianceInitializer?: Initializer;
}

/**
 * Batch normalisation over all axes but the last (Ioffe & Szegedy 2015). In training by the batch's mean and biased
 * variance, which also enter the moving statistics; in inference, and when frozen, by the moving statistics.
 * Weights gamma, beta, moving_mean and moving_variance, each [C].
 */
export class BatchNormalization extends Layer<Tensor, BatchNormalizationOptions> {
  readonly className = 'BatchNormalization';
  readonly epsilon = this.options.epsilon ?? 1e-3;

  /** @throws ArgumentError */
  constructor(options: BatchNormalizationOptions = {}) {
    super(options);
    checkRange(this.label, 'momentum', options.momentum ?? 0, 0, 1);
    checkPositive(this.label, 'epsilon', this.epsilon);
  }

  protected override createWeights(inputShape: Shape, random: Random): void {
    const { center = true, scale = true, movingMeanInitializer, movingVarianceInitializer } = this.options;
    const shape = inputShape.slice(-1);
    const statistics = (initializer: Initializer) => ({ initializer, trainable: false });
    if (scale) this.addWeight('gamma', shape, random, weightOptions('gamma', this.options, 'ones'));
    if (center) this.addWeight('beta', shape, random, weightOptions('beta', this.options, 'zeros'));
    this.addWeight('moving_mean', shape, random, statistics(movingMeanInitializer ?? 'zeros'));
    this.addWeight('moving_variance', shape, random, statistics(movingVarianceInitializer ?? 'ones'));
  }

  override forward(x: Tensor, { training = false }: Context = {}): Tensor {
    const { epsilon } = this;
    const { center = true, scale = true } = this.options;
    const [mean, variance] = [this.weight('moving_mean'), this.weight('moving_variance')];
    return composite([x, ...this.weights.values()], () => {
      const gamma = scale ? this.weight('gamma') : ones(mean.shape, 'float32', x.backend);
      const beta = center ? this.weight('beta') : zeros(mean.shape, 'float32', x.backend);
      if (!training || !this.trainable) return batchNorm(x, mean, variance, gamma, beta, { epsilon });
      const batch = batchNormTraining(x, gamma, beta, { epsilon });
      this.#follow(mean, batch.mean);
      this.#follow(variance, batch.variance);
      return batch.output;
    });
  }

  /** moving * momentum + batch * (1 - momentum) */
  #follow(moving: Parameter, batch: Tensor): void {
    const { momentum = 0.99 } = this.options;
    noGrad(() => tidy(() => moving.assign(add(mul(moving, momentum), mul(batch, 1 - momentum)))));
    batch.dispose();
  }

  override outputShape(inputShape: Shape): Shape {
    if (inputShape.length === 0) throw new ShapeError(this.label, 'expected channels [..., C] but got []');
    return inputShape;
  }
}
