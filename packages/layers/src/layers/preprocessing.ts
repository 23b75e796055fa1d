/** @file What is done to images before a network sees them, as part of it. */
import {
  ArgumentError,
  add,
  checkInteger,
  checkOneOf,
  composite,
  div,
  type Interpolation,
  mul,
  resizeBilinear,
  resizeNearest,
  type Shape,
  ShapeError,
  sub,
  type Tensor,
  tensor,
} from '@fer/core';
import { Layer, type LayerOptions } from '../layer.ts';
import { imageShape } from './window.ts';

/** One number, or one for each entry of the last axis. */
export type PerChannel = number | readonly number[];

const operand = (value: PerChannel, { backend }: Tensor) =>
  typeof value === 'number' ? value : tensor(value, undefined, 'float32', backend);

function checkChannels(label: string, options: Record<string, PerChannel>, inputShape: Shape): Shape {
  for (const [name, value] of Object.entries(options))
    if (typeof value !== 'number' && value.length !== inputShape.at(-1))
      throw new ShapeError(label, `${name} has ${value.length} entries but the input is [${inputShape}]`);
  return inputShape;
}

export interface RescalingOptions extends LayerOptions {
  readonly scale: PerChannel;
  /** 0 unless given. */
  readonly offset?: PerChannel;
}

/** x scale + offset: 1 / 127.5 and -1 take pixels from [0, 255] to [-1, 1]. */
export class Rescaling extends Layer<Tensor, RescalingOptions> {
  readonly className = 'Rescaling';

  override forward(x: Tensor): Tensor {
    const { scale, offset = 0 } = this.options;
    return composite([x], () => {
      const scaled = mul(x, operand(scale, x));
      return offset === 0 ? scaled : add(scaled, operand(offset, x));
    });
  }

  override outputShape(inputShape: Shape): Shape {
    const { scale, offset = 0 } = this.options;
    return checkChannels(this.label, { scale, offset }, inputShape);
  }
}

export interface NormalizationOptions extends LayerOptions {
  readonly mean: PerChannel;
  readonly variance: PerChannel;
  /** Whether to undo the normalisation in place of doing it; false unless given. */
  readonly invert?: boolean;
}

/** (x - mean) / sqrt(variance), by given statistics of the training data. */
export class Normalization extends Layer<Tensor, NormalizationOptions> {
  readonly className = 'Normalization';
  /** What is divided by: the variance's root, at least Keras' backend.epsilon(). */
  readonly deviation: PerChannel;

  /** @throws ArgumentError */
  constructor(options: NormalizationOptions) {
    super(options);
    const { variance } = options;
    this.deviation = typeof variance === 'number' ? this.#root(variance) : variance.map((one) => this.#root(one));
  }

  #root(variance: number): number {
    if (!(variance >= 0)) throw new ArgumentError(this.label, `variance must not be negative but is ${variance}`);
    return Math.max(Math.sqrt(variance), 1e-7);
  }

  override forward(x: Tensor): Tensor {
    const { mean, invert = false } = this.options;
    return composite([x], () =>
      invert
        ? add(mul(x, operand(this.deviation, x)), operand(mean, x))
        : div(sub(x, operand(mean, x)), operand(this.deviation, x)),
    );
  }

  override outputShape(inputShape: Shape): Shape {
    const { mean, variance } = this.options;
    return checkChannels(this.label, { mean, variance }, inputShape);
  }
}

export interface ResizingOptions extends LayerOptions {
  readonly height: number;
  readonly width: number;
  /** 'bilinear' unless given. */
  readonly interpolation?: Interpolation;
}

/** Images [H, W, C] in another size, with half-pixel centres and without antialiasing. */
export class Resizing extends Layer<Tensor, ResizingOptions> {
  readonly className = 'Resizing';

  /** @throws ArgumentError */
  constructor(options: ResizingOptions) {
    super(options);
    checkInteger(this.label, 'height', options.height, 1);
    checkInteger(this.label, 'width', options.width, 1);
    checkOneOf(this.label, 'interpolation', options.interpolation ?? 'bilinear', ['bilinear', 'nearest']);
  }

  override forward(x: Tensor): Tensor {
    const { height, width, interpolation = 'bilinear' } = this.options;
    return (interpolation === 'bilinear' ? resizeBilinear : resizeNearest)(x, [height, width]);
  }

  override outputShape(inputShape: Shape): Shape {
    const [, , channels] = imageShape(this.label, inputShape);
    return [this.options.height, this.options.width, channels];
  }
}
