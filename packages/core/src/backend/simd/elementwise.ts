/** @file Elementwise kernels. */
import { sizeOf } from '../../shape.ts';
import type { Activation, Backend, BinaryFunction, UnaryFunction } from '../backend.ts';
import { broadcastStrides } from '../walk.ts';
import { ARGUMENTS, MAX_INTEGERS } from './control.ts';
import { pointer, type SimdDevice } from './device.ts';
import { blocks, walk } from './walk.ts';

/** Their numbers in assembly/unary.ts. */
const unaryIds: Record<UnaryFunction, number> = {
  relu: 0,
  relu6: 1,
  sigmoid: 2,
  hardSigmoid: 3,
  tanh: 4,
  swish: 5,
  hardSwish: 6,
  gelu: 7,
  softplus: 8,
  neg: 9,
  exp: 10,
  log: 11,
  sqrt: 12,
  rsqrt: 13,
  square: 14,
  abs: 15,
  sign: 16,
  reciprocal: 17,
  truncate: 18,
  clip: 19,
  leakyRelu: 20,
  elu: 21,
};

/** Their numbers in assembly/binary.ts. */
const binaryIds: Record<BinaryFunction, number> = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  pow: 4,
  maximum: 5,
  minimum: 6,
  equal: 7,
  notEqual: 8,
  less: 9,
  lessEqual: 10,
  greater: 11,
  greaterEqual: 12,
};

/** What a float costs in a kernel that mostly waits for memory, in floating point operations of one that computes. */
export const MEMORY_BOUND = 8;
const PER_FUNCTION = 16;

/** The number by which kernels know the activation that they apply to their results. */
export function activationId(activation: Activation | undefined): number {
  return activation ? unaryIds[activation] : -1;
}

export function elementwiseKernels(
  device: SimdDevice,
): Pick<Backend, 'unary' | 'unaryGrad' | 'binary' | 'binaryScalar' | 'where'> {
  return {
    unary([x], { fn, alpha, beta }, shape) {
      const y = device.allocate(shape);
      const count = sizeOf(shape);
      device.run('unary', {
        integers: [unaryIds[fn], 0, count, pointer(x), y.pointer],
        floats: [alpha, beta],
        items: blocks(count),
        work: count * PER_FUNCTION,
      });
      return y;
    },

    unaryGrad([x, y, dy], { fn, alpha, beta }, shape) {
      const dx = device.allocate(shape);
      const count = sizeOf(shape);
      device.run('unary', {
        integers: [unaryIds[fn], 1, count, pointer(x), dx.pointer, pointer(y), pointer(dy)],
        floats: [alpha, beta],
        items: blocks(count),
        work: count * PER_FUNCTION,
      });
      return dx;
    },

    binary([a, b], { fn }, shape) {
      const y = device.allocate(shape);
      const { integers, items } = walk(fn, shape, broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape));
      device.run('binary', {
        integers: [binaryIds[fn], pointer(a), pointer(b), y.pointer, ...integers],
        items,
        work: sizeOf(shape) * MEMORY_BOUND,
      });
      return y;
    },

    binaryScalar([a], { fn, scalar, scalarFirst }, shape) {
      const y = device.allocate(shape);
      const count = sizeOf(shape);
      // the scalar is an operand of one float, which lies among the kernel's float parameters
      const scalarPointer = 4 * (ARGUMENTS + MAX_INTEGERS);
      device.run('binary', {
        integers: scalarFirst
          ? [binaryIds[fn], scalarPointer, pointer(a), y.pointer, count, 0, 1, 0]
          : [binaryIds[fn], pointer(a), scalarPointer, y.pointer, count, 1, 0, 0],
        floats: [scalar],
        items: blocks(count),
        work: count * MEMORY_BOUND,
      });
      return y;
    },

    where([condition, a, b], _attributes, shape) {
      const y = device.allocate(shape);
      const count = sizeOf(shape);
      device.run('where', {
        integers: [count, pointer(condition), pointer(a), pointer(b), y.pointer],
        items: blocks(count),
        work: count * MEMORY_BOUND,
      });
      return y;
    },
  };
}
