/** @file Optimizer steps: each updates a parameter, and the optimizer's state for it, by the parameter's gradient. */

import { commonBackend } from '../autograd/tape.ts';
import type { Backend, UpdateKernels } from '../backend/backend.ts';
import { ArgumentError, GradientError, ShapeError } from '../errors.ts';
import { formatShape, sameShape } from '../shape.ts';
import type { Parameter, Tensor } from '../tensor.ts';
import { checkFinite, checkInteger } from './check.ts';

type Hyper<K extends keyof UpdateKernels> = Parameters<UpdateKernels[K]>[1];

/** The state, each tensor of it shaped like the parameter. */
type State = readonly (Parameter | undefined)[];

function update<K extends keyof UpdateKernels>(
  operator: K,
  weights: Parameter,
  gradient: Tensor | undefined,
  state: State,
  hyper: Hyper<K>,
): void {
  if (!gradient)
    throw new GradientError(
      operator,
      `the parameter ${formatShape(weights.shape)} has no gradient; call backward() first`,
    );
  for (const [name, value] of Object.entries(hyper)) if (typeof value === 'number') checkFinite(operator, name, value);
  for (const other of [gradient, ...state]) {
    if (other && !sameShape(other.shape, weights.shape)) {
      throw new ShapeError(
        operator,
        `the gradient and the state must be ${formatShape(weights.shape)} but one is ${formatShape(other.shape)}`,
      );
    }
  }
  const backend: Backend = commonBackend(operator, [weights, gradient, ...state]);
  const updated = [weights, ...state].filter((parameter) => parameter !== undefined);
  for (const parameter of updated) parameter.own();
  const kernel = backend[operator] as (operands: object, hyper: object) => object[];
  const buffers = kernel([weights, gradient, ...state], hyper);
  updated.forEach((parameter, i) => {
    parameter.replaceBuffer(buffers[i] as object);
  });
}

function checkState(operator: string, name: string, tensor: Parameter | undefined, reason: string): void {
  if (!tensor) throw new ArgumentError(operator, `${name} must be a parameter for ${reason} but is undefined`);
}

/** Stochastic gradient descent. The velocity is needed if the momentum is not 0. See UpdateKernels.sgd. */
export function sgdUpdate(weights: Parameter, velocity: Parameter | undefined, hyper: Hyper<'sgd'>): void {
  if (hyper.momentum !== 0) checkState('sgd', 'velocity', velocity, `momentum ${hyper.momentum}`);
  update('sgd', weights, weights.grad, [velocity], hyper);
}

/** Adam, or AdamW with decoupled weight decay. See UpdateKernels.adam. */
export function adamUpdate(weights: Parameter, m: Parameter, v: Parameter, hyper: Hyper<'adam'>): void {
  checkInteger('adam', 'step', hyper.step, 1);
  update('adam', weights, weights.grad, [m, v], hyper);
}

/** Adamax. See UpdateKernels.adamax. */
export function adamaxUpdate(weights: Parameter, m: Parameter, u: Parameter, hyper: Hyper<'adamax'>): void {
  checkInteger('adamax', 'step', hyper.step, 1);
  update('adamax', weights, weights.grad, [m, u], hyper);
}

/** RMSProp. The mean gradient is needed if centered, the velocity if the momentum is not 0. See UpdateKernels.rmsprop. */
export function rmspropUpdate(
  weights: Parameter,
  state: { meanSquare: Parameter; meanGradient?: Parameter | undefined; velocity?: Parameter | undefined },
  hyper: Hyper<'rmsprop'>,
): void {
  if (hyper.momentum !== 0) checkState('rmsprop', 'velocity', state.velocity, `momentum ${hyper.momentum}`);
  if (hyper.centered) checkState('rmsprop', 'meanGradient', state.meanGradient, 'centered');
  update('rmsprop', weights, weights.grad, [state.meanSquare, state.meanGradient, state.velocity], hyper);
}
