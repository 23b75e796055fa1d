/** @file A network as a model of tfjs-layers, on whatever backend tfjs is set to. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { FoldedLayer, Layer, Weights } from './networks.ts';

const toTensor = ({ values, shape }: Weights) => tf.tensor(values, shape);

function convLayers(
  layer: Extract<Layer | FoldedLayer, { kind: 'conv' | 'depthwise' }>,
  x: tfl.SymbolicTensor,
): tfl.SymbolicTensor {
  const [kernelSize, , , last] = layer.filter.shape as [number, number, number, number];
  const bias = 'bias' in layer ? layer.bias : undefined;
  const common = { kernelSize, strides: layer.strides, padding: 'same', useBias: Boolean(bias) } as const;
  const convolution =
    layer.kind === 'conv' ? tfl.layers.conv2d({ ...common, filters: last }) : tfl.layers.depthwiseConv2d(common);
  let output = convolution.apply(x) as tfl.SymbolicTensor;
  convolution.setWeights([toTensor(layer.filter), ...(bias ? [toTensor(bias)] : [])]);
  const norm = 'norm' in layer ? layer.norm : undefined;
  if (norm) {
    const normalization = tfl.layers.batchNormalization({ epsilon: norm.epsilon });
    output = normalization.apply(output) as tfl.SymbolicTensor;
    normalization.setWeights([norm.gamma, norm.beta, norm.mean, norm.variance].map(toTensor));
  }
  if (layer.activation === 'linear') return output;
  const activation = layer.activation === 'relu6' ? tfl.layers.reLU({ maxValue: 6 }) : tfl.layers.reLU();
  return activation.apply(output) as tfl.SymbolicTensor;
}

export function buildModel({
  inputShape,
  layers,
}: {
  inputShape: number[];
  layers: readonly (Layer | FoldedLayer)[];
}): tfl.LayersModel {
  const input = tfl.input({ shape: inputShape });
  const outputs: tfl.SymbolicTensor[] = [];
  for (const layer of layers) {
    const x = outputs.at(-1) ?? input;
    const apply = (
      made: { apply(x: tfl.SymbolicTensor | tfl.SymbolicTensor[]): unknown },
      on: tfl.SymbolicTensor | tfl.SymbolicTensor[] = x,
    ) => outputs.push(made.apply(on) as tfl.SymbolicTensor);
    if (layer.kind === 'conv' || layer.kind === 'depthwise') outputs.push(convLayers(layer, x));
    else if (layer.kind === 'add') apply(tfl.layers.add(), [x, outputs[layer.from] as tfl.SymbolicTensor]);
    else if (layer.kind === 'maxPool') apply(tfl.layers.maxPooling2d({ poolSize: layer.size }));
    else if (layer.kind === 'globalAveragePool') apply(tfl.layers.globalAveragePooling2d({}));
    else if (layer.kind === 'flatten') apply(tfl.layers.flatten());
    else {
      const dense = tfl.layers.dense({ units: layer.bias.shape[0] as number });
      apply(dense);
      dense.setWeights([toTensor(layer.kernel), toTensor(layer.bias)]);
    }
  }
  return tfl.model({ inputs: input, outputs: outputs.at(-1) as tfl.SymbolicTensor });
}
