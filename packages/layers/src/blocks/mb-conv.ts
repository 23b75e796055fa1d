/** @file EfficientNet's block. */
import type { ActivationName } from '../activations.ts';
import { checkAtLeast, checkBelowOne } from '../checks.ts';
import type { Initializer } from '../initializers.ts';
import { Activation, Add, BatchNormalization, Conv2D, StochasticDepth } from '../layers/index.ts';
import type { SymbolicTensor } from '../symbolic.ts';
import { type BatchNormOptions, type BlockOptions, depthwise, naming } from './block.ts';
import { SqueezeExcite } from './squeeze-excite.ts';

export interface MBConvOptions extends BlockOptions {
  /** Output channels. */
  readonly filters: number;
  /** 3 unless given. */
  readonly kernelSize?: number;
  /** 1 unless given. */
  readonly strides?: 1 | 2;
  /** How many times as many channels there are in between; 6 unless given. */
  readonly expansion?: number;
  /** Channels of the squeeze-and-excite bottleneck, relative to the block's input; 0.25 unless given, 0 for none. */
  readonly squeezeRatio?: number;
  /** How often the block is skipped in training, if it has a shortcut (stochastic depth); 0 unless given. */
  readonly dropRate?: number;
  /** 'swish' unless given. */
  readonly activation?: ActivationName;
  readonly batchNorm?: BatchNormOptions;
}

/** What EfficientNet's convolutions begin with, in its blocks and around them. */
export const efficientNetInitializer: Initializer = {
  name: 'varianceScaling',
  scale: 2,
  mode: 'fanOut',
  distribution: 'truncatedNormal',
};

/**
 * The mobile inverted bottleneck (Tan et al. 2019, figure 7; Tan & Le 2019): an inverted residual with squeeze and
 * excitation, swish and stochastic depth.
 */
export class MBConv {
  /** @throws ArgumentError */
  constructor(readonly options: MBConvOptions) {
    const { squeezeRatio = 0.25, dropRate = 0 } = options;
    checkAtLeast('MBConv', 'squeezeRatio', squeezeRatio, 0);
    checkBelowOne('MBConv', 'dropRate', dropRate);
  }

  apply(x: SymbolicTensor): SymbolicTensor {
    const { filters, strides = 1, dropRate = 0 } = this.options;
    const squeezed = this.#squeezeExcite(this.#filter(this.#expand(x)), x.shape.at(-1) as number);
    const result = this.#project(squeezed);
    if (strides !== 1 || x.shape.at(-1) !== filters) return result;
    const kept = dropRate > 0 ? result.pipe(new StochasticDepth({ rate: dropRate, ...this.#named('drop') })) : result;
    return new Add(this.#named('add')).apply([kept, x]);
  }

  get #named() {
    return naming(this.options.name);
  }

  #batchNorm(suffix: string): BatchNormalization {
    return new BatchNormalization({ ...this.options.batchNorm, ...this.#named(suffix) });
  }

  #activation(suffix: string): Activation {
    return new Activation({ activation: this.options.activation ?? 'swish', ...this.#named(suffix) });
  }

  #expand(x: SymbolicTensor): SymbolicTensor {
    const { expansion = 6 } = this.options;
    if (expansion === 1) return x;
    const filters = Math.round((x.shape.at(-1) as number) * expansion);
    return x.pipe(
      new Conv2D({
        filters,
        kernelSize: 1,
        useBias: false,
        kernelInitializer: efficientNetInitializer,
        ...this.#named('expand_conv'),
      }),
      this.#batchNorm('expand_bn'),
      this.#activation('expand_activation'),
    );
  }

  #filter(x: SymbolicTensor): SymbolicTensor {
    const { kernelSize = 3, strides = 1 } = this.options;
    const options = { kernelSize, strides, depthwiseInitializer: efficientNetInitializer, ...this.#named('dwconv') };
    return depthwise(x, options, this.#named('dwconv_pad')).pipe(this.#batchNorm('bn'), this.#activation('activation'));
  }

  #squeezeExcite(x: SymbolicTensor, inputChannels: number): SymbolicTensor {
    const { name, squeezeRatio = 0.25, activation = 'swish' } = this.options;
    if (squeezeRatio === 0) return x;
    const filters = Math.max(1, Math.floor(inputChannels * squeezeRatio));
    return x.pipe(
      new SqueezeExcite({
        filters,
        activation,
        kernelInitializer: efficientNetInitializer,
        ...(name !== undefined && { name: `${name}_se` }),
      }),
    );
  }

  #project(x: SymbolicTensor): SymbolicTensor {
    const { filters } = this.options;
    return x.pipe(
      new Conv2D({
        filters,
        kernelSize: 1,
        useBias: false,
        kernelInitializer: efficientNetInitializer,
        ...this.#named('project_conv'),
      }),
      this.#batchNorm('project_bn'),
    );
  }
}
