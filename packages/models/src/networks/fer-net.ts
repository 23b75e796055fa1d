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
import { averagePoolingTop, type NetworkOptions, network } from './options.ts';

/** Channels and residual blocks of each stage; each halves the pixels. */
const STAGES = [
  [32, 1],
  [64, 1],
  [128, 2],
] as const;

/** Channels of the last convolution, at 3x3 pixels. */
const FEATURES = 256;

/**
 * FerNet, this project's own, with new weights, from [N, 48, 48, 1] to logits [N, 7], with a dropout of 0.3, unless options say
 * otherwise. The shipped weights are of gray levels less 129.5, divided by 65.
 * @throws ArgumentError for options that make no sense, ShapeError for images that are too small
 */
export function ferNet(options: NetworkOptions = {}): Model {
  const { inputShape = [48, 48, 1], classes = 7, dropout = 0.3 } = options;
  const image = input(inputShape);
  const features = image.pipe(
    ...STAGES.flatMap(([filters, blocks], stage) => [
      ...conv(`stage${stage + 1}_down`, filters, { kernelSize: stage === 0 ? 5 : 3, strides: 2 }),
      ...Array.from({ length: blocks }, (_, i) => new Residual(`stage${stage + 1}_block${i + 1}`)),
    ]),
    ...conv('features_down', FEATURES, { strides: 2 }),
    ...conv('features', FEATURES),
  );
  return network('fer-net', image, features, averagePoolingTop({ ...options, classes, dropout }), options);
}

/** A convolution with batch normalisation and ReLU. */
function conv(name: string, filters: number, { kernelSize = 3, strides = 1 } = {}): Applicable[] {
  return [
    ...linearConv(name, filters, { kernelSize, strides }),
    new Activation({ activation: 'relu', name: `${name}_relu` }),
  ];
}

function linearConv(name: string, filters: number, { kernelSize = 3, strides = 1, gamma = 1 } = {}): Applicable[] {
  return [
    new Conv2D({ filters, kernelSize, strides, padding: 'same', useBias: false, kernelInitializer: 'heNormal', name }),
    new BatchNormalization({ momentum: 0.9, gammaInitializer: { name: 'constant', value: gamma }, name: `${name}_bn` }),
  ];
}

/** Two 3x3 convolutions and a shortcut; it begins as the identity (Goyal et al. 2017, section 5.1). */
class Residual {
  constructor(readonly name: string) {}

  apply(x: SymbolicTensor): SymbolicTensor {
    const filters = x.shape.at(-1) as number;
    const residual = x.pipe(
      ...conv(`${this.name}_conv1`, filters),
      ...linearConv(`${this.name}_conv2`, filters, { gamma: 0 }),
    );
    const sum = new Add({ name: `${this.name}_add` }).apply([x, residual]);
    return sum.pipe(new Activation({ activation: 'relu', name: `${this.name}_relu` }));
  }
}
