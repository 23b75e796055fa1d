/**
 * @file THE GRADIENT TABLE: for each operator, how the derivative of the loss by its result (dy) becomes the derivatives
 * by its operands. Each is a function, called only if that operand needs it; `null` means that there is none.
 */
import type { BinaryFunction } from '../backend/backend.ts';
import { GradientError } from '../errors.ts';
import { conv2dGradFilter, conv2dGradInput, depthwiseConv2dGradFilter, depthwiseConv2dGradInput } from '../ops/conv.ts';
import {
  add,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  mul,
  neg,
  notEqual,
  pow,
  sub,
} from '../ops/elementwise.ts';
import { affineTransformGrad, resizeGrad } from '../ops/image.ts';
import { matMulGradients } from '../ops/matmul.ts';
import { batchNormGradInput, batchNormGradParameters, localResponseNormalizationGrad, row } from '../ops/norm.ts';
import { avgPool2dGrad, maxPool2dGrad } from '../ops/pool.ts';
import { sum } from '../ops/reduce.ts';
import { broadcastTo, flip, pad, reshape, slice, transpose } from '../ops/shape.ts';
import { at, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { type Attributes, compute, type Inputs, type OperatorName } from './tape.ts';

export type GradientRule<K extends OperatorName> = (
  context: { readonly inputs: Inputs<K>; readonly attributes: Attributes<K>; readonly output: Tensor },
  dy: Tensor,
) => readonly ((() => Tensor) | null)[];

export const gradients: { readonly [K in OperatorName]: GradientRule<K> } = {
  unary: ({ inputs: [x], attributes, output }, dy) => [
    () =>
      compute('unaryGrad', [x, output, dy], x.shape, (backend) =>
        backend.unaryGrad([x, output, dy], attributes, x.shape),
      ),
  ],
  binary: ({ inputs: [a, b], attributes, output }, dy) => {
    const [byA, byB] = binaryDerivatives[attributes.fn];
    return [() => sumTo(byA(dy, a, b, output), a.shape), () => sumTo(byB(dy, a, b, output), b.shape)];
  },
  binaryScalar: ({ inputs: [x], attributes: { fn, scalar, scalarFirst }, output }, dy) => {
    const [byA, byB] = binaryDerivatives[fn];
    return [() => (scalarFirst ? byB(dy, scalar, x, output) : byA(dy, x, scalar, output))];
  },
  where: ({ inputs: [condition] }, dy) => [
    null,
    () => mul(dy, notEqual(condition, 0)),
    () => mul(dy, equal(condition, 0)),
  ],

  matMul: ({ inputs: [a, b], attributes }, dy) => {
    const { byA, byB } = matMulGradients(a, b, attributes, dy);
    return [byA, byB, () => sum(dy, [0, 1])];
  },
  conv2d: ({ inputs: [x, filter], attributes }, dy) => [
    () => conv2dGradInput(dy, filter, attributes),
    () => conv2dGradFilter(x, dy, attributes),
    () => sum(dy, [0, 1, 2]),
  ],
  depthwiseConv2d: ({ inputs: [x, filter], attributes }, dy) => [
    () => depthwiseConv2dGradInput(dy, filter, attributes),
    () => depthwiseConv2dGradFilter(x, dy, attributes),
    () => sum(dy, [0, 1, 2]),
  ],
  maxPool2d: ({ inputs: [x], attributes, output }, dy) => [() => maxPool2dGrad(x, output, dy, attributes)],
  avgPool2d: ({ attributes }, dy) => [() => avgPool2dGrad(dy, attributes)],

  batchNorm: ({ inputs: [x, moments, gamma], attributes }, dy) => {
    // one pass over x and dy serves all three
    const parameters = batchNormGradParameters(x, moments, dy, attributes);
    return [
      () => batchNormGradInput(x, moments, gamma, dy, parameters, attributes),
      null,
      () => row(parameters, 0),
      () => row(parameters, 1),
    ];
  },
  localResponseNormalization: ({ inputs: [x], attributes }, dy) => [
    () => localResponseNormalizationGrad(x, dy, attributes),
  ],
  reduce: ({ inputs: [x], attributes: { fn, outer, length, inner }, output }, dy) => {
    const spread = (values: Tensor) => broadcastTo(reshape(values, [outer, 1, inner]), [outer, length, inner]);
    if (fn === 'sum') return [() => reshape(spread(dy), x.shape)];
    if (fn === 'argMax') return [null];
    return [
      () => {
        const winners = equal(reshape(x, [outer, length, inner]), spread(output));
        const share = div(reshape(dy, [outer, 1, inner]), sum(winners, 1, true));
        return reshape(mul(winners, share), x.shape);
      },
    ];
  },
  softmax: ({ attributes: { log: logarithm }, output: y }, dy) => [
    // softmax: y (dy - sum(dy y)); its logarithm: dy - e^y sum(dy)
    () => (logarithm ? sub(dy, mul(exp(y), sum(dy, -1, true))) : mul(y, sub(dy, sum(mul(dy, y), -1, true)))),
  ],

  reshape: ({ inputs: [x] }, dy) => [() => reshape(dy, x.shape)],
  transpose: ({ attributes: { permutation } }, dy) => [
    () =>
      transpose(
        dy,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
  ],
  broadcastTo: ({ inputs: [x] }, dy) => [() => sumTo(dy, x.shape)],
  slice: ({ inputs: [x], attributes: { begin } }, dy) => [
    () =>
      pad(
        dy,
        begin.map((before, axis) => [before, at(x.shape, axis) - before - at(dy.shape, axis)] as const),
      ),
  ],
  pad: ({ inputs: [x], attributes: { before } }, dy) => [() => slice(dy, before, x.shape)],
  flip: ({ attributes: { axes } }, dy) => [() => flip(dy, axes)],
  concat: ({ inputs, attributes: { axis } }, dy) => {
    let start = 0;
    return inputs.map(({ shape }) => {
      const begin = shape.map((_, i) => (i === axis ? start : 0));
      start += at(shape, axis);
      return () => slice(dy, begin, shape);
    });
  },
  gather: ({ inputs: [x, indices], attributes }, dy) => [
    () =>
      compute('gatherGrad', [dy, indices], x.shape, (backend) =>
        backend.gatherGrad([dy, indices], attributes, x.shape),
      ),
    null,
  ],

  resize: ({ inputs: [x], attributes }, dy) => [() => resizeGrad(dy, x.shape, attributes)],
  affineTransform: ({ inputs: [x, matrices], attributes }, dy) => [
    () => affineTransformGrad(dy, matrices, x.shape, attributes),
    null,
  ],
};

type Operand = Tensor | number;
type BinaryDerivative<A, B> = (dy: Tensor, a: A, b: B, y: Tensor) => Tensor;

/** The derivatives of f(a, b) by a and by b, before broadcasting is undone. One of a and b may be a number. */
const binaryDerivatives: Record<
  BinaryFunction,
  readonly [BinaryDerivative<Tensor, Operand>, BinaryDerivative<Operand, Tensor>]
> = {
  add: [(dy) => dy, (dy) => dy],
  sub: [(dy) => dy, (dy) => neg(dy)],
  mul: [(dy, _a, b) => mul(dy, b), (dy, a) => mul(dy, a)],
  div: [(dy, _a, b) => div(dy, b), (dy, _a, b, y) => neg(div(mul(dy, y), b))],
  pow: [
    // where b is 0 the derivative is 0 whatever the power, which must be finite then
    (dy, a, b) => mul(dy, mul(pow(a, typeof b === 'number' ? b - Number(b !== 0) : sub(b, notEqual(b, 0))), b)),
    // where a is 0 the derivative is 0, too
    (dy, a, _b, y) => mul(mul(dy, y), typeof a === 'number' ? logOfBase(a) : log(add(a, equal(a, 0)))),
  ],
  maximum: [(dy, a, b) => mul(dy, greaterEqual(a, b)), (dy, a, b) => mul(dy, less(a, b))],
  minimum: [(dy, a, b) => mul(dy, lessEqual(a, b)), (dy, a, b) => mul(dy, greater(a, b))],
  equal: [step, step],
  notEqual: [step, step],
  less: [step, step],
  lessEqual: [step, step],
  greater: [step, step],
  greaterEqual: [step, step],
};

function logOfBase(base: number): number {
  if (base < 0) throw new GradientError('pow', `exponents have no derivative for the base ${base}, which is below 0`);
  return Math.log(base || 1);
}

/** Comparisons are never recorded, so nothing asks for their derivative. */
function step(): never {
  throw new GradientError('backward', 'comparisons have no derivative');
}

/** Undoes broadcasting: sums the axes that an operand of this shape did not have, or had with size 1. */
function sumTo(dy: Tensor, shape: Shape): Tensor {
  const added = dy.rank - shape.length;
  const axes = dy.shape.flatMap((size, axis) =>
    axis < added || (shape[axis - added] === 1 && size !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? dy : reshape(sum(dy, axes), shape);
}
