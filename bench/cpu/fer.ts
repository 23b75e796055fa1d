/** @file Engine: this library. */
import * as fer from '@fer/core';
import { type Case, imagesFor, labels, networkOf, values } from './cases.ts';
import { type Run, serve } from './engine.ts';
import { type FoldedConv, foldNorms, type Layer, type Network, type Weights } from './networks.ts';

const activations = { relu: fer.relu, relu6: fer.relu6 };

const toTensor = ({ values, shape }: Weights) => fer.tensor(values, shape);
const result = async (output: fer.Tensor, read: boolean) => {
  const data = read || backend !== 'simd' ? ((await output.data()) as Float32Array) : undefined;
  output.dispose();
  return data;
};

function kernelRun(work: Extract<Case, { kind: 'matMul' | 'conv2d' | 'depthwise' }>): Run {
  if (work.kind === 'matMul') {
    const [a, b] = [1, 2].map((seed) => fer.tensor(values(work.size ** 2, seed), [work.size, work.size])) as [
      fer.Tensor,
      fer.Tensor,
    ];
    return (read) => result(fer.matMul(a, b), read);
  }
  const channels = work.input[3];
  const x = fer.tensor(
    values(
      work.input.reduce((p, n) => p * n),
      1,
    ),
    work.input,
  );
  const shape =
    work.kind === 'conv2d' ? [work.kernelSize, work.kernelSize, channels, work.filters] : [3, 3, channels, 1];
  const filter = fer.tensor(
    values(
      shape.reduce((p, n) => p * n),
      2,
    ),
    shape,
  );
  const convolve = work.kind === 'conv2d' ? fer.conv2d : fer.depthwiseConv2d;
  return (read) => result(convolve(x, filter, { strides: work.strides, padding: 'same' }), read);
}

function inference(network: Network, batch: number): Run {
  const layers = foldNorms(network).map((layer) => {
    if (layer.kind === 'conv' || layer.kind === 'depthwise') return fusedConv(layer);
    if (layer.kind === 'dense') {
      const [kernel, bias] = [toTensor(layer.kernel), toTensor(layer.bias)];
      return (x: fer.Tensor) => fer.matMul(x, kernel, { bias });
    }
    return (x: fer.Tensor, earlier: fer.Tensor[]) => plainLayer(layer, x, earlier);
  });
  const x = fer.tensor(imagesFor(network, batch), [batch, ...network.inputShape]);
  const forward = () => forwardThrough(layers, x);
  return (read) =>
    result(
      fer.noGrad(() => fer.tidy(forward)),
      read,
    );
}

type Step = (x: fer.Tensor, earlier: fer.Tensor[]) => fer.Tensor;

/** The result of the last layer. */
function forwardThrough(layers: readonly Step[], x: fer.Tensor): fer.Tensor {
  const results: fer.Tensor[] = [];
  for (const layer of layers) results.push(layer(results.at(-1) ?? x, results));
  return results.at(-1) as fer.Tensor;
}

function fusedConv({ kind, filter, bias, strides, activation }: FoldedConv) {
  const weights = toTensor(filter);
  const options = {
    strides,
    padding: 'same',
    bias: toTensor(bias),
    activation: activation === 'linear' ? undefined : activation,
  } as const;
  return (x: fer.Tensor) => (kind === 'conv' ? fer.conv2d : fer.depthwiseConv2d)(x, weights, options);
}

function plainLayer(
  layer: Exclude<Layer, { kind: 'conv' | 'depthwise' | 'dense' }>,
  x: fer.Tensor,
  earlier: fer.Tensor[],
): fer.Tensor {
  switch (layer.kind) {
    case 'add':
      return fer.add(x, earlier[layer.from] as fer.Tensor);
    case 'maxPool':
      return fer.maxPool2d(x, { poolSize: layer.size });
    case 'globalAveragePool':
      return fer.globalAveragePool2d(x);
    case 'flatten':
      return fer.reshape(x, [x.shape[0] as number, -1]);
  }
}

/** One step of Adam on the cross-entropy, batch-norm in training form; returns the loss. */
function training(network: Network, batch: number): Run {
  const parameters: fer.Parameter[] = [];
  const parameter = (weights: Weights) => {
    parameters.push(new fer.Parameter(toTensor(weights)));
    return parameters.at(-1) as fer.Parameter;
  };
  const layers = network.layers.map((layer) => {
    if (layer.kind === 'dense') {
      const [kernel, bias] = [parameter(layer.kernel), parameter(layer.bias)];
      return (x: fer.Tensor) => fer.matMul(x, kernel, { bias });
    }
    if (layer.kind !== 'conv' && layer.kind !== 'depthwise')
      return (x: fer.Tensor, earlier: fer.Tensor[]) => plainLayer(layer, x, earlier);
    const filter = parameter(layer.filter);
    const norm = layer.norm && {
      gamma: parameter(layer.norm.gamma),
      beta: parameter(layer.norm.beta),
      epsilon: layer.norm.epsilon,
    };
    return (x: fer.Tensor) => {
      const convolved = (layer.kind === 'conv' ? fer.conv2d : fer.depthwiseConv2d)(x, filter, {
        strides: layer.strides,
        padding: 'same',
      });
      const normed = norm ? fer.batchNormTraining(convolved, norm.gamma, norm.beta, norm).output : convolved;
      return layer.activation === 'linear' ? normed : activations[layer.activation](normed);
    };
  });
  const x = fer.tensor(imagesFor(network, batch), [batch, ...network.inputShape]);
  const target = fer.tensor(labels(batch), [batch], 'int32');
  const state = parameters.map(
    ({ shape }) =>
      [0, 1].map(() => new fer.Parameter(fer.zeros(shape), { trainable: false })) as [fer.Parameter, fer.Parameter],
  );
  let step = 0;
  return (read) => {
    step++;
    const loss = fer.tidy(() => {
      const loss = fer.softmaxCrossEntropy(forwardThrough(layers, x), target);
      loss.backward();
      parameters.forEach((parameter, i) => {
        const [m, v] = state[i] as [fer.Parameter, fer.Parameter];
        fer.adamUpdate(parameter, m, v, {
          learningRate: 1e-3,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-7,
          weightDecay: 0,
          decoupled: false,
          step,
        });
        parameter.zeroGrad();
      });
      return loss;
    });
    return result(loss, read);
  };
}

const backend = await fer.setBackend('auto');
serve({
  description: `fer ${backend}${backend === 'simd' ? `, ${process.env.FER_THREADS ?? 'all'} threads` : ''}`,
  async prepare(work) {
    if (work.kind === 'inference') return inference(networkOf(work.network), work.batch);
    if (work.kind === 'training') return training(networkOf(work.network), work.batch);
    return kernelRun(work);
  },
});
