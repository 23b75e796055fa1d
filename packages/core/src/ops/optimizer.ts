/**
 * @file Optimizer steps: each updates a parameter, and the optimizer's state for it, by the parameter's gradient. In
 * their formulas w is the parameter, g its gradient, lr the learning rate, t the step; the state has w's shape, and
 * starts as zeros.
 */
import { commonBackend } from '../autograd/tape.ts';
import type { AdamSettings, Backend, RmspropSettings, SgdSettings, UpdateKernels } from '../backend/backend.ts';
import { ArgumentError, GradientError, ShapeError } from '../errors.ts';
import { formatShape, sameShape } from '../shape.ts';
import { Parameter, type Tensor } from '../tensor.ts';
import { checkFinite, checkInteger, checkTensor } from './check.ts';

/**
 * Stochastic gradient descent, in Keras' form: v = momentum v - lr g; then w += v, or w += momentum v - lr g with
 * Nesterov.
 * @param velocity v; needed if the momentum is not 0
 * @throws GradientError without a gradient; ArgumentError, ShapeError, DisposedError, BackendError
 */
export function sgdUpdate(weights: Parameter, velocity: Parameter | undefined, settings: SgdSettings): void {
  checkNumbers('sgd', settings);
  if (settings.momentum !== 0) checkState('sgdUpdate', 'velocity', velocity, ` for momentum ${settings.momentum}`);
  update('sgd', weights, { velocity }, settings);
}

/**
 * Adam (Kingma & Ba 2015), in Keras' form, or AdamW (Loshchilov & Hutter 2019) with decoupled weight decay:
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon).
 * @throws GradientError without a gradient; ArgumentError, ShapeError, DisposedError, BackendError
 */
export function adamUpdate(weights: Parameter, m: Parameter, v: Parameter, settings: AdamSettings): void {
  moments('adam', weights, { m, v }, settings);
}

/**
 * Adam's form for the maximum norm (Kingma & Ba 2015, section 7.1): m as there; u = max(beta2 u, |g|);
 * w -= lr / (1 - beta1^t) m / (u + epsilon).
 * @throws GradientError without a gradient; ArgumentError, ShapeError, DisposedError, BackendError
 */
export function adamaxUpdate(weights: Parameter, m: Parameter, u: Parameter, settings: AdamSettings): void {
  moments('adamax', weights, { m, u }, settings);
}

function moments(
  kernelName: 'adam' | 'adamax',
  weights: Parameter,
  state: Readonly<Record<string, Parameter>>,
  settings: AdamSettings,
): void {
  const operator = `${kernelName}Update`;
  checkNumbers(kernelName, settings);
  checkDecays(operator, settings);
  checkInteger(operator, 'step', settings.step, 1);
  for (const [name, value] of Object.entries(state)) checkState(operator, name, value);
  update(kernelName, weights, state, settings);
}

/**
 * RMSProp (Tieleman & Hinton 2012), in TensorFlow's form: s = rho s + (1 - rho) g^2; centered also keeps
 * a = rho a + (1 - rho) g and takes s - a^2 in place of s; v = momentum v + lr g / sqrt(s + epsilon); w -= v.
 * @param state s; a, needed if centered; v, needed if the momentum is not 0
 * @throws GradientError without a gradient; ArgumentError, ShapeError, DisposedError, BackendError
 */
export function rmspropUpdate(
  weights: Parameter,
  {
    meanSquare,
    meanGradient,
    velocity,
  }: { meanSquare: Parameter; meanGradient?: Parameter | undefined; velocity?: Parameter | undefined },
  settings: RmspropSettings,
): void {
  checkNumbers('rmsprop', settings);
  checkState('rmspropUpdate', 'meanSquare', meanSquare);
  if (settings.momentum !== 0) checkState('rmspropUpdate', 'velocity', velocity, ` for momentum ${settings.momentum}`);
  if (settings.centered) checkState('rmspropUpdate', 'meanGradient', meanGradient, ' for centered');
  update('rmsprop', weights, { meanSquare, meanGradient, velocity }, settings);
}

function checkState(operator: string, name: string, value: unknown, reason = ''): asserts value is Parameter {
  if (!(value instanceof Parameter))
    throw new ArgumentError(operator, `${name} must be a parameter${reason} but is ${value}`);
}

type Settings<K extends keyof UpdateKernels> = Parameters<UpdateKernels[K]>[1];
type Numbers<T> = { readonly [Name in keyof T as T[Name] extends number ? Name : never]-?: true };

const rates = { learningRate: true, weightDecay: true } as const;
const adam = { ...rates, beta1: true, beta2: true, epsilon: true, step: true } as const;

/** The settings that are numbers, all of which must be given. */
const numbers: { readonly [K in keyof UpdateKernels]: Numbers<Settings<K>> } = {
  sgd: { ...rates, momentum: true },
  adam,
  adamax: adam,
  rmsprop: { ...rates, rho: true, momentum: true, epsilon: true },
};

/** All would be left of what was, and nothing to correct the bias by. */
function checkDecays(operator: string, { beta1, beta2 }: { readonly beta1: number; readonly beta2: number }): void {
  for (const [name, value] of Object.entries({ beta1, beta2 }))
    if (!(value >= 0 && value < 1))
      throw new ArgumentError(operator, `${name} must be at least 0 and below 1 but is ${value}`);
}

function checkNumbers<K extends keyof UpdateKernels>(kernelName: K, settings: Settings<K>): void {
  const operator = `${kernelName}Update`;
  for (const name of Object.keys(numbers[kernelName]))
    checkFinite(operator, name, (settings as unknown as Record<string, number>)[name] as number);
}

function update<K extends keyof UpdateKernels>(
  kernelName: K,
  weights: Parameter,
  state: Readonly<Record<string, Parameter | undefined>>,
  settings: Settings<K>,
): void {
  const operator = `${kernelName}Update`;
  const gradient = checkStep(operator, weights, state);
  const states = Object.values(state);
  const backend: Backend = commonBackend(operator, [weights, gradient, ...states]);
  const updated = [weights, ...states].filter((parameter) => parameter !== undefined);
  for (const parameter of updated) parameter.own();
  const kernel = backend[kernelName] as (operands: object, settings: object) => object[];
  const buffers = kernel([weights, gradient, ...states], settings);
  updated.forEach((parameter, i) => {
    parameter.replaceBuffer(buffers[i] as object);
  });
}

/** @returns the gradient */
function checkStep(
  operator: string,
  weights: Parameter,
  state: Readonly<Record<string, Parameter | undefined>>,
): Tensor {
  checkState(operator, 'weights', weights);
  const { grad: gradient } = weights;
  if (!gradient) {
    throw new GradientError(
      operator,
      `the parameter ${formatShape(weights.shape)} has no gradient; call backward() first`,
    );
  }
  for (const [name, value] of Object.entries({ gradient, ...state })) {
    if (!value) continue;
    checkTensor(operator, name, value);
    if (!sameShape(value.shape, weights.shape))
      throw new ShapeError(
        operator,
        `${name} must be ${formatShape(weights.shape)}, as the weights, but is ${formatShape(value.shape)}`,
      );
  }
  return gradient;
}
