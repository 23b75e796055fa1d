/** @file Matrix products. */
import type { Backend, MatMulAttributes } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, Thread } from '../dialect.ts';
import { epilogue } from './functions.ts';

type Epilogue = { f(x: number, alpha: number, beta: number): number };

/** In cells: the lengths of the rows of A and B and of the matrices (0 if one serves the whole batch). */
type CellSizes = { k4: number; n4: number; matrixA: number; matrixB: number; hasBias: number };

/** A [m, k] by B [k, n]: four columns of the result a thread, four steps along k a turn. */
function matMulCells(this: Thread<CellSizes, Epilogue>, a: Floats, b: Floats, bias: Floats): Cell {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < this.constants.k4; i++) {
    const [a0, a1, a2, a3] = a.cell(this.thread.z * this.constants.matrixA + this.thread.y * this.constants.k4 + i);
    const [p0, p1, p2, p3] = b.cell(this.thread.z * this.constants.matrixB + i * 4 * this.constants.n4 + this.thread.x);
    const [q0, q1, q2, q3] = b.cell(
      this.thread.z * this.constants.matrixB + (i * 4 + 1) * this.constants.n4 + this.thread.x,
    );
    const [r0, r1, r2, r3] = b.cell(
      this.thread.z * this.constants.matrixB + (i * 4 + 2) * this.constants.n4 + this.thread.x,
    );
    const [t0, t1, t2, t3] = b.cell(
      this.thread.z * this.constants.matrixB + (i * 4 + 3) * this.constants.n4 + this.thread.x,
    );
    s0 += a0 * p0 + a1 * q0 + a2 * r0 + a3 * t0;
    s1 += a0 * p1 + a1 * q1 + a2 * r1 + a3 * t1;
    s2 += a0 * p2 + a1 * q2 + a2 * r2 + a3 * t2;
    s3 += a0 * p3 + a1 * q3 + a2 * r3 + a3 * t3;
  }
  const [b0, b1, b2, b3] = bias.cell(this.thread.x);
  return [
    this.f(this.constants.hasBias === 1 ? s0 + b0 : s0, 0, 0),
    this.f(this.constants.hasBias === 1 ? s1 + b1 : s1, 0, 0),
    this.f(this.constants.hasBias === 1 ? s2 + b2 : s2, 0, 0),
    this.f(this.constants.hasBias === 1 ? s3 + b3 : s3, 0, 0),
  ];
}

/** In floats: steps through A and B along the rows (m), k, the columns (n) and the batch. */
type FloatSizes = {
  m: number;
  n: number;
  k: number;
  rowA: number;
  stepA: number;
  matrixA: number;
  columnB: number;
  stepB: number;
  matrixB: number;
  hasBias: number;
};

/** Any sizes, transposed or not. */
function matMulFloats(this: Thread<FloatSizes, Epilogue>, a: Floats, b: Floats, bias: Floats): number {
  const row = this.divide(this.thread.x, this.constants.n);
  const column = this.thread.x - row * this.constants.n;
  const matrix = this.divide(row, this.constants.m);
  const startA = matrix * this.constants.matrixA + (row - matrix * this.constants.m) * this.constants.rowA;
  const startB = matrix * this.constants.matrixB + column * this.constants.columnB;
  let total = 0;
  for (let i = 0; i < this.constants.k; i++) {
    total += a.at(startA + i * this.constants.stepA) * b.at(startB + i * this.constants.stepB);
  }
  const shift = bias.at(column);
  return this.f(this.constants.hasBias === 1 ? total + shift : total, 0, 0);
}

function floatSizes({ m, n, k, transposeA, transposeB, sharedA, sharedB }: MatMulAttributes) {
  return {
    m,
    n,
    k,
    rowA: transposeA ? 1 : k,
    stepA: transposeA ? m : 1,
    matrixA: sharedA ? 0 : m * k,
    columnB: transposeB ? k : 1,
    stepB: transposeB ? 1 : n,
    matrixB: sharedB ? 0 : k * n,
  };
}

export function matMulKernels(device: Device): Pick<Backend, 'matMul'> {
  return {
    matMul([a, b, bias], attributes) {
      const { batch, m, n, k, transposeA, transposeB, sharedA, sharedB, activation } = attributes;
      const hasBias = bias ? 1 : 0;
      // without a bias, any buffer stands in for it
      const call = {
        inputs: [a.buffer, b.buffer, bias?.buffer ?? b.buffer],
        functions: { f: epilogue(activation) },
        length: batch * m * n,
      };
      if (!transposeA && !transposeB && k % 4 === 0 && n % 4 === 0) {
        const [k4, n4] = [k / 4, n / 4];
        const constants = { k4, n4, matrixA: sharedA ? 0 : m * k4, matrixB: sharedB ? 0 : k * n4, hasBias };
        return device.run({ ...call, kernel: matMulCells, constants, grid: [n4, m, batch] });
      }
      return device.run({
        ...call,
        kernel: matMulFloats,
        constants: { ...floatSizes(attributes), hasBias },
        grid: [batch * m * n],
      });
    },
  };
}
