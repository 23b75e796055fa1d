/** @file Reductions, and softmax. */
import { at, type Shape, sizeOf } from '../../shape.ts';
import type { Backend, Reduction } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import type { SimdBuffer } from './memory.ts';
import { blocks } from './walk.ts';

/** Their numbers in assembly/reduce.ts. */
const foldIds: Record<Exclude<Reduction, 'argMax'>, number> = { sum: 0, max: 1, min: 2 };

/** Floats of an item at most: longer axes are reduced in parts, which threads can share. */
const MAX_PART = 16_384;

/** What an exponential costs, in floating point operations. */
const EXPONENTIAL = 32;

export function reduceKernels(device: SimdDevice): Pick<Backend, 'reduce' | 'softmax'> {
  return {
    reduce([x], { fn, outer, length, inner }, shape) {
      const y = device.allocate(shape);
      const work = outer * length * inner * MEMORY_BOUND;
      if (fn === 'argMax') {
        device.run('argMax', { integers: [pointer(x), y.pointer, length, inner], items: outer * inner, work });
        return y;
      }
      const partLength = Math.max(Math.ceil(MAX_PART / inner), 2);
      const pass = (from: number, to: number, size: number, parts: number) =>
        device.run('reduce', {
          integers: [foldIds[fn], from, to, size, inner, parts, partLength],
          items: outer * parts,
          work: outer * size * inner * MEMORY_BOUND,
        });
      let source: SimdBuffer | undefined;
      for (let size = length; ; ) {
        const parts = Math.ceil(size / partLength);
        const target = parts === 1 ? y : device.allocate([outer, parts, inner]);
        pass(source?.pointer ?? pointer(x), target.pointer, size, parts);
        if (source) device.release(source);
        if (parts === 1) return y;
        source = target;
        size = parts;
      }
    },

    softmax([x], { log }, shape) {
      const y = device.allocate(shape);
      const classes = at(shape, -1);
      device.run('softmax', {
        integers: [pointer(x), y.pointer, classes, Number(log)],
        items: sizeOf(shape) / classes,
        work: sizeOf(shape) * EXPONENTIAL,
      });
      return y;
    },
  };
}

/** Fills `result` with the sum of arrays of this shape, of which `compute` writes `parts` one after another. */
export function sumParts(
  device: SimdDevice,
  parts: number,
  shape: Shape,
  result: SimdBuffer,
  compute: (sums: number) => void,
): void {
  if (parts === 1) {
    compute(result.pointer);
    return;
  }
  const sums = device.allocate([parts, ...shape]);
  compute(sums.pointer);
  const count = sizeOf(shape);
  device.run('sumParts', {
    integers: [parts, count, sums.pointer, result.pointer],
    items: blocks(count),
    work: parts * count * MEMORY_BOUND,
  });
  device.release(sums);
}
