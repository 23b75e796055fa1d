/** @file What a large weight costs. */
import { abs, add, checkRange, composite, mul, type Parameter, square, sum, type Tensor } from '@fer/core';

/** l1 times the sum of magnitudes plus l2 times the sum of squares, as in Keras; each 0 unless given. */
export interface Regularizer {
  readonly l1?: number;
  readonly l2?: number;
}

/** The cost of a weight, a scalar. @throws ArgumentError for negative factors */
export function penalty({ l1 = 0, l2 = 0 }: Regularizer, weight: Parameter): Tensor {
  checkRange('regularizer', 'l1', l1, 0, Number.MAX_VALUE);
  checkRange('regularizer', 'l2', l2, 0, Number.MAX_VALUE);
  return composite([weight], () => {
    if (l2 === 0) return mul(sum(abs(weight)), l1);
    const squares = mul(sum(square(weight)), l2);
    return l1 === 0 ? squares : add(mul(sum(abs(weight)), l1), squares);
  });
}
