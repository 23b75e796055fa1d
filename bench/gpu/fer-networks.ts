/** @file The networks in fer: MobileNetV2 of the zoo, fused, and the small CNN in training. */
import { noGrad, softmaxCrossEntropy, type Tensor, tensor, tidy } from '@fer/core';
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
import { mobileNetV2 } from '@fer/models';
import { imagesFor, labels } from '../cpu/cases.ts';
import { type Network, weightsOf } from '../cpu/networks.ts';
import type { NetworkCase } from './cases.ts';
import type { Prepared, Read } from './engine.ts';

export function ferNetwork(work: NetworkCase, network: Network, read: Read<Tensor>): Prepared {
  return (work.kind === 'inference' ? inference : training)(network, work.batch, read);
}

function inference(network: Network, batch: number, read: Read<Tensor>): Prepared {
  const original = withWeights(mobileNetV2({ inputShape: network.inputShape, classes: 7 }), network);
  const model = original.fuse();
  original.dispose();
  const images = tensor(imagesFor(network, batch), [batch, ...network.inputShape]);
  return {
    async run() {
      using result = noGrad(() => tidy(() => model.forward(images)));
      return await read(result);
    },
    dispose() {
      model.dispose();
      images.dispose();
    },
  };
}

function training(network: Network, batch: number, read: Read<Tensor>): Prepared {
  const model = withWeights(smallCnn(network.inputShape), network);
  const optimizer = new Adam({ learningRate: 1e-3 });
  const images = tensor(imagesFor(network, batch), [batch, ...network.inputShape]);
  const target = tensor(labels(batch), [batch], 'int32');
  return {
    async run() {
      using loss = tidy(() => {
        const loss = softmaxCrossEntropy(model.forward(images, { training: true }), target);
        loss.backward();
        return loss;
      });
      optimizer.step(model.weights);
      return await read(loss);
    },
    dispose() {
      for (const one of [model, optimizer, images, target]) one.dispose();
    },
  };
}

function smallCnn(inputShape: readonly number[]): Model {
  const block = (filters: number) => [
    new Conv2D({ filters, kernelSize: 3, padding: 'same', useBias: false }),
    new BatchNormalization(),
    new ReLU(),
    new MaxPooling2D(),
  ];
  return new Sequential([...block(32), ...block(64), new GlobalAveragePooling2D(), new Dense({ units: 7 })], {
    inputShape,
  });
}

function withWeights(model: Model, network: Network): Model {
  const parameters = [...model.weights.values()];
  const weights = weightsOf(network);
  if (parameters.length !== weights.length)
    throw new Error(`${network.name} has ${weights.length} weights but the model ${parameters.length}`);
  weights.forEach(({ values, shape }, i) => {
    using value = tensor(values, shape);
    parameters[i]?.assign(value);
  });
  return model;
}
