/** @file DenseNet's blocks. */
import { Activation, AveragePooling2D, BatchNormalization, Concatenate, Conv2D } from '../layers/index.ts';
import type { SymbolicTensor } from '../symbolic.ts';
import { type BatchNormOptions, type BlockOptions, type Naming, naming } from './block.ts';

/** Normalises and activates what follows in pre-activation order. */
function preactivation(named: Naming, part: string, batchNorm: BatchNormOptions | undefined) {
  return [
    new BatchNormalization({ epsilon: 1.001e-5, ...batchNorm, ...named(`${part}bn`) }),
    new Activation({ activation: 'relu', ...named(`${part}relu`) }),
  ];
}

export interface DenseBlockOptions extends BlockOptions {
  /** How many times channels are added. */
  readonly layers: number;
  /** How many channels are added each time; 32 unless given. */
  readonly growthRate?: number;
  /** epsilon 1.001e-5 unless given, as in Keras Applications. */
  readonly batchNorm?: BatchNormOptions;
}

/** Each convolution sees the results of all before it (Huang et al. 2017, figure 1; the bottleneck variant, DenseNet-B). */
export class DenseBlock {
  constructor(readonly options: DenseBlockOptions) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    return Array.from({ length: this.options.layers }).reduce<SymbolicTensor>(
      (features, _, i) => this.#grow(features, i + 1),
      x,
    );
  }

  #grow(x: SymbolicTensor, index: number): SymbolicTensor {
    const { name, growthRate = 32, batchNorm } = this.options;
    const named = naming(name === undefined ? name : `${name}_block${index}`);
    const added = x.pipe(
      ...preactivation(named, '0_', batchNorm),
      new Conv2D({ filters: 4 * growthRate, kernelSize: 1, useBias: false, ...named('1_conv') }),
      ...preactivation(named, '1_', batchNorm),
      new Conv2D({ filters: growthRate, kernelSize: 3, padding: 'same', useBias: false, ...named('2_conv') }),
    );
    return new Concatenate(named('concat')).apply([x, added]);
  }
}

export interface TransitionOptions extends BlockOptions {
  /** The fraction of channels that is kept; 0.5 unless given. */
  readonly compression?: number;
  /** epsilon 1.001e-5 unless given, as in Keras Applications. */
  readonly batchNorm?: BatchNormOptions;
}

/** Fewer channels and a quarter of the pixels, between two dense blocks (Huang et al. 2017, DenseNet-C). */
export class Transition {
  constructor(readonly options: TransitionOptions) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const { name, compression = 0.5, batchNorm } = this.options;
    const named = naming(name);
    const filters = Math.floor((x.shape.at(-1) as number) * compression);
    return x.pipe(
      ...preactivation(named, '', batchNorm),
      new Conv2D({ filters, kernelSize: 1, useBias: false, ...named('conv') }),
      new AveragePooling2D({ poolSize: 2, strides: 2, ...named('pool') }),
    );
  }
}
