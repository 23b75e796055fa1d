/** @file Local response normalisation. */
import { checkInteger, localResponseNormalization, type Shape, type Tensor } from '@fer/core';
import { Layer, type LayerOptions } from '../layer.ts';
import { imageShape } from './window.ts';

export interface LocalResponseNormalizationOptions extends LayerOptions {
  /** Channels on either side; 5 unless given. */
  readonly depthRadius?: number;
  /** 1 unless given. */
  readonly bias?: number;
  /** Not divided by the number of channels; 1 unless given. */
  readonly alpha?: number;
  /** 0.5 unless given. */
  readonly beta?: number;
}

/** x / (bias + alpha s)^beta, s being the sum of x^2 over the channels nearby (Krizhevsky et al. 2012, as TensorFlow). */
export class LocalResponseNormalization extends Layer<Tensor, LocalResponseNormalizationOptions> {
  readonly className = 'LocalResponseNormalization';

  constructor(options: LocalResponseNormalizationOptions = {}) {
    super(options);
    checkInteger(this.label, 'depthRadius', options.depthRadius ?? 5, 0);
  }

  override forward(x: Tensor): Tensor {
    return localResponseNormalization(x, this.options);
  }

  override outputShape(inputShape: Shape): Shape {
    return imageShape(this.label, inputShape);
  }
}
