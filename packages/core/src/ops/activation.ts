/** @file Activation functions, and softmax. */
import { isRecorded, run } from '../autograd/tape.ts';
import type { Activation } from '../backend/backend.ts';
import type { Tensor } from '../tensor.ts';
import { checkDType, checkFinite, checkRank } from './check.ts';
import { unary } from './elementwise.ts';

/**
 * Runs an operator whose kernel can apply the activation: within, or after it where the tape needs what lies between.
 * @param operator Given what its kernel is to apply.
 */
export function activated(
  inputs: readonly (Tensor | undefined)[],
  activation: Activation | undefined,
  operator: (within: Activation | undefined) => Tensor,
): Tensor {
  if (!activation || !isRecorded(inputs)) return operator(activation);
  return unary(activation, operator(undefined));
}

/** max(x, 0) */
export const relu = (x: Tensor): Tensor => unary('relu', x);
/** min(max(x, 0), 6) (Howard et al. 2017) */
export const relu6 = (x: Tensor): Tensor => unary('relu6', x);
/** 1 / (1 + e^-x) */
export const sigmoid = (x: Tensor): Tensor => unary('sigmoid', x);
/** relu6(x + 3) / 6, as in MobileNetV3 and Keras 3 (Howard et al. 2019) */
export const hardSigmoid = (x: Tensor): Tensor => unary('hardSigmoid', x);
/** (e^x - e^-x) / (e^x + e^-x) */
export const tanh = (x: Tensor): Tensor => unary('tanh', x);
/** x sigmoid(x), also called SiLU (Ramachandran et al. 2017) */
export const swish = (x: Tensor): Tensor => unary('swish', x);
/** x hardSigmoid(x) (Howard et al. 2019) */
export const hardSwish = (x: Tensor): Tensor => unary('hardSwish', x);
/** x times the normal distribution's cumulative probability at x: the exact form, by erf (Hendrycks & Gimpel 2016) */
export const gelu = (x: Tensor): Tensor => unary('gelu', x);
/** log(1 + e^x) */
export const softplus = (x: Tensor): Tensor => unary('softplus', x);

/** x, or alpha x below 0. */
export function leakyRelu(x: Tensor, alpha = 0.2): Tensor {
  checkFinite('leakyRelu', 'alpha', alpha);
  return unary('leakyRelu', x, alpha);
}

/** x, or alpha (e^x - 1) below 0 (Clevert et al. 2015). */
export function elu(x: Tensor, alpha = 1): Tensor {
  checkFinite('elu', 'alpha', alpha);
  return unary('elu', x, alpha);
}

/** e^x divided by its sum along the last axis. @throws ShapeError for a scalar, DTypeError */
export function softmax(x: Tensor): Tensor {
  checkLogits('softmax', x);
  return run('softmax', [x], { log: false }, x.shape);
}

/** The logarithm of softmax, exact also where softmax itself is 0. @throws ShapeError for a scalar, DTypeError */
export function logSoftmax(x: Tensor): Tensor {
  checkLogits('logSoftmax', x);
  return run('softmax', [x], { log: true }, x.shape);
}

function checkLogits(operator: string, x: Tensor): void {
  checkDType(operator, 'x', x);
  if (x.rank === 0) checkRank(operator, 'x', x, 1, 'or more');
}
