/** @file Activations by name. */
import * as core from '@fer/core';
import { ArgumentError, type Tensor } from '@fer/core';

const functions = {
  linear: (x: Tensor) => x,
  relu: core.relu,
  relu6: core.relu6,
  leakyRelu: (x: Tensor) => core.leakyRelu(x),
  elu: (x: Tensor) => core.elu(x),
  sigmoid: core.sigmoid,
  hardSigmoid: core.hardSigmoid,
  tanh: core.tanh,
  swish: core.swish,
  hardSwish: core.hardSwish,
  gelu: core.gelu,
  softplus: core.softplus,
  softmax: core.softmax,
  logSoftmax: core.logSoftmax,
} as const;

/** The activations that a layer can apply. */
export type ActivationName = keyof typeof functions;

/** Those that a kernel can apply to its result before it is stored. */
const inKernels: ReadonlySet<string> = new Set<core.Activation>([
  'relu',
  'relu6',
  'sigmoid',
  'hardSigmoid',
  'tanh',
  'swish',
  'hardSwish',
  'gelu',
  'softplus',
]);

/** An activation split into what a convolution or product applies itself, and what is left to be done. */
export function inKernel(activation: ActivationName = 'linear'): {
  fused: core.Activation | undefined;
  rest: (x: Tensor) => Tensor;
} {
  const rest = functions[activation];
  if (!rest)
    throw new ArgumentError('Activation', `there is no activation '${activation}', only ${Object.keys(functions)}`);
  return inKernels.has(activation)
    ? { fused: activation as core.Activation, rest: functions.linear }
    : { fused: undefined, rest };
}
