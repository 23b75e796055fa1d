/**
 * @file FerNet: this project's network for gray faces of 48x48, a small residual network (He et al. 2016) that spends its
 * multiply-accumulates evenly over the resolutions. No block is wider than its convolutions are fast.
 */
import {
  Activation,
  Add,
  type Applicable,
  BatchNormalization,
  Conv2D,
  input,
  type Model,
  type SymbolicTensor,
} from '@fer/layers';
import { averagePoolingTop, FEW_STEPS, type NetworkOptions, network } from './options.ts';

/** Channels of each stage, which halves the pixels and has as many residual blocks. */
const STAGES = [48, 96, 192];
const BLOCKS = 2;

/** Channels of the last convolution, at 3x3 pixels. */
const FEATURES = 384;

/**
 * FerNet, this project's own, with new weights, from [N, 48, 48, 1] to logits [N, 7], with a dropout of 0.3, unless options say
 * otherwise. The shipped weights are of gray levels less 129.5, divided by 65.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function ferNet(options: NetworkOptions = {}): Model {
  const { inputShape = [48, 48, 1], classes = 7, dropout = 0.3 } = options;
  const image = input(inputShape);
  const features = image.pipe(
    ...STAGES.flatMap((filters, stage) => [
      new Downsampling(`stage${stage + 1}_down`, filters, stage === 0 ? 5 : 3),
      ...Array.from({ length: BLOCKS }, (_, i) => new Residual(`stage${stage + 1}_block${i + 1}`)),
    ]),
    new Downsampling('features_down', FEATURES),
    ...conv('features', FEATURES),
  );
  return network('fer-net', image, features, averagePoolingTop({ ...options, classes, dropout }), options);
}

/** A convolution with batch normalisation and ReLU. */
function conv(name: string, filters: number): Applicable[] {
  return [...linearConv(name, filters), new Activation({ activation: 'relu', name: `${name}_relu` })];
}

function linearConv(name: string, filters: number, { kernelSize = 3, strides = 1, gamma = 1 } = {}): Applicable[] {
  return [
    new Conv2D({ filters, kernelSize, strides, padding: 'same', useBias: false, kernelInitializer: 'heNormal', name }),
    new BatchNormalization({ ...FEW_STEPS, gammaInitializer: { name: 'constant', value: gamma }, name: `${name}_bn` }),
  ];
}

/** Halves the pixels: a convolution with a stride of 2, and two beside it that begin as nothing. */
class Downsampling {
  constructor(
    readonly name: string,
    readonly filters: number,
    readonly kernelSize = 3,
  ) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const { name, filters, kernelSize } = this;
    const shortcut = x.pipe(...linearConv(name, filters, { kernelSize, strides: 2 }));
    const residual = x.pipe(
      ...conv(`${name}_conv1`, filters / 2),
      ...linearConv(`${name}_conv2`, filters, { strides: 2, gamma: 0 }),
    );
    return sum(name, shortcut, residual);
  }
}

/** Two convolutions and a shortcut; it begins as the identity (Goyal et al. 2017, section 5.1). */
class Residual {
  constructor(readonly name: string) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const filters = x.shape.at(-1) as number;
    const residual = x.pipe(
      ...conv(`${this.name}_conv1`, filters),
      ...linearConv(`${this.name}_conv2`, filters, { gamma: 0 }),
    );
    return sum(this.name, x, residual);
  }
}

/** The activation of the sum. */
function sum(name: string, shortcut: SymbolicTensor, residual: SymbolicTensor): SymbolicTensor {
  const both = new Add({ name: `${name}_add` }).apply([shortcut, residual]);
  return both.pipe(new Activation({ activation: 'relu', name: `${name}_relu` }));
}
