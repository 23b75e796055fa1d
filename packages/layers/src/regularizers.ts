/** @file What a large weight costs. */
import { abs, add, mul, type Parameter, square, sum, type Tensor } from '@fer/core';

/** l1 times the sum of magnitudes plus l2 times the sum of squares, as in Keras. */
export interface Regularizer {
  readonly l1?: number;
  readonly l2?: number;
}

/** The cost of a weight, a scalar. */
export function penalty({ l1 = 0, l2 = 0 }: Regularizer, weight: Parameter): Tensor {
  const squares = mul(sum(square(weight)), l2);
  return l1 === 0 ? squares : add(mul(sum(abs(weight)), l1), squares);
}
