/** @file Elementwise arithmetic and comparisons, with NumPy's broadcasting. */
import { composite, constant, noGrad, run, view } from '../autograd/tape.ts';
import type { BinaryFunction, UnaryFunction } from '../backend/backend.ts';
import { ArgumentError, DTypeError } from '../errors.ts';
import { broadcastShapes, sameShape } from '../shape.ts';
import type { DType, Tensor } from '../tensor.ts';
import { checkDType, checkFinite, checkOneOf, checkTensor } from './check.ts';
import { broadcastTo } from './shape.ts';

/** Runs an elementwise function of one float32 tensor. */
export function unary(fn: UnaryFunction, x: Tensor, alpha = 0, beta = 0): Tensor {
  checkDType(fn, 'x', x);
  return run('unary', [x], { fn, alpha, beta }, x.shape);
}

/** -x */
export const neg = (x: Tensor): Tensor => unary('neg', x);
/** e^x */
export const exp = (x: Tensor): Tensor => unary('exp', x);
/** The natural logarithm. */
export const log = (x: Tensor): Tensor => unary('log', x);
/** The square root; NaN below 0. */
export const sqrt = (x: Tensor): Tensor => unary('sqrt', x);
/** 1 / sqrt(x) */
export const rsqrt = (x: Tensor): Tensor => unary('rsqrt', x);
/** x^2 */
export const square = (x: Tensor): Tensor => unary('square', x);
/** |x|; its derivative at 0 is 0. */
export const abs = (x: Tensor): Tensor => unary('abs', x);
/** -1, 0 or 1; its derivative is 0. */
export const sign = (x: Tensor): Tensor => unary('sign', x);
/** 1 / x */
export const reciprocal = (x: Tensor): Tensor => unary('reciprocal', x);

/**
 * x limited to [minimum, maximum]; its derivative is 1 within, limits included, and 0 outside.
 * @throws ArgumentError, DTypeError
 */
export function clip(x: Tensor, minimum: number, maximum: number): Tensor {
  if (!(minimum <= maximum))
    throw new ArgumentError('clip', `minimum must not exceed maximum but they are ${minimum} and ${maximum}`);
  return unary('clip', x, minimum, maximum);
}

/** Runs an elementwise function of two tensors, or of a tensor and a number, which cannot both be numbers. */
function binary(
  fn: BinaryFunction,
  a: Tensor | number,
  b: Tensor | number,
  dtypes: readonly DType[] = ['float32'],
): Tensor {
  if (typeof a === 'number' && typeof b === 'number') throw new ArgumentError(fn, 'one of a and b must be a tensor');
  for (const [name, operand] of Object.entries({ a, b })) {
    if (typeof operand === 'number') checkFinite(fn, name, operand);
    else {
      checkTensor(fn, name, operand);
      if (!dtypes.includes(operand.dtype))
        throw new DTypeError(fn, `${name} must be ${dtypes.join(' or ')} but is ${operand.dtype} (use cast)`);
    }
  }
  if (typeof b === 'number')
    return run('binaryScalar', [a as Tensor], { fn, scalar: b, scalarFirst: false }, (a as Tensor).shape);
  if (typeof a === 'number') return run('binaryScalar', [b], { fn, scalar: a, scalarFirst: true }, b.shape);
  return run('binary', [a, b], { fn }, broadcastShapes(fn, a.shape, b.shape));
}

/** a + b */
export const add = (a: Tensor | number, b: Tensor | number): Tensor => binary('add', a, b);
/** a - b */
export const sub = (a: Tensor | number, b: Tensor | number): Tensor => binary('sub', a, b);
/** a b, element by element */
export const mul = (a: Tensor | number, b: Tensor | number): Tensor => binary('mul', a, b);
/** a / b */
export const div = (a: Tensor | number, b: Tensor | number): Tensor => binary('div', a, b);
/** a^b; negative a with an integer b as in Math.pow. The derivative by b is defined for a > 0. */
export const pow = (a: Tensor | number, b: Tensor | number): Tensor => binary('pow', a, b);
/** The larger of both; where they are equal, the gradient goes to a. */
export const maximum = (a: Tensor | number, b: Tensor | number): Tensor => binary('maximum', a, b);
/** The smaller of both; where they are equal, the gradient goes to a. */
export const minimum = (a: Tensor | number, b: Tensor | number): Tensor => binary('minimum', a, b);

function compare(fn: BinaryFunction, a: Tensor | number, b: Tensor | number): Tensor {
  return noGrad(() => binary(fn, a, b, ['float32', 'int32']));
}

/** 1 where a = b, else 0, as float32. Comparisons have no gradient. */
export const equal = (a: Tensor | number, b: Tensor | number): Tensor => compare('equal', a, b);
/** 1 where a differs from b, else 0, as float32. */
export const notEqual = (a: Tensor | number, b: Tensor | number): Tensor => compare('notEqual', a, b);
/** 1 where a < b, else 0, as float32. */
export const less = (a: Tensor | number, b: Tensor | number): Tensor => compare('less', a, b);
/** 1 where a <= b, else 0, as float32. */
export const lessEqual = (a: Tensor | number, b: Tensor | number): Tensor => compare('lessEqual', a, b);
/** 1 where a > b, else 0, as float32. */
export const greater = (a: Tensor | number, b: Tensor | number): Tensor => compare('greater', a, b);
/** 1 where a >= b, else 0, as float32. */
export const greaterEqual = (a: Tensor | number, b: Tensor | number): Tensor => compare('greaterEqual', a, b);

/**
 * Elements of `a` where `condition` is not 0, else of `b`, after broadcasting all three. The condition, of any type,
 * carries no gradient.
 * @throws ShapeError, DTypeError
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  checkTensor('where', 'condition', condition);
  checkDType('where', 'a', a);
  checkDType('where', 'b', b);
  const shape = broadcastShapes('where', broadcastShapes('where', a.shape, b.shape), condition.shape);
  const fit = (tensor: Tensor) => (sameShape(tensor.shape, shape) ? tensor : broadcastTo(tensor, shape));
  return composite([a, b], () => run('where', [fit(constant(condition)), fit(a), fit(b)], {}, shape));
}

/**
 * The same numbers as another type; to int32 by dropping the fraction. Integers have no gradient. What is no integer of
 * at most 2^24 even then, such as NaN, cannot be read from an int32 tensor.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensor('cast', 'x', x);
  checkOneOf('cast', 'dtype', dtype, ['float32', 'int32']);
  if (dtype === 'int32' && x.dtype === 'float32')
    return run('unary', [x], { fn: 'truncate', alpha: 0, beta: 0 }, x.shape, 'int32');
  return view(x, x.shape, dtype);
}
