/** @file Images moved at random in training, each by a draw of its own; in inference they pass as they are. */
import {
  ArgumentError,
  affineTransform,
  checkFinite,
  checkOneOf,
  checkRange,
  composite,
  type FillMode,
  type Interpolation,
  type Random,
  type Shape,
  type Tensor,
  tensor,
} from '@fer/core';
import { type Context, Layer, type LayerOptions } from '../layer.ts';
import { randomOf } from './random.ts';
import { imageShape } from './window.ts';

/** a, b, c, d, e, f: the pixel (x, y) of the result is taken from (a x + b y + c, d x + e y + f). */
type Matrix = readonly [number, number, number, number, number, number];

export interface SamplingOptions extends LayerOptions {
  /** What lies outside of the image: 'reflect' unless given, 'nearest' or 'constant'. */
  readonly fillMode?: FillMode;
  /** 'bilinear' unless given. */
  readonly interpolation?: Interpolation;
  /** For the fill mode 'constant'; 0 unless given. */
  readonly fillValue?: number;
}

/** Input [H, W, C]. */
abstract class RandomAffine<O extends SamplingOptions> extends Layer<Tensor, O> {
  override readonly trainingOnly = true;

  /** A getter, which unlike a field is there in this constructor. */
  abstract override get className(): string;

  /** @throws ArgumentError */
  constructor(options: O) {
    super(options);
    const { fillMode = 'reflect', interpolation = 'bilinear', fillValue = 0 } = options;
    checkOneOf(this.label, 'fillMode', fillMode, ['reflect', 'nearest', 'constant']);
    checkOneOf(this.label, 'interpolation', interpolation, ['bilinear', 'nearest']);
    checkFinite(this.label, 'fillValue', fillValue);
  }

  /** The next image's. */
  protected abstract draw(random: Random, height: number, width: number): Matrix;

  override forward(x: Tensor, { training = false, random }: Context = {}): Tensor {
    if (!training) return x;
    const generator = randomOf(this.label, random);
    const [count, height, width] = x.shape as [number, number, number];
    const { fillMode = 'reflect', interpolation = 'bilinear', fillValue = 0 } = this.options;
    return composite([x], () => {
      const matrices = Array.from({ length: count }, () => this.draw(generator, height, width));
      return affineTransform(x, tensor(matrices, undefined, 'float32', x.backend), {
        fillMode,
        interpolation,
        fillValue,
      });
    });
  }

  override outputShape(inputShape: Shape): Shape {
    return imageShape(this.label, inputShape);
  }
}

/** A bound for both sides, drawn from [-factor, factor], or [lower, upper]. All are fractions, from -1 to 1. */
export type Factor = number | readonly [lower: number, upper: number];

function checkFactor(label: string, name: string, factor: Factor): void {
  const bounds = typeof factor === 'number' ? [factor] : factor;
  if (!Array.isArray(bounds) || bounds.length !== (typeof factor === 'number' ? 1 : 2))
    throw new ArgumentError(label, `${name} must be a number or [lower,upper] but is ${JSON.stringify(factor)}`);
  for (const bound of bounds) checkRange(label, name, bound, -1, 1);
}

function drawFrom(factor: Factor, random: Random): number {
  return typeof factor === 'number' ? random.uniform(-factor, factor) : random.uniform(...factor);
}

export interface RandomFlipOptions extends LayerOptions {
  /** 'horizontalAndVertical' unless given. */
  readonly mode?: 'horizontal' | 'vertical' | 'horizontalAndVertical';
}

/** Mirrors every other image, left to right, upside down, or by a draw for each. */
export class RandomFlip extends RandomAffine<RandomFlipOptions> {
  get className() {
    return 'RandomFlip';
  }

  /** @throws ArgumentError */
  constructor(options: RandomFlipOptions = {}) {
    super(options);
    const { mode = 'horizontalAndVertical' } = options;
    checkOneOf(this.label, 'mode', mode, ['horizontal', 'vertical', 'horizontalAndVertical']);
  }

  protected override draw(random: Random, height: number, width: number): Matrix {
    const { mode = 'horizontalAndVertical' } = this.options;
    const mirrored = mode !== 'vertical' && random.uniform() < 0.5;
    const upsideDown = mode !== 'horizontal' && random.uniform() < 0.5;
    const [a, c] = mirrored ? [-1, width - 1] : [1, 0];
    const [e, f] = upsideDown ? [-1, height - 1] : [1, 0];
    return [a, 0, c, 0, e, f];
  }
}

export interface RandomRotationOptions extends SamplingOptions {
  /** In turns: 0.1 is 36 degrees. Positive angles turn counter-clockwise. */
  readonly factor: Factor;
}

/** Turns images about their centres. */
export class RandomRotation extends RandomAffine<RandomRotationOptions> {
  get className() {
    return 'RandomRotation';
  }

  /** @throws ArgumentError */
  constructor(options: RandomRotationOptions) {
    super(options);
    checkFactor(this.label, 'factor', options.factor);
  }

  protected override draw(random: Random, height: number, width: number): Matrix {
    const angle = 2 * Math.PI * drawFrom(this.options.factor, random);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [x, y] = [(width - 1) / 2, (height - 1) / 2];
    return [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y];
  }
}

export interface RandomZoomOptions extends SamplingOptions {
  /** 0.2 shows 20 % more of the height, so that all gets smaller; -0.2 shows 20 % less. */
  readonly heightFactor: Factor;
  /** The same for the width, drawn on its own; unless given, the draw for the height serves both. */
  readonly widthFactor?: Factor;
}

/** Makes images larger or smaller about their centres. */
export class RandomZoom extends RandomAffine<RandomZoomOptions> {
  get className() {
    return 'RandomZoom';
  }

  /** @throws ArgumentError */
  constructor(options: RandomZoomOptions) {
    super(options);
    checkFactor(this.label, 'heightFactor', options.heightFactor);
    checkFactor(this.label, 'widthFactor', options.widthFactor ?? 0);
  }

  protected override draw(random: Random, height: number, width: number): Matrix {
    const { heightFactor, widthFactor } = this.options;
    const zoomY = 1 + drawFrom(heightFactor, random);
    const zoomX = widthFactor === undefined ? zoomY : 1 + drawFrom(widthFactor, random);
    return [zoomX, 0, ((width - 1) / 2) * (1 - zoomX), 0, zoomY, ((height - 1) / 2) * (1 - zoomY)];
  }
}

export interface RandomTranslationOptions extends SamplingOptions {
  /** In heights; positive moves down. */
  readonly heightFactor: Factor;
  /** In widths; positive moves to the right. */
  readonly widthFactor: Factor;
}

/** Shifts images. */
export class RandomTranslation extends RandomAffine<RandomTranslationOptions> {
  get className() {
    return 'RandomTranslation';
  }

  /** @throws ArgumentError */
  constructor(options: RandomTranslationOptions) {
    super(options);
    checkFactor(this.label, 'heightFactor', options.heightFactor);
    checkFactor(this.label, 'widthFactor', options.widthFactor);
  }

  protected override draw(random: Random, height: number, width: number): Matrix {
    const down = drawFrom(this.options.heightFactor, random) * height;
    const right = drawFrom(this.options.widthFactor, random) * width;
    return [1, 0, -right, 0, 1, -down];
  }
}
