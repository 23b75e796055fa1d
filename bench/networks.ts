/**
 * @file The networks that are compared. They are fer's models; peers get exports of them, so that all have the same weights.
 */
import { Random, type Shape, softmaxCrossEntropy, type Tensor, tensor, tidy } from '@fer/core';
import {
  Adam,
  BatchNormalization,
  Conv2D,
  Dense,
  GlobalAveragePooling2D,
  MaxPooling2D,
  type Model,
  ReLU,
  Sequential,
} from '@fer/layers';
import { lightAlexVgg, mobileNetV2 } from '@fer/models';

const CLASSES = 7;

/** By the titles that reports give them. */
const networks = {
  'MobileNetV2 1.0 96x96x3': () => mobileNetV2({ inputShape: [96, 96, 3], classes: CLASSES }),
  'MobileNetV2 1.0 48x48x1': () => mobileNetV2({ inputShape: [48, 48, 1], classes: CLASSES }),
  'light AlexNet/VGG 44x44x1': () => lightAlexVgg({ classes: CLASSES }),
  'small CNN 48x48x1': smallCnn,
} satisfies Record<string, () => Model>;
export type NetworkName = keyof typeof networks;

/** Two convolutions with batch normalisation and pooling. */
function smallCnn(): Model {
  const block = (filters: number) => [
    new Conv2D({ filters, kernelSize: 3, padding: 'same', useBias: false }),
    new BatchNormalization(),
    new ReLU(),
    new MaxPooling2D(),
  ];
  const layers = [...block(32), ...block(64), new GlobalAveragePooling2D(), new Dense({ units: CLASSES })];
  return new Sequential(layers, { inputShape: [48, 48, 1] });
}

/** A network with random weights, the same in every process. None is what layers begin with: zeros would hide mistakes. */
export function networkOf(name: NetworkName): Model {
  const model = networks[name]();
  const random = new Random(1);
  for (const [weightName, weight] of model.weights) {
    const draw = drawOf(weightName, weight.shape, random);
    using value = tensor(Float32Array.from({ length: weight.size }, draw), weight.shape);
    weight.assign(value);
  }
  return model;
}

/** Kernels keep the variance of what they are applied to (He et al. 2015); the rest is near where it begins. */
function drawOf(weightName: string, shape: Shape, random: Random): () => number {
  if (weightName.endsWith('kernel')) {
    const outputs = weightName.endsWith('depthwise_kernel') ? shape.slice(2) : shape.slice(-1);
    const fanIn = product(shape) / product(outputs);
    return () => random.normal(0, Math.sqrt(2 / fanIn));
  }
  const centre = /(gamma|variance)$/.test(weightName) ? 1 : 0;
  return () => random.uniform(centre - 0.1, centre + 0.1);
}

const product = (shape: Shape) => shape.reduce((size, axis) => size * axis, 1);

/** What engines make a tensor of. */
export interface Values {
  readonly shape: number[];
  readonly data: Float32Array;
}

/** The same numbers in every process, from -1 to 1. */
export function valuesOf(shape: number[], seed: number): Values {
  const random = new Random(seed);
  return { shape, data: Float32Array.from({ length: product(shape) }, () => random.uniform(-1, 1)) };
}

export const imagesFor = ({ inputShape }: Model, batch: number): Values => valuesOf([batch, ...inputShape], 1);

export const labelsFor = (batch: number): Int32Array => Int32Array.from({ length: batch }, (_, i) => i % CLASSES);

/** Multiplications and additions of a forward pass, or of a step of training: of a product's two derivatives each costs as much. */
export function flopsOf(kind: 'inference' | 'training', name: NetworkName, batch: number): number {
  const model = networks[name]();
  const macs = model.macs();
  model.dispose();
  return 2 * macs * batch * (kind === 'training' ? 3 : 1);
}

/** What `fit` does with a batch. @returns its step, which returns the loss */
export function stepOf(model: Model, optimizer = new Adam()): (batch: { images: Tensor; labels: Tensor }) => Tensor {
  const random = new Random(0);
  return ({ images, labels }) => {
    const loss = tidy(() => {
      const loss = softmaxCrossEntropy(model.forward(images, { training: true, random }), labels);
      loss.backward();
      return loss;
    });
    optimizer.step(model.weights);
    return loss;
  };
}
