/** @file Activations as layers. */
import {
  checkRange,
  composite,
  leakyRelu,
  lessEqual,
  minimum,
  mul,
  relu,
  relu6,
  type Shape,
  softmax,
  sub,
  type Tensor,
  transpose,
  where,
  zeros,
} from '@fer/core';
import { type ActivationName, activate, checkActivation } from '../activations.ts';
import { Layer, type LayerOptions } from '../layer.ts';
import { exampleAxis } from './axes.ts';

export interface ActivationOptions extends LayerOptions {
  readonly activation: ActivationName;
}

/** An activation by its name. */
export class Activation extends Layer<Tensor, ActivationOptions> {
  readonly className = 'Activation';

  /** @throws ArgumentError if there is no such activation */
  constructor(options: ActivationOptions) {
    super(options);
    checkActivation(this.label, options.activation);
  }

  override forward(x: Tensor): Tensor {
    return activate(x, this.options.activation);
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape;
  }
}

export interface ReLUOptions extends LayerOptions {
  /** The largest result; unlimited unless given. */
  readonly maxValue?: number;
  /** The slope below the threshold; 0 unless given. */
  readonly negativeSlope?: number;
  /** Where x begins to count; 0 unless given. */
  readonly threshold?: number;
}

/** min(x, maxValue) above the threshold, negativeSlope (x - threshold) below it, as in Keras. */
export class ReLU extends Layer<Tensor, ReLUOptions> {
  readonly className = 'ReLU';

  /** @throws ArgumentError for negative options */
  constructor(options: ReLUOptions = {}) {
    super(options);
    for (const name of ['maxValue', 'negativeSlope', 'threshold'] as const)
      checkRange(this.label, name, options[name] ?? 0, 0, Number.MAX_VALUE);
  }

  override forward(x: Tensor): Tensor {
    const { maxValue, negativeSlope = 0, threshold = 0 } = this.options;
    if (threshold === 0 && negativeSlope === 0 && maxValue === 6) return relu6(x);
    if (threshold === 0 && negativeSlope > 0 && maxValue === undefined) return leakyRelu(x, negativeSlope);
    return composite([x], () => {
      const above = threshold === 0 ? relu(x) : where(lessEqual(x, threshold), zeros([1], 'float32', x.backend), x);
      const limited = maxValue === undefined ? above : minimum(above, maxValue);
      return negativeSlope === 0 ? limited : sub(limited, mul(relu(sub(threshold, x)), negativeSlope));
    });
  }

  override outputShape(inputShape: Shape): Shape {
    return inputShape;
  }
}

export interface SoftmaxOptions extends LayerOptions {
  /** Along which probabilities add up to 1, the batch being axis 0; -1 unless given. */
  readonly axis?: number;
}

/** e^x divided by its sum along an axis. */
export class Softmax extends Layer<Tensor, SoftmaxOptions> {
  readonly className = 'Softmax';

  constructor(options: SoftmaxOptions = {}) {
    super(options);
  }

  override forward(x: Tensor): Tensor {
    const last = x.rank - 1;
    const axis = exampleAxis(this.label, this.options.axis ?? -1, x.rank);
    if (axis === last) return softmax(x);
    const swapped = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    return composite([x], () => transpose(softmax(transpose(x, swapped)), swapped));
  }

  override outputShape(inputShape: Shape): Shape {
    exampleAxis(this.label, this.options.axis ?? -1, inputShape.length + 1);
    return inputShape;
  }
}
