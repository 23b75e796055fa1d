/** @file ResNetV2's block. */
import { Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D } from '../layers/index.ts';
import type { SymbolicTensor } from '../symbolic.ts';
import { type BatchNormOptions, type BlockOptions, naming } from './block.ts';

export interface ResidualV2Options extends BlockOptions {
  /** Channels of the bottleneck; the block's output has four times as many. */
  readonly filters: number;
  /** 1 unless given. */
  readonly strides?: 1 | 2;
  /** Whether the shortcut is a 1x1 convolution, as where the channels change; false unless given. */
  readonly convShortcut?: boolean;
  /** epsilon 1.001e-5 unless given, as in Keras Applications. */
  readonly batchNorm?: BatchNormOptions;
}

/**
 * The bottleneck with pre-activation (He et al. 2016, "Identity mappings in deep residual networks", figure 4e):
 * normalise and activate, then convolve, so that nothing lies between the sums of one block and the next.
 */
export class ResidualV2 {
  constructor(readonly options: ResidualV2Options) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const { filters, strides = 1 } = this.options;
    const named = naming(this.options.name);
    const activated = x.pipe(...this.#activate('preact'));
    const residual = activated.pipe(
      new Conv2D({ filters, kernelSize: 1, useBias: false, ...named('1_conv') }),
      ...this.#activate('1'),
      new ZeroPadding2D({ padding: 1, ...named('2_pad') }),
      new Conv2D({ filters, kernelSize: 3, strides, useBias: false, ...named('2_conv') }),
      ...this.#activate('2'),
      new Conv2D({ filters: 4 * filters, kernelSize: 1, ...named('3_conv') }),
    );
    return new Add(named('out')).apply([this.#shortcut(x, activated), residual]);
  }

  #activate(part: string): [BatchNormalization, Activation] {
    const named = naming(this.options.name);
    return [
      new BatchNormalization({ epsilon: 1.001e-5, ...this.options.batchNorm, ...named(`${part}_bn`) }),
      new Activation({ activation: 'relu', ...named(`${part}_relu`) }),
    ];
  }

  #shortcut(x: SymbolicTensor, activated: SymbolicTensor): SymbolicTensor {
    const { name, filters, strides = 1, convShortcut = false } = this.options;
    const named = naming(name);
    if (convShortcut)
      return activated.pipe(new Conv2D({ filters: 4 * filters, kernelSize: 1, strides, ...named('0_conv') }));
    return strides === 1 ? x : x.pipe(new MaxPooling2D({ poolSize: 1, strides, ...named('0_pool') }));
  }
}
