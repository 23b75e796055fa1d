/** @file Reductions, and softmax. */
import { at, type Shape, sizeOf } from '../../shape.ts';
import type { AxisView, Backend, Reduction } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import type { SimdBuffer } from './memory.ts';
import { blocks } from './walk.ts';

/** Their numbers in assembly/reduce.ts. */
const foldIds: Record<Exclude<Reduction, 'argMax'>, number> = { sum: 0, max: 1, min: 2 };

/** Columns of an item. */
const STRIP = 256;

/** Floats that are worth an item, and items that an axis is split for. */
const MIN_ITEM = 16_384;
const MAX_ITEMS = 64;

/** Elements of an axis that an item folds at most, in rows of columns or in a single row: sums of more would lose precision. */
const MAX_ROWS = 1024;
const MAX_ROW = 65_536;

/** What an exponential costs, in floating point operations. */
const EXPONENTIAL = 32;

export function reduceKernels(device: SimdDevice): Pick<Backend, 'reduce' | 'softmax'> {
  return {
    reduce([x], { fn, outer, length, inner }, shape) {
      const y = device.allocate(shape);
      if (fn === 'argMax') {
        device.run('argMax', {
          integers: [pointer(x), y.pointer, length, inner],
          items: outer * inner,
          work: outer * length * inner * MEMORY_BOUND,
        });
        return y;
      }
      let source: SimdBuffer | undefined;
      for (let size = length; ; ) {
        const partLength = partLengthOf({ outer, length: size, inner });
        const parts = Math.ceil(size / partLength);
        const target = parts === 1 ? y : device.allocate([outer, parts, inner]);
        device.run('reduce', {
          integers: [foldIds[fn], source?.pointer ?? pointer(x), target.pointer, size, inner, parts, partLength, STRIP],
          items: outer * parts * Math.ceil(inner / STRIP),
          work: outer * size * inner * MEMORY_BOUND,
        });
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

/** Elements of an axis for one item: few enough that there are items for all threads, where that is worth it. */
function partLengthOf({ outer, length, inner }: AxisView): number {
  const around = outer * Math.ceil(inner / STRIP);
  const wanted = Math.max(Math.ceil(MIN_ITEM / Math.min(inner, STRIP)), Math.ceil((length * around) / MAX_ITEMS));
  return Math.min(wanted, inner === 1 ? MAX_ROW : MAX_ROWS);
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
