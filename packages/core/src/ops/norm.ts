/** @file Normalisation. */
import { composite, compute, noGrad, run } from '../autograd/tape.ts';
import type { BatchNormAttributes, LrnAttributes } from '../backend/backend.ts';
import { ArgumentError } from '../errors.ts';
import { at } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { checkDType, checkFinite, checkImages, checkInteger, checkRank, checkVector } from './check.ts';
import { slice, squeeze, stack } from './shape.ts';

export interface BatchNormOptions {
  /** 0.001 unless given, as in Keras. */
  readonly epsilon?: number;
}

/**
 * Batch normalisation in its inference form: (x - mean) / sqrt(variance + epsilon) * gamma + beta, channel by channel.
 * The mean and the variance are constants: gradients flow to x, gamma and beta.
 * @param x [..., C]; the others [C]
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function batchNorm(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { epsilon = 1e-3 }: BatchNormOptions = {},
): Tensor {
  checkBatchNorm('batchNorm', x, { mean, variance, gamma, beta }, epsilon);
  return composite([x, gamma, beta], () => {
    const moments = noGrad(() => stack([mean, variance]));
    return run('batchNorm', [x, moments, gamma, beta], { epsilon, training: false }, x.shape);
  });
}

/**
 * Batch normalisation in its training form, by the batch's own mean and (biased) variance over all axes but the last
 * (Ioffe & Szegedy 2015).
 * @param x [..., C]; the others [C]
 * @returns the normalised x, and the batch's mean and variance [C], which carry no gradient
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function batchNormTraining(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { epsilon = 1e-3 }: BatchNormOptions = {},
): { output: Tensor; mean: Tensor; variance: Tensor } {
  checkBatchNorm('batchNormTraining', x, { gamma, beta }, epsilon);
  const moments = channelMoments(x);
  const output = run('batchNorm', [x, moments, gamma, beta], { epsilon, training: true }, x.shape);
  const result = { output, mean: row(moments, 0), variance: row(moments, 1) };
  if (!output.node) moments.dispose();
  return result;
}

function checkBatchNorm(operator: string, x: Tensor, vectors: Record<string, Tensor>, epsilon: number): void {
  checkDType(operator, 'x', x);
  if (x.rank < 2) checkRank(operator, 'x', x, 2, 'or more');
  for (const [name, vector] of Object.entries(vectors)) checkVector(operator, name, vector, at(x.shape, -1));
  if (!(epsilon > 0)) throw new ArgumentError(operator, `epsilon must be positive but is ${epsilon}`);
  checkFinite(operator, 'epsilon', epsilon);
}

/** [2, C]: means and biased variances over all axes but the last. */
function channelMoments(x: Tensor): Tensor {
  const shape = [2, at(x.shape, -1)];
  return compute('channelMoments', [x], shape, (backend) => backend.channelMoments([x], {}, shape));
}

/** Row i of a matrix, as a vector. */
export function row(matrix: Tensor, i: number): Tensor {
  return composite([matrix], () => squeeze(slice(matrix, [i, 0], [1, -1]), 0));
}

/** The derivatives of batchNorm by gamma and beta, as the rows of [2, C]. */
export function batchNormGradParameters(
  x: Tensor,
  moments: Tensor,
  dy: Tensor,
  attributes: BatchNormAttributes,
): Tensor {
  const operands: [Tensor, Tensor, Tensor] = [x, moments, dy];
  return compute('batchNormGradParameters', operands, moments.shape, (backend) =>
    backend.batchNormGradParameters(operands, attributes, moments.shape),
  );
}

/** The derivative of batchNorm by x. */
export function batchNormGradInput(
  x: Tensor,
  moments: Tensor,
  gamma: Tensor,
  dy: Tensor,
  gradParameters: Tensor,
  attributes: BatchNormAttributes,
): Tensor {
  const operands: [Tensor, Tensor, Tensor, Tensor, Tensor] = [x, moments, gamma, dy, gradParameters];
  return compute('batchNormGradInput', operands, x.shape, (backend) =>
    backend.batchNormGradInput(operands, attributes, x.shape),
  );
}

/**
 * x / (bias + alpha * s)^beta, s being the sum of x^2 over the channels within depthRadius (Krizhevsky et al. 2012, in
 * TensorFlow's form, where alpha is not divided by the number of channels).
 * @param x [N, H, W, C]
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function localResponseNormalization(
  x: Tensor,
  { depthRadius = 5, bias = 1, alpha = 1, beta = 0.5 }: Partial<LrnAttributes> = {},
): Tensor {
  checkImages('localResponseNormalization', x);
  checkInteger('localResponseNormalization', 'depthRadius', depthRadius, 0);
  for (const [name, value] of Object.entries({ bias, alpha, beta }))
    checkFinite('localResponseNormalization', name, value);
  return run('localResponseNormalization', [x], { depthRadius, bias, alpha, beta }, x.shape);
}

/** The derivative of localResponseNormalization. */
export function localResponseNormalizationGrad(x: Tensor, dy: Tensor, attributes: LrnAttributes): Tensor {
  const operands: [Tensor, Tensor] = [x, dy];
  return compute('localResponseNormalizationGrad', operands, x.shape, (backend) =>
    backend.localResponseNormalizationGrad(operands, attributes, x.shape),
  );
}
