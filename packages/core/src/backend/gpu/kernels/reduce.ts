/** @file Reductions, and softmax. */
import { at, sizeOf } from '../../../shape.ts';
import type { AxisView, Backend, Buffer, Reduction } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, Helpers, ScalarFunction, Thread } from '../dialect.ts';
import { binaryFunctions } from './functions.ts';
import { cellGrid, floatGrid } from './sizes.ts';

type Fold = Thread<
  { length: number; inner: number; parts: number; partLength: number },
  { fold(a: number, b: number): number }
>;

/** x as [outer, length, inner] to [outer, parts, inner]: each part folds partLength elements, or what is left of them. */
function reduce(this: Fold, x: Floats): number {
  const i = this.thread.x;
  const row = this.divide(i, this.constants.inner);
  const column = i - row * this.constants.inner;
  const outer = this.divide(row, this.constants.parts);
  const first = (row - outer * this.constants.parts) * this.constants.partLength;
  const start = outer * this.constants.length;
  let result = x.at((start + first) * this.constants.inner + column);
  for (let j = 1; j < this.constants.partLength; j++) {
    if (first + j < this.constants.length) {
      result = this.fold(result, x.at((start + first + j) * this.constants.inner + column));
    }
  }
  return result;
}

/** The same with `inner` in cells. */
function reduceCells(this: Fold, x: Floats): Cell {
  const row = this.divide(this.thread.x, this.constants.inner);
  const column = this.thread.x - row * this.constants.inner;
  const outer = this.divide(row, this.constants.parts);
  const first = (row - outer * this.constants.parts) * this.constants.partLength;
  const start = outer * this.constants.length;
  const [x0, x1, x2, x3] = x.cell((start + first) * this.constants.inner + column);
  let r0 = x0;
  let r1 = x1;
  let r2 = x2;
  let r3 = x3;
  for (let j = 1; j < this.constants.partLength; j++) {
    if (first + j < this.constants.length) {
      const [y0, y1, y2, y3] = x.cell((start + first + j) * this.constants.inner + column);
      r0 = this.fold(r0, y0);
      r1 = this.fold(r1, y1);
      r2 = this.fold(r2, y2);
      r3 = this.fold(r3, y3);
    }
  }
  return [r0, r1, r2, r3];
}

function argMax(this: Thread<{ length: number; inner: number }>, x: Floats): number {
  const i = this.thread.x;
  const outer = this.divide(i, this.constants.inner);
  const start = outer * this.constants.length * this.constants.inner + (i - outer * this.constants.inner);
  let best = x.at(start);
  let position = 0;
  for (let j = 1; j < this.constants.length; j++) {
    const candidate = x.at(start + j * this.constants.inner);
    if (candidate > best) {
      best = candidate;
      position = j;
    }
  }
  return position;
}

/** The largest of a row, and the logarithm of the sum of e^(x - largest): [rows, 2]. */
function softmaxStatistics(this: Thread<{ classes: number }>, x: Floats): number {
  const row = this.divide(this.thread.x, 2);
  const start = row * this.constants.classes;
  let largest = x.at(start);
  for (let j = 1; j < this.constants.classes; j++) {
    largest = Math.max(largest, x.at(start + j));
  }
  let total = 0;
  for (let j = 0; j < this.constants.classes; j++) {
    total += this.exp(x.at(start + j) - largest);
  }
  return this.thread.x === row * 2 ? largest : this.log(total);
}

type Softmax = Thread<{ classes: number }, { output(logProbability: number): number }>;

function softmax(this: Softmax, x: Floats, statistics: Floats): number {
  const row = this.divide(this.thread.x, this.constants.classes);
  return this.output(x.at(this.thread.x) - statistics.at(row * 2) - statistics.at(row * 2 + 1));
}

const folds: Record<Exclude<Reduction, 'argMax'>, ScalarFunction> = {
  sum: (a, b) => a + b,
  max: binaryFunctions.maximum,
  min: binaryFunctions.minimum,
};

const logarithm: ScalarFunction = (y) => y;
const probability: ScalarFunction = function (this: Helpers, y) {
  return this.exp(y);
};

/** Elements that one thread folds. Longer axes take several passes, which also keeps the rounding errors of sums small. */
export const MAX_PART = 64;

export function reduceKernels(device: Device): Pick<Backend, 'reduce' | 'softmax'> {
  /** One pass: from [outer, length, inner] to [outer, parts, inner]. */
  const pass = (x: Buffer, { outer, length, inner }: AxisView, fold: ScalarFunction, parts: number): Buffer => {
    const constants = { length, parts, partLength: Math.ceil(length / parts) };
    const shape = [outer, parts, inner];
    const call = { inputs: [x], functions: { fold } };
    return inner % 4 === 0
      ? device.run({ ...call, kernel: reduceCells, constants: { ...constants, inner: inner / 4 }, ...cellGrid(shape) })
      : device.run({ ...call, kernel: reduce, constants: { ...constants, inner }, ...floatGrid(shape) });
  };

  return {
    reduce([x], { fn, outer, length, inner }) {
      if (fn === 'argMax') {
        return device.run({
          kernel: argMax,
          inputs: [x.buffer],
          constants: { length, inner },
          grid: [outer * inner],
          length: outer * inner,
        });
      }
      let buffer = x.buffer;
      let remaining = length;
      do {
        const parts = Math.ceil(remaining / MAX_PART);
        const next = pass(buffer, { outer, length: remaining, inner }, folds[fn], parts);
        if (buffer !== x.buffer) device.release(buffer);
        buffer = next;
        remaining = parts;
      } while (remaining > 1);
      return buffer;
    },

    softmax([x], { log }, shape) {
      const classes = at(shape, -1);
      const length = sizeOf(shape);
      const rows = length / classes;
      const statistics = device.run({
        kernel: softmaxStatistics,
        inputs: [x.buffer],
        constants: { classes },
        grid: [rows * 2],
        length: rows * 2,
      });
      const functions = { output: log ? logarithm : probability };
      const result = device.run({
        kernel: softmax,
        inputs: [x.buffer, statistics],
        constants: { classes },
        functions,
        grid: [length],
        length,
      });
      device.release(statistics);
      return result;
    },
  };
}
