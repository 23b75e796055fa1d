/** @file Layers that drop what they are given, at random, in training. */
import { dropout, type Shape, ShapeError, type Tensor } from '@fer/core';
import { checkBelowOne } from '../checks.ts';
import { type Context, Layer, type LayerOptions } from '../layer.ts';
import { randomOf } from './random.ts';
import { imageShape } from './window.ts';

export interface DropoutRate extends LayerOptions {
  /** The fraction that is dropped, at least 0 and below 1. */
  readonly rate: number;
}

/** In training drops with probability `rate` and divides the rest by 1 - rate; in inference returns x itself. */
abstract class Dropping<O extends DropoutRate> extends Layer<Tensor, O> {
  override readonly trainingOnly = true;

  /** A getter, which unlike a field is there in this constructor. */
  abstract override get className(): string;

  /** @throws ArgumentError */
  constructor(options: O) {
    super(options);
    checkBelowOne(this.label, 'rate', options.rate);
  }

  /** The shape of the mask for a batch. */
  protected abstract noiseShape(x: Tensor): Shape;

  override forward(x: Tensor, { training = false, random }: Context = {}): Tensor {
    const { rate } = this.options;
    return training && rate > 0 ? dropout(x, rate, randomOf(this.label, random), this.noiseShape(x)) : x;
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape;
  }
}

export interface DropoutOptions extends DropoutRate {
  /** Of the mask, the batch included: 1 for axes that are dropped as a whole, null for sizes as those of x. */
  readonly noiseShape?: readonly (number | null)[];
}

/** Drops single elements, or slices (Srivastava et al. 2014). */
export class Dropout extends Dropping<DropoutOptions> {
  get className() {
    return 'Dropout';
  }

  protected override noiseShape({ shape }: Tensor): Shape {
    const { noiseShape } = this.options;
    return noiseShape ? noiseShape.map((size, axis) => size ?? (shape[axis] as number)) : shape;
  }

  override outputShape(inputShape: Shape): Shape {
    const { noiseShape } = this.options;
    const fits = noiseShape?.slice(1).every((size, axis) => size === null || size === 1 || size === inputShape[axis]);
    if (noiseShape && (noiseShape.length !== inputShape.length + 1 || !fits))
      throw new ShapeError(this.label, `noiseShape [${noiseShape}] does not broadcast to [N,${inputShape}]`);
    return inputShape;
  }
}

/** Drops whole feature maps of images [H, W, C] (Tompson et al. 2015). */
export class SpatialDropout2D extends Dropping<DropoutRate> {
  get className() {
    return 'SpatialDropout2D';
  }

  protected override noiseShape({ shape }: Tensor): Shape {
    return [shape[0] as number, 1, 1, shape[3] as number];
  }

  override outputShape(inputShape: Shape): Shape {
    return imageShape(this.label, inputShape);
  }
}

/**
 * Drops whole examples: at the end of a residual branch, it leaves their shortcuts alone, so that the network is not as
 * deep for them (Huang et al. 2016; "drop connect" in EfficientNet, "drop path" elsewhere).
 */
export class StochasticDepth extends Dropping<DropoutRate> {
  get className() {
    return 'StochasticDepth';
  }

  protected override noiseShape({ shape }: Tensor): Shape {
    return shape.map((size, axis) => (axis === 0 ? size : 1));
  }
}
