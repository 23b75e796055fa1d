/** @file Kernels that move elements: transpose, broadcast, slice, flip, pad, concat and gather. */
import { at, type Shape, sizeOf, stridesOf } from '../../shape.ts';
import type { Backend, Operand } from '../backend.ts';
import { broadcastStrides, flippedSteps, type Steps, slicedSteps, transposedSteps } from '../walk.ts';
import { pointer, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import type { SimdBuffer } from './memory.ts';
import { blocks, walk } from './walk.ts';

/** Where an array begins, and how it is walked through, in floats. */
interface Strided extends Steps {
  readonly pointer: number;
}

export function layoutKernels(
  device: SimdDevice,
): Pick<Backend, 'transpose' | 'broadcastTo' | 'slice' | 'flip' | 'pad' | 'concat' | 'gather' | 'gatherGrad'> {
  const copy = (operator: string, shape: Shape, x: Strided, y: Strided) => {
    const { integers, items } = walk(operator, shape, x.strides, y.strides);
    const start = ({ pointer, offset = 0 }: Strided) => pointer + 4 * offset;
    device.run('copyStrided', {
      integers: [start(x), start(y), 0, 0, ...integers],
      items,
      work: sizeOf(shape) * MEMORY_BOUND,
    });
  };

  /** A new array of this shape, from x by these steps. */
  const gathered = (operator: string, x: Operand, shape: Shape, steps: Steps): SimdBuffer => {
    const y = device.allocate(shape);
    copy(operator, shape, { pointer: pointer(x), ...steps }, { pointer: y.pointer, strides: stridesOf(shape) });
    return y;
  };

  /** All of x into the array y of this shape, its first element at `begin`. */
  const scatter = (operator: string, x: Operand, y: SimdBuffer, shape: Shape, begin: readonly number[]) => {
    const target = { pointer: y.pointer, ...slicedSteps(shape, begin) };
    copy(operator, x.shape, { pointer: pointer(x), strides: stridesOf(x.shape) }, target);
  };

  return {
    transpose: ([x], { permutation }, shape) => gathered('transpose', x, shape, transposedSteps(x.shape, permutation)),
    broadcastTo: ([x], _attributes, shape) =>
      gathered('broadcastTo', x, shape, { strides: broadcastStrides(x.shape, shape) }),
    slice: ([x], { begin }, shape) => gathered('slice', x, shape, slicedSteps(x.shape, begin)),
    flip: ([x], { axes }, shape) => gathered('flip', x, shape, flippedSteps(x.shape, axes)),

    pad([x], { before, value }, shape) {
      const y = device.allocate(shape);
      const count = sizeOf(shape);
      device.run('fill', { integers: [y.pointer, count], floats: [value], items: blocks(count), work: count });
      scatter('pad', x, y, shape, before);
      return y;
    },

    concat(operands, { axis }, shape) {
      const y = device.allocate(shape);
      let start = 0;
      for (const x of operands) {
        const begin = shape.map((_, i) => (i === axis ? start : 0));
        scatter('concat', x, y, shape, begin);
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
