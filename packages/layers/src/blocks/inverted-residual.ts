/** @file MobileNetV2's block. */
import { Add, BatchNormalization, Conv2D, ReLU } from '../layers/index.ts';
import type { SymbolicTensor } from '../symbolic.ts';
import { type BatchNormOptions, type BlockOptions, depthwise, naming } from './block.ts';

export interface InvertedResidualOptions extends BlockOptions {
  /** Output channels. */
  readonly filters: number;
  /** 1 unless given. */
  readonly strides?: 1 | 2;
  /** How many times as many channels there are in between; 6 unless given. */
  readonly expansion?: number;
  /** momentum 0.999 and epsilon 0.001 unless given, as in Keras Applications. */
  readonly batchNorm?: BatchNormOptions;
}

/**
 * Sandler et al. 2018, figures 3b and 4d: expand by a 1x1 convolution, filter channel by channel, project to a narrow,
 * linear result; a shortcut joins the narrow ends where their shapes agree.
 */
export class InvertedResidual {
  constructor(readonly options: InvertedResidualOptions) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const { filters, strides = 1 } = this.options;
    const result = this.#project(this.#filter(this.#expand(x)));
    if (strides !== 1 || x.shape.at(-1) !== filters) return result;
    return new Add(this.#named('add')).apply([x, result]);
  }

  get #named() {
    return naming(this.options.name);
  }

  #batchNorm(suffix: string): BatchNormalization {
    return new BatchNormalization({ momentum: 0.999, ...this.options.batchNorm, ...this.#named(suffix) });
  }

  #expand(x: SymbolicTensor): SymbolicTensor {
    const { expansion = 6 } = this.options;
    if (expansion === 1) return x;
    const filters = Math.round((x.shape.at(-1) as number) * expansion);
    return x.pipe(
      new Conv2D({ filters, kernelSize: 1, useBias: false, ...this.#named('expand') }),
      this.#batchNorm('expand_BN'),
      new ReLU({ maxValue: 6, ...this.#named('expand_relu') }),
    );
  }

  #filter(x: SymbolicTensor): SymbolicTensor {
    const { strides = 1 } = this.options;
    const options = { kernelSize: 3, strides, ...this.#named('depthwise') };
    return depthwise(x, options, this.#named('pad')).pipe(
      this.#batchNorm('depthwise_BN'),
      new ReLU({ maxValue: 6, ...this.#named('depthwise_relu') }),
    );
  }

  #project(x: SymbolicTensor): SymbolicTensor {
    const { filters } = this.options;
    return x.pipe(
      new Conv2D({ filters, kernelSize: 1, useBias: false, ...this.#named('project') }),
      this.#batchNorm('project_BN'),
    );
  }
}
