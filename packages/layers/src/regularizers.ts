/** @file What a large weight costs. */
import {
  ArgumentError,
  abs,
  add,
  checkRange,
  composite,
  mul,
  type Parameter,
  square,
  sum,
  type Tensor,
} from '@fer/core';

/** l1 times the sum of magnitudes plus l2 times the sum of squares, as in Keras; each 0 unless given. */
export interface Regularizer {
  readonly l1?: number;
  readonly l2?: number;
}

/** @param label Of the layer, for messages. @throws ArgumentError for anything else, and for factors below 0 */
export function checkRegularizer(label: string, regularizer: Regularizer | undefined): void {
  if (regularizer === undefined) return;
  const { l1 = 0, l2 = 0, ...others } = regularizer;
  if (typeof regularizer !== 'object' || Object.keys(others).length > 0)
    throw new ArgumentError(label, `a regularizer is { l1, l2 } but came ${JSON.stringify(regularizer)}`);
  for (const [name, factor] of Object.entries({ l1, l2 })) checkRange(label, name, factor, 0, Number.MAX_VALUE);
}

/** The cost of a weight, a scalar. */
export function penalty({ l1 = 0, l2 = 0 }: Regularizer, weight: Parameter): Tensor {
  return composite([weight], () => {
    if (l2 === 0) return mul(sum(abs(weight)), l1);
    const squares = mul(sum(square(weight)), l2);
    return l1 === 0 ? squares : add(mul(sum(abs(weight)), l1), squares);
  });
}
