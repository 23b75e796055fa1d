/** @file Pooling over windows, and over whole images. */
import { avgPool2d, max, maxPool2d, mean, type PoolOptions, poolWindow, type Shape, type Tensor } from '@fer/core';
import { Layer, type LayerOptions } from '../layer.ts';
import { imageShape } from './window.ts';

/** `poolSize` (2), `strides` (the pool size) and `padding` ('valid'). */
export interface Pooling2DOptions extends LayerOptions, PoolOptions {}

/** Input [H, W, C]. */
abstract class Pooling2D extends Layer<Tensor, Pooling2DOptions> {
  constructor(options: Pooling2DOptions = {}) {
    super(options);
  }

  override outputShape(inputShape: Shape): Shape {
    const image = imageShape(this.label, inputShape);
    const { outHeight, outWidth, outChannels } = poolWindow(this.label, { shape: [1, ...image] }, this.options);
    return [outHeight, outWidth, outChannels];
  }
}

/** The largest pixel of each window, channel by channel. */
export class MaxPooling2D extends Pooling2D {
  readonly className = 'MaxPooling2D';

  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.options);
  }
}

/** The average of each window's pixels, padding not counted. */
export class AveragePooling2D extends Pooling2D {
  readonly className = 'AveragePooling2D';

  override forward(x: Tensor): Tensor {
    return avgPool2d(x, this.options);
  }
}

export interface GlobalPooling2DOptions extends LayerOptions {
  /** Whether the result is [1, 1, C] in place of [C]; false unless given. */
  readonly keepDims?: boolean;
}

/** Input [H, W, C]. */
abstract class GlobalPooling2D extends Layer<Tensor, GlobalPooling2DOptions> {
  constructor(options: GlobalPooling2DOptions = {}) {
    super(options);
  }

  override outputShape(inputShape: Shape): Shape {
    const [, , channels] = imageShape(this.label, inputShape);
    return this.options.keepDims ? [1, 1, channels] : [channels];
  }
}

/** The average of all pixels, channel by channel. */
export class GlobalAveragePooling2D extends GlobalPooling2D {
  readonly className = 'GlobalAveragePooling2D';

  override forward(x: Tensor): Tensor {
    return mean(x, [1, 2], this.options.keepDims);
  }
}

/** The largest of all pixels, channel by channel. */
export class GlobalMaxPooling2D extends GlobalPooling2D {
  readonly className = 'GlobalMaxPooling2D';

  override forward(x: Tensor): Tensor {
    return max(x, [1, 2], this.options.keepDims);
  }
}
