/** @file Elementwise kernels. */
import { sameShape } from '../../../shape.ts';
import type { Backend, Buffer } from '../../backend.ts';
import { broadcastStrides, fillAxes, mergeAxes } from '../../walk.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, Thread } from '../dialect.ts';
import { binaryFunctions, unaryFunctions } from './functions.ts';
import { copyStrided } from './layout.ts';
import { cellGrid, floatGrid, named } from './sizes.ts';

type Unary = Thread<object, { f(x: number, alpha: number, beta: number): number }>;

function unary(this: Unary, x: Floats, alpha: number, beta: number): Cell {
  const [x0, x1, x2, x3] = x.cell(this.thread.x);
  return [this.f(x0, alpha, beta), this.f(x1, alpha, beta), this.f(x2, alpha, beta), this.f(x3, alpha, beta)];
}

type UnaryGrad = Thread<object, { df(x: number, y: number, alpha: number, beta: number): number }>;

function unaryGrad(this: UnaryGrad, x: Floats, y: Floats, dy: Floats, alpha: number, beta: number): Cell {
  const [x0, x1, x2, x3] = x.cell(this.thread.x);
  const [y0, y1, y2, y3] = y.cell(this.thread.x);
  const [d0, d1, d2, d3] = dy.cell(this.thread.x);
  return [
    d0 * this.df(x0, y0, alpha, beta),
    d1 * this.df(x1, y1, alpha, beta),
    d2 * this.df(x2, y2, alpha, beta),
    d3 * this.df(x3, y3, alpha, beta),
  ];
}

type Binary<C = object> = Thread<C, { f(a: number, b: number): number }>;

/** Both operands have the result's shape. */
function binary(this: Binary, a: Floats, b: Floats): Cell {
  const [a0, a1, a2, a3] = a.cell(this.thread.x);
  const [b0, b1, b2, b3] = b.cell(this.thread.x);
  return [this.f(a0, b0), this.f(a1, b1), this.f(a2, b2), this.f(a3, b3)];
}

type Broadcast = Binary<{
  n1: number;
  n2: number;
  n3: number;
  a0: number;
  a1: number;
  a2: number;
  a3: number;
  b0: number;
  b1: number;
  b2: number;
  b3: number;
}>;

/** The result's four axes have sizes n0...n3; the operands step by a0...a3 and b0...b3, 0 where they repeat. */
function binaryBroadcast(this: Broadcast, a: Floats, b: Floats): number {
  const i = this.thread.x;
  const i012 = this.divide(i, this.constants.n3);
  const i3 = i - i012 * this.constants.n3;
  const i01 = this.divide(i012, this.constants.n2);
  const i2 = i012 - i01 * this.constants.n2;
  const i0 = this.divide(i01, this.constants.n1);
  const i1 = i01 - i0 * this.constants.n1;
  const left = a.at(i0 * this.constants.a0 + i1 * this.constants.a1 + i2 * this.constants.a2 + i3 * this.constants.a3);
  const right = b.at(i0 * this.constants.b0 + i1 * this.constants.b1 + i2 * this.constants.b2 + i3 * this.constants.b3);
  return this.f(left, right);
}

function binaryScalar(this: Binary, a: Floats, scalar: number): Cell {
  const [a0, a1, a2, a3] = a.cell(this.thread.x);
  return [this.f(a0, scalar), this.f(a1, scalar), this.f(a2, scalar), this.f(a3, scalar)];
}

function scalarBinary(this: Binary, a: Floats, scalar: number): Cell {
  const [a0, a1, a2, a3] = a.cell(this.thread.x);
  return [this.f(scalar, a0), this.f(scalar, a1), this.f(scalar, a2), this.f(scalar, a3)];
}

function where(this: Thread, condition: Floats, a: Floats, b: Floats): Cell {
  const [c0, c1, c2, c3] = condition.cell(this.thread.x);
  const [a0, a1, a2, a3] = a.cell(this.thread.x);
  const [b0, b1, b2, b3] = b.cell(this.thread.x);
  return [c0 === 0 ? b0 : a0, c1 === 0 ? b1 : a1, c2 === 0 ? b2 : a2, c3 === 0 ? b3 : a3];
}

export function elementwiseKernels(
  device: Device,
): Pick<Backend, 'unary' | 'unaryGrad' | 'binary' | 'binaryScalar' | 'where'> {
  return {
    unary: ([x], { fn, alpha, beta }, shape) =>
      device.run({
        kernel: unary,
        inputs: [x.buffer],
        numbers: [alpha, beta],
        functions: { f: unaryFunctions[fn].value },
        ...cellGrid(shape),
      }),

    unaryGrad: ([x, y, dy], { fn, alpha, beta }, shape) =>
      device.run({
        kernel: unaryGrad,
        inputs: [x.buffer, y.buffer, dy.buffer],
        numbers: [alpha, beta],
        functions: { df: unaryFunctions[fn].derivative },
        ...cellGrid(shape),
      }),

    binary([a, b], { fn }, shape) {
      const functions = { f: binaryFunctions[fn] };
      const alike = (left: Buffer, right: Buffer) =>
        device.run({ kernel: binary, inputs: [left, right], functions, ...cellGrid(shape) });
      if (sameShape(a.shape, shape) && sameShape(b.shape, shape)) return alike(a.buffer, b.buffer);
      const walk = mergeAxes(shape, [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)]);
      if (walk.sizes.length > 4) {
        const full = [a, b].map((operand) =>
          copyStrided(device, fn, operand.buffer, shape, { strides: broadcastStrides(operand.shape, shape) }),
        ) as [Buffer, Buffer];
        const result = alike(...full);
        for (const buffer of full) device.release(buffer);
        return result;
      }
      const { sizes, strides } = fillAxes(walk, 4);
      const constants = { ...named('n', sizes), ...named('a', strides[0]), ...named('b', strides[1]) };
      const inputs = [a.buffer, b.buffer];
      return device.run({ kernel: binaryBroadcast, inputs, functions, constants, ...floatGrid(shape) });
    },

    binaryScalar: ([a], { fn, scalar, scalarFirst }, shape) =>
      device.run({
        kernel: scalarFirst ? scalarBinary : binaryScalar,
        inputs: [a.buffer],
        numbers: [scalar],
        functions: { f: binaryFunctions[fn] },
        ...cellGrid(shape),
      }),

    where: ([condition, a, b], _attributes, shape) =>
      device.run({ kernel: where, inputs: [condition.buffer, a.buffer, b.buffer], ...cellGrid(shape) }),
  };
}
