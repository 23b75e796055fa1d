/** @file Kernels that move elements: transpose, broadcast, slice, flip, pad, concat and gather. */
import { at, type Shape, sizeOf, stridesOf } from '../../../shape.ts';
import type { Backend, Buffer, Operand } from '../../backend.ts';
import {
  broadcastStrides,
  checkAxes,
  fillAxes,
  flippedSteps,
  mergeAxes,
  type Steps,
  slicedSteps,
  transposedSteps,
} from '../../walk.ts';
import type { Device } from '../device.ts';
import type { Floats, Thread } from '../dialect.ts';
import { floatGrid, named } from './sizes.ts';

type Six<Prefix extends string> = Record<`${Prefix}${0 | 1 | 2 | 3 | 4 | 5}`, number>;

/** A walk over x: the result's axes have sizes n0...n5, and each steps by s0...s5 through x from `offset` on. */
function stridedCopy(this: Thread<Six<'n'> & Six<'s'> & { offset: number }>, x: Floats): number {
  const i = this.thread.x;
  const i01234 = this.divide(i, this.constants.n5);
  const i5 = i - i01234 * this.constants.n5;
  const i0123 = this.divide(i01234, this.constants.n4);
  const i4 = i01234 - i0123 * this.constants.n4;
  const i012 = this.divide(i0123, this.constants.n3);
  const i3 = i0123 - i012 * this.constants.n3;
  const i01 = this.divide(i012, this.constants.n2);
  const i2 = i012 - i01 * this.constants.n2;
  const i0 = this.divide(i01, this.constants.n1);
  const i1 = i01 - i0 * this.constants.n1;
  const outer = i0 * this.constants.s0 + i1 * this.constants.s1 + i2 * this.constants.s2;
  return x.at(this.constants.offset + outer + i3 * this.constants.s3 + i4 * this.constants.s4 + i5 * this.constants.s5);
}

type PadAxis = { outerSize: number; before: number; size: number; inner: number };

/** One axis at a time: x as [outer, size, inner] within [outer, outerSize, inner]. */
function padAxis(this: Thread<PadAxis>, x: Floats, value: number): number {
  const i = this.thread.x;
  const row = this.divide(i, this.constants.inner);
  const column = i - row * this.constants.inner;
  const outer = this.divide(row, this.constants.outerSize);
  const position = row - outer * this.constants.outerSize - this.constants.before;
  const inside = position >= 0 && position < this.constants.size;
  const kept = inside ? position : 0;
  const element = x.at((outer * this.constants.size + kept) * this.constants.inner + column);
  return inside ? element : value;
}

/** a as [outer, rowA] and b as [outer, rowB], side by side. */
function concatPair(this: Thread<{ rowA: number; rowB: number }>, a: Floats, b: Floats): number {
  const i = this.thread.x;
  const outer = this.divide(i, this.constants.rowA + this.constants.rowB);
  const column = i - outer * (this.constants.rowA + this.constants.rowB);
  const first = column < this.constants.rowA;
  const left = a.at(outer * this.constants.rowA + (first ? column : 0));
  const right = b.at(outer * this.constants.rowB + (first ? 0 : column - this.constants.rowA));
  return first ? left : right;
}

type Gather = Thread<{ count: number; size: number; inner: number }>;

/** `nothing` is NaN, which WGSL has no literal for. */
function gather(this: Gather, x: Floats, indices: Floats, nothing: number): number {
  const i = this.thread.x;
  const row = this.divide(i, this.constants.inner);
  const column = i - row * this.constants.inner;
  const outer = this.divide(row, this.constants.count);
  const index = indices.at(row - outer * this.constants.count);
  const inside = index >= 0 && index < this.constants.size;
  const element = x.at((outer * this.constants.size + (inside ? index : 0)) * this.constants.inner + column);
  return inside ? element : nothing;
}

/** Each element of x collects the gradients of every place that it was gathered to. */
function gatherGrad(this: Gather, dy: Floats, indices: Floats): number {
  const i = this.thread.x;
  const row = this.divide(i, this.constants.inner);
  const column = i - row * this.constants.inner;
  const outer = this.divide(row, this.constants.size);
  const index = row - outer * this.constants.size;
  let total = 0;
  for (let j = 0; j < this.constants.count; j++) {
    if (indices.at(j) === index) {
      total += dy.at((outer * this.constants.count + j) * this.constants.inner + column);
    }
  }
  return total;
}

const MAX_AXES = 6;

/** A tensor of this shape, of what lies at these steps through a buffer. */
export function copyStrided(
  device: Device,
  operator: string,
  buffer: Buffer,
  shape: Shape,
  { strides, offset = 0 }: Steps,
): Buffer {
  const walk = mergeAxes(shape, [strides]);
  checkAxes(operator, walk, MAX_AXES);
  const merged = fillAxes(walk, MAX_AXES);
  const constants = { ...named('n', merged.sizes), ...named('s', merged.strides[0]), offset };
  return device.run({ kernel: stridedCopy, inputs: [buffer], constants, ...floatGrid(shape) });
}

export function layoutKernels(
  device: Device,
): Pick<Backend, 'transpose' | 'broadcastTo' | 'slice' | 'flip' | 'pad' | 'concat' | 'gather' | 'gatherGrad'> {
  const copy = (operator: string, x: Operand, shape: Shape, steps: Steps = { strides: stridesOf(x.shape) }) =>
    copyStrided(device, operator, x.buffer, shape, steps);

  const join = (a: Operand, b: Operand, axis: number): Operand => {
    const shape = a.shape.with(axis, at(a.shape, axis) + at(b.shape, axis));
    const constants = { rowA: sizeOf(a.shape.slice(axis)), rowB: sizeOf(b.shape.slice(axis)) };
    return {
      shape,
      buffer: device.run({ kernel: concatPair, inputs: [a.buffer, b.buffer], constants, ...floatGrid(shape) }),
    };
  };

  return {
    transpose: ([x], { permutation }, shape) => copy('transpose', x, shape, transposedSteps(x.shape, permutation)),
    broadcastTo: ([x], _attributes, shape) =>
      copy('broadcastTo', x, shape, { strides: broadcastStrides(x.shape, shape) }),
    slice: ([x], { begin }, shape) => copy('slice', x, shape, slicedSteps(x.shape, begin)),
    flip: ([x], { axes }, shape) => copy('flip', x, shape, flippedSteps(x.shape, axes)),

    pad([x], { before, value }, shape) {
      const axes = shape.flatMap((size, axis) => (size === x.shape[axis] ? [] : [axis]));
      if (axes.length === 0) return copy('pad', x, shape);
      return throughSteps(device, x, axes, (partial, axis) => {
        const grown = partial.shape.with(axis, at(shape, axis));
        const inner = sizeOf(grown.slice(axis + 1));
        const constants = { outerSize: at(shape, axis), before: at(before, axis), size: at(x.shape, axis), inner };
        return {
          shape: grown,
          buffer: device.run({
            kernel: padAxis,
            inputs: [partial.buffer],
            constants,
            numbers: [value],
            ...floatGrid(grown),
          }),
        };
      });
    },

    concat([first, ...others], { axis }) {
      if (!first) throw new RangeError('concat needs an operand');
      if (others.length === 0) return copy('concat', first, first.shape);
      return throughSteps(device, first, others, (partial, next) => join(partial, next, axis));
    },

    gather: ([x, indices], { length, inner }, shape) =>
      device.run({
        kernel: gather,
        inputs: [x.buffer, indices.buffer],
        numbers: [Number.NaN],
        constants: { count: sizeOf(indices.shape), size: length, inner },
        ...floatGrid(shape),
      }),

    gatherGrad: ([dy, indices], { length, inner }, shape) =>
      device.run({
        kernel: gatherGrad,
        inputs: [dy.buffer, indices.buffer],
        constants: { count: sizeOf(indices.shape), size: length, inner },
        ...floatGrid(shape),
      }),
  };
}

/** Runs one step after another and releases what lies between them. */
function throughSteps<Step>(
  device: Device,
  start: Operand,
  steps: readonly Step[],
  run: (partial: Operand, step: Step) => Operand,
): Buffer {
  let partial = start;
  for (const step of steps) {
    const next = run(partial, step);
    if (partial !== start) device.release(partial.buffer);
    partial = next;
  }
  return partial.buffer;
}
