/** @file Layers that make one tensor of several. */
import { ArgumentError, add, composite, concat, mul, type Shape, ShapeError, sameShape, type Tensor } from '@fer/core';
import { Layer, type LayerOptions } from '../layer.ts';
import { exampleAxis } from './axes.ts';

const formatShapes = (shapes: readonly Shape[]) => shapes.map((shape) => `[${shape}]`).join(' and ');

abstract class Merge<O extends LayerOptions = LayerOptions> extends Layer<readonly Tensor[], O> {
  override readonly merges = true;

  /** The first of what was given. @throws ArgumentError if that is nothing */
  protected first<T>(inputs: readonly T[]): T {
    const [first] = inputs;
    if (first === undefined) throw new ArgumentError(this.label, 'needs at least one input');
    return first;
  }
}

/** The sum of tensors of one shape. Nothing is broadcast: a residual branch must have its shortcut's shape. */
export class Add extends Merge {
  readonly className = 'Add';

  constructor(options: LayerOptions = {}) {
    super(options);
  }

  override forward(inputs: readonly Tensor[]): Tensor {
    this.outputShape(inputs.map(({ shape }) => shape));
    return composite(inputs, () => inputs.reduce((sum, x) => add(sum, x)));
  }

  override outputShape(inputShapes: readonly Shape[]): Shape {
    const first = this.first(inputShapes);
    if (inputShapes.some((shape) => !sameShape(shape, first)))
      throw new ShapeError(this.label, `expected inputs of one shape but got ${formatShapes(inputShapes)}`);
    return first;
  }
}

/**
 * The product, element by element, of tensors of one rank. Axes of size 1 are broadcast: [1, 1, C] weighs the channels
 * of [H, W, C].
 */
export class Multiply extends Merge {
  readonly className = 'Multiply';

  constructor(options: LayerOptions = {}) {
    super(options);
  }

  override forward(inputs: readonly Tensor[]): Tensor {
    this.outputShape(inputs.map(({ shape }) => shape));
    return composite(inputs, () => inputs.reduce((product, x) => mul(product, x)));
  }

  override outputShape(inputShapes: readonly Shape[]): Shape {
    const result = this.first(inputShapes).map((_, axis) => Math.max(...inputShapes.map((shape) => shape[axis] ?? 0)));
    const fits = (shape: Shape) =>
      shape.length === result.length && shape.every((size, axis) => size === 1 || size === result[axis]);
    if (!inputShapes.every(fits))
      throw new ShapeError(this.label, `${formatShapes(inputShapes)} do not broadcast, axis by axis`);
    return result;
  }
}

export interface ConcatenateOptions extends LayerOptions {
  /** The batch being axis 0; -1 unless given. */
  readonly axis?: number;
}

/** Tensors joined along an axis; their other axes agree. */
export class Concatenate extends Merge<ConcatenateOptions> {
  readonly className = 'Concatenate';

  constructor(options: ConcatenateOptions = {}) {
    super(options);
  }

  override forward(inputs: readonly Tensor[]): Tensor {
    return concat(inputs, exampleAxis(this.label, this.options.axis ?? -1, this.first(inputs).rank));
  }

  override outputShape(inputShapes: readonly Shape[]): Shape {
    const first = this.first(inputShapes);
    const along = exampleAxis(this.label, this.options.axis ?? -1, first.length + 1) - 1;
    const others = (shape: Shape) => `${shape.toSpliced(along, 1)}`;
    if (inputShapes.some((shape) => shape.length !== first.length || others(shape) !== others(first)))
      throw new ShapeError(
        this.label,
        `${formatShapes(inputShapes)} differ in more than axis ${along + 1} of the batch`,
      );
    return first.with(
      along,
      inputShapes.reduce((sum, shape) => sum + (shape[along] as number), 0),
    );
  }
}
