/** @file Activations by name. */
import * as core from '@fer/core';
import { checkOneOf, composite, type Tensor } from '@fer/core';

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

/** @throws ArgumentError if there is no such activation */
export function checkActivation(label: string, activation: ActivationName): void {
  checkOneOf(label, 'activation', activation, Object.keys(functions) as ActivationName[]);
}

/** Applies an activation. */
export function activate(x: Tensor, activation: ActivationName): Tensor {
  return functions[activation](x);
}

/** An activation as a kernel's option, for those that have it. */
export function inKernel(activation: ActivationName): core.Activation | undefined {
  return core.isActivation(activation) ? activation : undefined;
}

/** The result of a kernel on these inputs after an activation: the kernel's own if it has it, else one step more. */
export function activated(
  activation: ActivationName = 'linear',
  inputs: readonly (Tensor | undefined)[],
  kernel: (activation: core.Activation | undefined) => Tensor,
): Tensor {
  const own = inKernel(activation);
  return own ? kernel(own) : composite(inputs, () => activate(kernel(undefined), activation));
}
