/** @file Differentiation of functions, and the comparison of derivatives with finite differences. */
import { drawn, fromNumbers } from '../creation.ts';
import { GradientError } from '../errors.ts';
import { keep, tidy } from '../memory.ts';
import { mul } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import { Random } from '../random.ts';
import { formatShape } from '../shape.ts';
import { Parameter, type Tensor } from '../tensor.ts';
import { backward, noGrad } from './tape.ts';

/**
 * The derivative of a scalar function by its first argument: `grad(f)(x)` is df/dx at x. Other parameters collect
 * nothing.
 * @param fn Returns a scalar computed from its arguments by operators.
 * @throws GradientError if the result is no scalar or does not depend on the first argument, DTypeError if that is
 * int32
 */
export function grad<Rest extends unknown[]>(
  fn: (x: Tensor, ...rest: Rest) => Tensor,
): (x: Tensor, ...rest: Rest) => Tensor {
  return (x, ...rest) =>
    tidy(() => {
      const variable = new Parameter(x);
      try {
        backward(fn(variable, ...rest), new Set([variable]));
        if (!variable.grad) throw new GradientError('grad', 'the result does not depend on the first argument');
        return mul(variable.grad, 1);
      } finally {
        variable.dispose();
      }
    });
}

export interface GradientCheckOptions {
  /** Step of the central differences; 1e-2 unless given, for float32 needs a wide one. */
  readonly epsilon?: number;
  /** Largest accepted difference, absolute or relative to the derivative, whichever is wider; 1e-2 unless given. */
  readonly tolerance?: number;
}

/**
 * Compares the derivatives of `fn` by each input with central differences, (f(x + h) - f(x - h)) / 2h. A result of many
 * elements is first reduced to a weighted sum. Keep inputs away from kinks, such as 0 for relu.
 * @returns the largest difference that was found
 * @throws GradientError that tells input, element and both derivatives, if they differ by more than the tolerance
 */
export async function gradientCheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { epsilon = 1e-2, tolerance = 1e-2 }: GradientCheckOptions = {},
): Promise<number> {
  const variables: Parameter[] = [];
  try {
    for (const input of inputs) variables.push(new Parameter(input));
    return await worstDifference(fn, variables, epsilon, tolerance);
  } finally {
    for (const variable of variables) variable.dispose();
  }
}

async function worstDifference(
  fn: (...inputs: Tensor[]) => Tensor,
  variables: readonly Parameter[],
  epsilon: number,
  tolerance: number,
): Promise<number> {
  using weights = noGrad(() => tidy(() => keep(weightsLike(fn(...variables)))));
  const loss = () => sum(mul(fn(...variables), weights));
  tidy(() => backward(loss(), new Set(variables)));
  let worst = 0;
  for (const [i, variable] of variables.entries()) {
    const analytic = variable.grad ? await variable.grad.data() : new Float32Array(variable.size);
    const values = await variable.data();
    for (let j = 0; j < values.length; j++) {
      const numeric = await centralDifference(loss, variable, values as Float32Array, j, epsilon);
      const derivative = analytic[j] as number;
      const difference = Math.abs(derivative - numeric) / Math.max(1, Math.abs(numeric));
      if (!(difference <= tolerance)) {
        throw new GradientError(
          'gradientCheck',
          `input ${i} ${formatShape(variable.shape)}, element ${j}: derivative ${derivative}, but differences give ${numeric}`,
        );
      }
      worst = Math.max(worst, difference);
    }
  }
  return worst;
}

/** Different for each element, so that no derivatives cancel. */
function weightsLike(result: Tensor): Tensor {
  const random = new Random(1);
  return drawn('gradientCheck', result.shape, () => random.uniform(0.5, 1.5), result.backend);
}

/** A tensor of these values, where the variable is. */
function like({ shape, backend }: Parameter, values: Float32Array): Tensor {
  return fromNumbers('gradientCheck', values, shape, 'float32', backend);
}

async function centralDifference(
  loss: () => Tensor,
  variable: Parameter,
  values: Float32Array,
  j: number,
  epsilon: number,
): Promise<number> {
  const lossAt = async (value: number) => {
    const shifted = values.slice();
    shifted[j] = value;
    using input = like(variable, shifted);
    variable.assign(input);
    using result = noGrad(() => tidy(loss));
    return await result.item();
  };
  const x = values[j] as number;
  const difference = ((await lossAt(x + epsilon)) - (await lossAt(x - epsilon))) / (2 * epsilon);
  using original = like(variable, values);
  variable.assign(original);
  return difference;
}
