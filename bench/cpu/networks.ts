/**
 * @file The networks that are compared, as lists of layers with their weights: every engine builds its own model from
 * the same list. Weights are random but of the right size; what they compute is compared between the engines.
 */
import { Random } from '@fer/core';

export type Activation = 'relu' | 'relu6' | 'linear';

/** Layers run in order; `add` adds the result of an earlier layer, named by its index. */
export type Layer =
  | { kind: 'conv'; filter: Weights; strides: number; norm: Norm | undefined; activation: Activation }
  | { kind: 'depthwise'; filter: Weights; strides: number; norm: Norm; activation: Activation }
  | { kind: 'add'; from: number }
  | { kind: 'maxPool'; size: number }
  | { kind: 'globalAveragePool' }
  | { kind: 'flatten' }
  | { kind: 'dense'; kernel: Weights; bias: Weights };

export interface Weights {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** Batch normalisation. */
export interface Norm {
  readonly gamma: Weights;
  readonly beta: Weights;
  readonly mean: Weights;
  readonly variance: Weights;
  readonly epsilon: number;
}

export interface Network {
  readonly name: string;
  /** [H, W, C] */
  readonly inputShape: [number, number, number];
  readonly layers: Layer[];
}

/** In Keras' order: layer by layer, a convolution's filter before what normalises its result. */
export function weightsOf({ layers }: Network): Weights[] {
  return layers.flatMap((layer) => {
    if (layer.kind === 'dense') return [layer.kernel, layer.bias];
    if (layer.kind !== 'conv' && layer.kind !== 'depthwise') return [];
    const { filter, norm } = layer;
    return norm ? [filter, norm.gamma, norm.beta, norm.mean, norm.variance] : [filter];
  });
}

class Builder {
  readonly #random = new Random(1);
  readonly layers: Layer[] = [];

  constructor(public channels: number) {}

  #weights(shape: number[], draw: () => number): Weights {
    return { shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, draw) };
  }

  #filter(shape: number[], fanIn: number): Weights {
    return this.#weights(shape, () => this.#random.normal(0, Math.sqrt(2 / fanIn)));
  }

  #norm(channels: number): Norm {
    return {
      gamma: this.#weights([channels], () => this.#random.uniform(0.8, 1.2)),
      beta: this.#weights([channels], () => this.#random.uniform(-0.1, 0.1)),
      mean: this.#weights([channels], () => this.#random.uniform(-0.1, 0.1)),
      variance: this.#weights([channels], () => this.#random.uniform(0.8, 1.2)),
      epsilon: 1e-3,
    };
  }

  conv(filters: number, kernelSize: number, strides: number, activation: Activation, { norm = true } = {}): this {
    const filter = this.#filter([kernelSize, kernelSize, this.channels, filters], kernelSize ** 2 * this.channels);
    this.layers.push({ kind: 'conv', filter, strides, norm: norm ? this.#norm(filters) : undefined, activation });
    this.channels = filters;
    return this;
  }

  depthwise(strides: number, activation: Activation): this {
    const filter = this.#filter([3, 3, this.channels, 1], 9);
    this.layers.push({ kind: 'depthwise', filter, strides, norm: this.#norm(this.channels), activation });
    return this;
  }

  dense(inputs: number, units: number): this {
    this.layers.push({
      kind: 'dense',
      kernel: this.#filter([inputs, units], inputs),
      bias: this.#filter([units], inputs),
    });
    return this;
  }

  push(layer: Layer): this {
    this.layers.push(layer);
    return this;
  }
}

/** Rows [expansion, channels, repeats, stride] of Sandler et al. 2018, table 2. */
const MOBILE_NET_V2: readonly (readonly [number, number, number, number])[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/** MobileNetV2 1.0 with a head of seven classes. */
export function mobileNetV2(inputShape: [number, number, number]): Network {
  const net = new Builder(inputShape[2]).conv(32, 3, 2, 'relu6');
  for (const [expansion, channels, repeats, stride] of MOBILE_NET_V2) {
    for (let i = 0; i < repeats; i++) {
      const from = net.layers.length - 1;
      if (expansion > 1) net.conv(net.channels * expansion, 1, 1, 'relu6');
      net.depthwise(i === 0 ? stride : 1, 'relu6').conv(channels, 1, 1, 'linear');
      if (i > 0) net.push({ kind: 'add', from });
    }
  }
  net.conv(1280, 1, 1, 'relu6').push({ kind: 'globalAveragePool' }).dense(1280, 7);
  return { name: `MobileNetV2 1.0 ${inputShape.join('x')}`, inputShape, layers: net.layers };
}

/** A light network of AlexNet's and VGG's convolutions: seven of them, four poolings, 4096 features, for 44x44 faces. */
export function lightAlexVgg(): Network {
  const pool: Layer = { kind: 'maxPool', size: 2 };
  const net = new Builder(1).conv(64, 5, 1, 'relu', { norm: false }).push(pool);
  net.conv(192, 5, 1, 'relu', { norm: false }).push(pool);
  net.conv(384, 3, 1, 'relu', { norm: false }).conv(256, 3, 1, 'relu', { norm: false });
  net.conv(256, 3, 1, 'relu', { norm: false }).push(pool);
  net.conv(512, 3, 1, 'relu').conv(1024, 3, 1, 'relu').push(pool).push({ kind: 'flatten' }).dense(4096, 7);
  return { name: 'light AlexNet/VGG 44x44x1', inputShape: [44, 44, 1], layers: net.layers };
}

/** Two convolutions with batch-norm and pooling, for 48x48 faces. */
export function smallCnn(): Network {
  const pool: Layer = { kind: 'maxPool', size: 2 };
  const net = new Builder(1).conv(32, 3, 1, 'relu').push(pool).conv(64, 3, 1, 'relu').push(pool);
  net.push({ kind: 'globalAveragePool' }).dense(64, 7);
  return { name: 'small CNN 48x48x1', inputShape: [48, 48, 1], layers: net.layers };
}

/** The network with each batch normalisation folded into the convolution before it, which then has a bias. */
export type FoldedLayer = Exclude<Layer, { kind: 'conv' } | { kind: 'depthwise' }> | FoldedConv;
export type FoldedConv = ({ kind: 'conv' } | { kind: 'depthwise' }) & FoldedWeights;
interface FoldedWeights {
  filter: Weights;
  bias: Weights;
  strides: number;
  activation: Activation;
}

export function foldNorms({ layers }: Network): FoldedLayer[] {
  return layers.map((layer) => {
    if (layer.kind !== 'conv' && layer.kind !== 'depthwise') return layer;
    const { filter, norm, strides, activation } = layer;
    const channels = (layer.kind === 'conv' ? filter.shape[3] : filter.shape[2]) as number;
    const scale = (c: number) =>
      norm ? (norm.gamma.values[c] as number) / Math.sqrt((norm.variance.values[c] as number) + norm.epsilon) : 1;
    const shift = (c: number) =>
      norm ? (norm.beta.values[c] as number) - (norm.mean.values[c] as number) * scale(c) : 0;
    return {
      kind: layer.kind,
      filter: { shape: filter.shape, values: filter.values.map((value, i) => value * scale(i % channels)) },
      bias: { shape: [channels], values: Float32Array.from({ length: channels }, (_, c) => shift(c)) },
      strides,
      activation,
    };
  });
}

/** Multiply-accumulates of one image. */
export function macs({ inputShape, layers }: Network): number {
  let [height, width] = inputShape;
  let total = 0;
  for (const layer of layers) {
    if (layer.kind === 'conv' || layer.kind === 'depthwise') {
      [height, width] = [Math.ceil(height / layer.strides), Math.ceil(width / layer.strides)];
      total += height * width * layer.filter.values.length;
    } else if (layer.kind === 'maxPool')
      [height, width] = [Math.floor(height / layer.size), Math.floor(width / layer.size)];
    else if (layer.kind === 'dense') total += layer.kernel.values.length;
  }
  return total;
}
