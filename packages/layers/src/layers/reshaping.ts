/** @file Layers that arrange what they are given. */
import { ArgumentError, checkInteger, pad, reshape, type Shape, ShapeError, sizeOf, type Tensor } from '@fer/core';
import { Layer, type LayerOptions } from '../layer.ts';
import { imageShape } from './window.ts';

/** Each example as a vector. */
export class Flatten extends Layer {
  readonly className = 'Flatten';

  constructor(options: LayerOptions = {}) {
    super(options);
  }

  override forward(x: Tensor): Tensor {
    return reshape(x, [x.shape[0] as number, -1]);
  }

  override outputShape(inputShape: Shape): Shape {
    return [sizeOf(inputShape)];
  }
}

export interface ReshapeOptions extends LayerOptions {
  /** Of one example; one size may be -1: what remains. */
  readonly targetShape: Shape;
}

/** Each example in another shape. */
export class Reshape extends Layer<Tensor, ReshapeOptions> {
  readonly className = 'Reshape';

  override forward(x: Tensor): Tensor {
    return reshape(x, [x.shape[0] as number, ...this.outputShape(x.shape.slice(1))]);
  }

  override outputShape(inputShape: Shape): Shape {
    const { targetShape } = this.options;
    const [size, known] = [sizeOf(inputShape), sizeOf(targetShape.filter((axis) => axis !== -1))];
    const shape = targetShape.map((axis) => (axis === -1 ? size / known : axis));
    const isShape = shape.every((axis) => Number.isInteger(axis) && axis > 0) && sizeOf(shape) === size;
    if (!isShape)
      throw new ShapeError(this.label, `cannot see the ${size} elements of [${inputShape}] as [${targetShape}]`);
    return shape;
  }
}

/** The same before and after, or [before, after]. */
type Sides = number | readonly [number, number];

export interface ZeroPadding2DOptions extends LayerOptions {
  /** On all four sides, or [vertical, horizontal], or [[top, bottom], [left, right]]; 1 unless given. */
  readonly padding?: number | readonly [vertical: Sides, horizontal: Sides];
}

/** Images [H, W, C] within a border of zeros. */
export class ZeroPadding2D extends Layer<Tensor, ZeroPadding2DOptions> {
  readonly className = 'ZeroPadding2D';
  /** [[top, bottom], [left, right]] */
  readonly borders: readonly [readonly [number, number], readonly [number, number]];

  /** @throws ArgumentError */
  constructor(options: ZeroPadding2DOptions = {}) {
    super(options);
    const [vertical, horizontal] = bothOf<Sides>(this.label, options.padding ?? 1);
    this.borders = [bothOf<number>(this.label, vertical), bothOf<number>(this.label, horizontal)];
    for (const border of this.borders.flat()) checkInteger(this.label, 'padding', border, 0);
  }

  override forward(x: Tensor): Tensor {
    return pad(x, [[0, 0], ...this.borders, [0, 0]]);
  }

  override outputShape(inputShape: Shape): Shape {
    const [height, width, channels] = imageShape(this.label, inputShape);
    const [[top, bottom], [left, right]] = this.borders;
    return [top + height + bottom, left + width + right, channels];
  }
}

/** One thing for two sides, or two. */
function bothOf<T>(label: string, value: T | readonly [T, T]): readonly [T, T] {
  if (!Array.isArray(value)) return [value as T, value as T];
  if (value.length !== 2)
    throw new ArgumentError(label, `padding must be a number or a pair of them but is ${JSON.stringify(value)}`);
  return value as unknown as readonly [T, T];
}
