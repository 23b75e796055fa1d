/** @file Activations as ONNX operators. */
import type { ActivationName } from '@fer/layers';
import type { OnnxGraph } from './graph.ts';

type Emit = (graph: OnnxGraph, x: string) => string;

const plain =
  (operator: string): Emit =>
  (graph, x) =>
    graph.node(operator, [x]);

/** By core's definitions. Channels, along which softmax works, are axis 1. */
const ACTIVATIONS: Readonly<Record<ActivationName, Emit>> = {
  linear: (_, x) => x,
  relu: plain('Relu'),
  relu6: (graph, x) => graph.node('Clip', [x, graph.float(0), graph.float(6)]),
  leakyRelu: (graph, x) => graph.node('LeakyRelu', [x], { alpha: { float: 0.2 } }),
  elu: plain('Elu'),
  sigmoid: plain('Sigmoid'),
  hardSigmoid: (graph, x) => graph.node('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  tanh: plain('Tanh'),
  swish: (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  hardSwish: plain('HardSwish'),
  // x (1 + erf(x / sqrt(2))) / 2; the operator Gelu is newer than opset 17
  gelu: (graph, x) => {
    const erf = graph.node('Erf', [graph.node('Mul', [x, graph.float(Math.SQRT1_2)])]);
    const probability = graph.node('Mul', [graph.node('Add', [erf, graph.float(1)]), graph.float(0.5)]);
    return graph.node('Mul', [x, probability]);
  },
  softplus: plain('Softplus'),
  softmax: (graph, x) => graph.node('Softmax', [x], { axis: { int: 1 } }),
  logSoftmax: (graph, x) => graph.node('LogSoftmax', [x], { axis: { int: 1 } }),
};

/** @returns the name of the activated x */
export function emitActivation(graph: OnnxGraph, x: string, activation: ActivationName = 'linear'): string {
  return ACTIVATIONS[activation](graph, x);
}
