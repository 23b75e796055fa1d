/** @file Matrix products. */
import type { Activation, Backend, Buffer, MatMulAttributes } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Cell, Floats, KernelFunction, Thread } from '../dialect.ts';
import { epilogue } from './functions.ts';
import { matMulTiles, matMulTilesByTransposed, matMulTilesOfTransposed } from './matmul-tiles.ts';
import { sumInParts } from './parts.ts';
import { runTiled } from './tiles.ts';

type Epilogue = { f(x: number, alpha: number, beta: number): number };

/** Steps through A along its rows (m) and from matrix to matrix; through B likewise. In floats or in cells. */
type Steps = { k: number; rowA: number; matrixA: number; rowB: number; matrixB: number; hasBias: number };

/** A [m, k] by B [k, n], both in cells: four columns of the result a thread, four steps along k a turn. */
function matMulCells(this: Thread<Steps, Epilogue>, a: Floats, b: Floats, bias: Floats): Cell {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < this.constants.k; i++) {
    const [a0, a1, a2, a3] = a.cell(this.thread.z * this.constants.matrixA + this.thread.y * this.constants.rowA + i);
    const [p0, p1, p2, p3] = b.cell(
      this.thread.z * this.constants.matrixB + i * 4 * this.constants.rowB + this.thread.x,
    );
    const [q0, q1, q2, q3] = b.cell(
      this.thread.z * this.constants.matrixB + (i * 4 + 1) * this.constants.rowB + this.thread.x,
    );
    const [r0, r1, r2, r3] = b.cell(
      this.thread.z * this.constants.matrixB + (i * 4 + 2) * this.constants.rowB + this.thread.x,
    );
    const [t0, t1, t2, t3] = b.cell(
      this.thread.z * this.constants.matrixB + (i * 4 + 3) * this.constants.rowB + this.thread.x,
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

/** A [m, k] by B [n, k], transposed: a thread's four columns are four rows of B, each a scalar product. */
function matMulCellsByTransposed(this: Thread<Steps, Epilogue>, a: Floats, b: Floats, bias: Floats): Cell {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < this.constants.k; i++) {
    const [a0, a1, a2, a3] = a.cell(this.thread.z * this.constants.matrixA + this.thread.y * this.constants.rowA + i);
    const [p0, p1, p2, p3] = b.cell(
      this.thread.z * this.constants.matrixB + this.thread.x * 4 * this.constants.rowB + i,
    );
    const [q0, q1, q2, q3] = b.cell(
      this.thread.z * this.constants.matrixB + (this.thread.x * 4 + 1) * this.constants.rowB + i,
    );
    const [r0, r1, r2, r3] = b.cell(
      this.thread.z * this.constants.matrixB + (this.thread.x * 4 + 2) * this.constants.rowB + i,
    );
    const [t0, t1, t2, t3] = b.cell(
      this.thread.z * this.constants.matrixB + (this.thread.x * 4 + 3) * this.constants.rowB + i,
    );
    s0 += a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3;
    s1 += a0 * q0 + a1 * q1 + a2 * q2 + a3 * q3;
    s2 += a0 * r0 + a1 * r1 + a2 * r2 + a3 * r3;
    s3 += a0 * t0 + a1 * t1 + a2 * t2 + a3 * t3;
  }
  const [b0, b1, b2, b3] = bias.cell(this.thread.x);
  return [
    this.f(this.constants.hasBias === 1 ? s0 + b0 : s0, 0, 0),
    this.f(this.constants.hasBias === 1 ? s1 + b1 : s1, 0, 0),
    this.f(this.constants.hasBias === 1 ? s2 + b2 : s2, 0, 0),
    this.f(this.constants.hasBias === 1 ? s3 + b3 : s3, 0, 0),
  ];
}

/** A [k, m], transposed and in floats, by B [k, n] in cells. */
function matMulTransposedByCells(this: Thread<Steps, Epilogue>, a: Floats, b: Floats, bias: Floats): Cell {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < this.constants.k; i++) {
    const value = a.at(this.thread.z * this.constants.matrixA + i * this.constants.rowA + this.thread.y);
    const [b0, b1, b2, b3] = b.cell(this.thread.z * this.constants.matrixB + i * this.constants.rowB + this.thread.x);
    s0 += value * b0;
    s1 += value * b1;
    s2 += value * b2;
    s3 += value * b3;
  }
  const [c0, c1, c2, c3] = bias.cell(this.thread.x);
  return [
    this.f(this.constants.hasBias === 1 ? s0 + c0 : s0, 0, 0),
    this.f(this.constants.hasBias === 1 ? s1 + c1 : s1, 0, 0),
    this.f(this.constants.hasBias === 1 ? s2 + c2 : s2, 0, 0),
    this.f(this.constants.hasBias === 1 ? s3 + c3 : s3, 0, 0),
  ];
}

/** In floats: steps through A and B along the rows (m), k, the columns (n) and the batch. */
type FloatSteps = {
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
function matMulFloats(this: Thread<FloatSteps, Epilogue>, a: Floats, b: Floats, bias: Floats): number {
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

type Product = Pick<MatMulAttributes, 'batch' | 'm' | 'n' | 'k' | 'transposeA' | 'transposeB'> & {
  matrixA: number;
  matrixB: number;
  /** The whole of k, where a product covers only a part of it. */
  rowLength: number;
};

interface Plan {
  readonly kernel: KernelFunction;
  readonly constants: Record<string, number>;
  /** How much of the result a thread computes. */
  readonly piece: 'float' | 'cell' | 'tile';
}

/** The kernel for a product, and the steps that it takes through its operands. */
function planOf(product: Product, tiles: boolean): Plan {
  const { m, n, k, transposeA, transposeB, matrixA, matrixB, rowLength } = product;
  const piece = tiles && m >= 4 ? 'tile' : 'cell';
  if (n % 4 === 0 && !transposeA && k % 4 === 0 && rowLength % 4 === 0) {
    const [ofRows, ofColumns] =
      piece === 'tile' ? [matMulTiles, matMulTilesByTransposed] : [matMulCells, matMulCellsByTransposed];
    const rowB = (transposeB ? rowLength : n) / 4;
    const constants = { k: k / 4, rowA: rowLength / 4, matrixA: matrixA / 4, rowB, matrixB: matrixB / 4 };
    return { kernel: transposeB ? ofColumns : ofRows, constants, piece };
  }
  if (n % 4 === 0 && transposeA && !transposeB) {
    const constants = { k, rowB: n / 4, matrixB: matrixB / 4 };
    return piece === 'tile' && m % 4 === 0
      ? { kernel: matMulTilesOfTransposed, constants: { ...constants, rowA: m / 4, matrixA: matrixA / 4 }, piece }
      : { kernel: matMulTransposedByCells, constants: { ...constants, rowA: m, matrixA }, piece: 'cell' };
  }
  const [rowA, stepA] = transposeA ? [1, m] : [rowLength, 1];
  const [columnB, stepB] = transposeB ? [rowLength, 1] : [1, n];
  const constants = { m, n, k, rowA, stepA, matrixA, columnB, stepB, matrixB };
  return { kernel: matMulFloats, constants, piece: 'float' };
}

export function matMulKernels(device: Device): Pick<Backend, 'matMul'> {
  const run = (
    [a, b, bias]: readonly [Buffer, Buffer, Buffer | undefined],
    product: Product,
    activation: Activation | undefined,
  ): Buffer => {
    const { batch, m, n } = product;
    const length = batch * m * n;
    const { kernel, constants, piece } = planOf(product, device.runTiles !== undefined);
    if (device.runTiles && piece === 'tile') {
      const call = { kernel, inputs: [a, b], constants, grid: [n / 4, m, batch] as const, length };
      return runTiled(device, device.runTiles, { ...call, bias, activation });
    }
    return device.run({
      kernel,
      // without a bias, any buffer stands in for it
      inputs: [a, b, bias ?? b],
      constants: { ...constants, hasBias: bias ? 1 : 0 },
      functions: { f: epilogue(activation) },
      grid: piece === 'cell' ? [n / 4, m, batch] : [length],
      length,
    });
  };

  return {
    matMul([a, b, bias], attributes) {
      const { batch, m, n, k, transposeA, transposeB, sharedA, sharedB, activation } = attributes;
      const buffers = [a.buffer, b.buffer, bias?.buffer] as const;
      const whole = { ...attributes, matrixA: sharedA ? 0 : m * k, matrixB: sharedB ? 0 : k * n, rowLength: k };
      if (batch > 1 || bias || activation) return run(buffers, whole, activation);
      const pieceLength = k % 4 === 0 ? 4 : 1;
      return sumInParts(device, k / pieceLength, pieceLength, m * n, (parts) => {
        const part = k / parts;
        const matrixA = part * (transposeA ? m : 1);
        const matrixB = part * (transposeB ? 1 : n);
        return run(buffers, { ...whole, batch: parts, k: part, matrixA, matrixB }, undefined);
      });
    },
  };
}
