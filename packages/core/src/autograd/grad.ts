/** @file Differentiation of functions, and the comparison of derivatives with finite differences. */
import { tensor } from '../creation.ts';
import { GradientError } from '../errors.ts';
import { keep, tidy } from '../memory.ts';
import { mul } from '../ops/elementwise.ts';
import { sum } from '../ops/reduce.ts';
import { Random } from '../random.ts';
import { formatShape } from '../shape.ts';
import { Parameter, type Tensor } from '../tensor.ts';
import { noGrad } from './tape.ts';

/**
 * The derivative of a scalar function by its first argument: `grad(f)(x)` is df/dx at x.
 * @param fn Returns a scalar computed from its arguments by operators.
 */
export function grad<Rest extends unknown[]>(
  fn: (x: Tensor, ...rest: Rest) => Tensor,
): (x: Tensor, ...rest: Rest) => Tensor {
  return (x, ...rest) =>
    tidy(() => {
      const variable = new Parameter(x);
      try {
        fn(variable, ...rest).backward();
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
  const variables = inputs.map((input) => new Parameter(input));
  const weights = noGrad(() => tidy(() => keep(weightsLike(fn(...variables)))));
  const loss = () => sum(mul(fn(...variables), weights));
  try {
    tidy(() => loss().backward());
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
  } finally {
    for (const disposable of [...variables, weights]) disposable.dispose();
  }
}

/** Different for each element, so that no derivatives cancel. */
function weightsLike(result: Tensor): Tensor {
  const random = new Random(1);
  return tensor(
    Float32Array.from({ length: result.size }, () => random.uniform(0.5, 1.5)),
    result.shape,
  );
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
    using input = tensor(shifted, variable.shape);
    variable.assign(input);
    using result = noGrad(() => tidy(loss));
    return result.item();
  };
  const x = values[j] as number;
  const difference = ((await lossAt(x + epsilon)) - (await lossAt(x - epsilon))) / (2 * epsilon);
  using original = tensor(values, variable.shape);
  variable.assign(original);
  return difference;
}
