/** @file Attention to channels. */
import type { ActivationName } from '../activations.ts';
import type { Initializer } from '../initializers.ts';
import { Conv2D, GlobalAveragePooling2D, Multiply, Reshape } from '../layers/index.ts';
import type { SymbolicTensor } from '../symbolic.ts';
import { type BlockOptions, naming } from './block.ts';

export interface SqueezeExciteOptions extends BlockOptions {
  /** Channels of the bottleneck. */
  readonly filters: number;
  /** Of the bottleneck; 'relu' unless given. */
  readonly activation?: ActivationName;
  readonly kernelInitializer?: Initializer;
}

/** Hu et al. 2018, figure 2: weighs each channel by what two small layers make of all channels' averages. */
export class SqueezeExcite {
  constructor(readonly options: SqueezeExciteOptions) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const { name, filters, activation = 'relu', ...initializer } = this.options;
    const named = naming(name);
    const channels = x.shape.at(-1) as number;
    const weights = x.pipe(
      new GlobalAveragePooling2D(named('squeeze')),
      new Reshape({ targetShape: [1, 1, channels], ...named('reshape') }),
      new Conv2D({ filters, kernelSize: 1, activation, ...initializer, ...named('reduce') }),
      new Conv2D({ filters: channels, kernelSize: 1, activation: 'sigmoid', ...initializer, ...named('expand') }),
    );
    return new Multiply(named('excite')).apply([x, weights]);
  }
}
