/** @file Kernels that move elements: transpose, broadcast, slice, flip, pad, concat and gather. */
import { at, type Shape, sizeOf, stridesOf } from '../../shape.ts';
import type { Backend, Operand } from '../backend.ts';
import { broadcastStrides } from '../walk.ts';
import { pointer, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import type { SimdBuffer } from './memory.ts';
import { blocks, walk } from './walk.ts';

/** Where an array begins, and its step along each axis of a walk, in floats. */
interface Strided {
  readonly pointer: number;
  readonly offset?: number;
  readonly strides: readonly number[];
}

export function layoutKernels(
  device: SimdDevice,
): Pick<Backend, 'transpose' | 'broadcastTo' | 'slice' | 'flip' | 'pad' | 'concat' | 'gather' | 'gatherGrad'> {
  const copy = (shape: Shape, x: Strided, y: Strided) => {
    const { integers, items } = walk(shape, x.strides, y.strides);
    const start = ({ pointer, offset = 0 }: Strided) => pointer + 4 * offset;
    device.run('copyStrided', {
      integers: [start(x), start(y), 0, 0, ...integers],
      items,
      work: sizeOf(shape) * MEMORY_BOUND,
    });
  };

  /** A new array of this shape, from x by its strides. */
  const gathered = (x: Operand, shape: Shape, strides: readonly number[], offset = 0): SimdBuffer => {
    const y = device.allocate(shape);
    copy(shape, { pointer: pointer(x), offset, strides }, { pointer: y.pointer, strides: stridesOf(shape) });
    return y;
  };

  /** All of x into the array y of this shape, its first element at `begin`. */
  const scatter = (x: Operand, y: SimdBuffer, shape: Shape, begin: readonly number[]) => {
    const strides = stridesOf(shape);
    const target = { pointer: y.pointer, offset: offsetOf(begin, strides), strides };
    copy(x.shape, { pointer: pointer(x), strides: stridesOf(x.shape) }, target);
  };

  return {
    transpose([x], { permutation }, shape) {
      const strides = stridesOf(x.shape);
      return gathered(
        x,
        shape,
        permutation.map((axis) => at(strides, axis)),
      );
    },

    broadcastTo: ([x], _attributes, shape) => gathered(x, shape, broadcastStrides(x.shape, shape)),

    slice([x], { begin }, shape) {
      const strides = stridesOf(x.shape);
      return gathered(x, shape, strides, offsetOf(begin, strides));
    },

    flip([x], { axes }, shape) {
      const strides = stridesOf(shape);
      const last = shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
      const steps = strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
      return gathered(x, shape, steps, offsetOf(last, strides));
    },

    pad([x], { before, value }, shape) {
      const y = device.allocate(shape);
      const count = sizeOf(shape);
      device.run('fill', { integers: [y.pointer, count], floats: [value], items: blocks(count), work: count });
      scatter(x, y, shape, before);
      return y;
    },

    concat(operands, { axis }, shape) {
      const y = device.allocate(shape);
      let start = 0;
      for (const x of operands) {
        scatter(
          x,
          y,
          shape,
          shape.map((_, i) => (i === axis ? start : 0)),
        );
        start += at(x.shape, axis);
      }
      return y;
    },

    gather([x, indices], { outer, length, inner }, shape) {
      const y = device.allocate(shape);
      const count = sizeOf(indices.shape);
      device.run('gather', {
        integers: [pointer(x), pointer(indices), y.pointer, length, inner, count],
        items: outer * count,
        work: sizeOf(shape) * MEMORY_BOUND,
      });
      return y;
    },

    gatherGrad([dy, indices], { outer, length, inner }, shape) {
      const dx = device.allocate(shape);
      const count = sizeOf(indices.shape);
      device.run('gatherGrad', {
        integers: [pointer(dy), pointer(indices), dx.pointer, length, inner, count],
        items: outer,
        work: (sizeOf(shape) + sizeOf(dy.shape)) * MEMORY_BOUND,
      });
      return dx;
    },
  };
}

function offsetOf(position: readonly number[], strides: readonly number[]): number {
  return position.reduce((sum, index, axis) => sum + index * at(strides, axis), 0);
}
