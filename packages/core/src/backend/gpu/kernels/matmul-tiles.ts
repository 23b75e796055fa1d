/** @file Matrix products of which a thread computes four rows by four columns. See tiles.ts. */
import type { Floats, Thread, Tile } from '../dialect.ts';

/** In cells: steps through the operands from row to row and from matrix to matrix. */
type Steps = { k: number; rowA: number; matrixA: number; rowB: number; matrixB: number };

/** A [m, k] by B [k, n], four steps along k a turn. */
export function matMulTiles(this: Thread<Steps>, a: Floats, b: Floats): Tile {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let i = 0; i < this.constants.k; i++) {
    const [a0, a1, a2, a3] = a.cell(
      this.thread.z * this.constants.matrixA + this.thread.y * 4 * this.constants.rowA + i,
    );
    const [b0, b1, b2, b3] = a.cell(
      this.thread.z * this.constants.matrixA + (this.thread.y * 4 + 1) * this.constants.rowA + i,
    );
    const [c0, c1, c2, c3] = a.cell(
      this.thread.z * this.constants.matrixA + (this.thread.y * 4 + 2) * this.constants.rowA + i,
    );
    const [d0, d1, d2, d3] = a.cell(
      this.thread.z * this.constants.matrixA + (this.thread.y * 4 + 3) * this.constants.rowA + i,
    );
    const [p0, p1, p2, p3] = b.cell(
      this.thread.z * this.constants.matrixB + (i * 4 + 0) * this.constants.rowB + this.thread.x,
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
    s00 += a0 * p0 + a1 * q0 + a2 * r0 + a3 * t0;
    s01 += a0 * p1 + a1 * q1 + a2 * r1 + a3 * t1;
    s02 += a0 * p2 + a1 * q2 + a2 * r2 + a3 * t2;
    s03 += a0 * p3 + a1 * q3 + a2 * r3 + a3 * t3;
    s10 += b0 * p0 + b1 * q0 + b2 * r0 + b3 * t0;
    s11 += b0 * p1 + b1 * q1 + b2 * r1 + b3 * t1;
    s12 += b0 * p2 + b1 * q2 + b2 * r2 + b3 * t2;
    s13 += b0 * p3 + b1 * q3 + b2 * r3 + b3 * t3;
    s20 += c0 * p0 + c1 * q0 + c2 * r0 + c3 * t0;
    s21 += c0 * p1 + c1 * q1 + c2 * r1 + c3 * t1;
    s22 += c0 * p2 + c1 * q2 + c2 * r2 + c3 * t2;
    s23 += c0 * p3 + c1 * q3 + c2 * r3 + c3 * t3;
    s30 += d0 * p0 + d1 * q0 + d2 * r0 + d3 * t0;
    s31 += d0 * p1 + d1 * q1 + d2 * r1 + d3 * t1;
    s32 += d0 * p2 + d1 * q2 + d2 * r2 + d3 * t2;
    s33 += d0 * p3 + d1 * q3 + d2 * r3 + d3 * t3;
  }
  return [
    [s00, s01, s02, s03],
    [s10, s11, s12, s13],
    [s20, s21, s22, s23],
    [s30, s31, s32, s33],
  ];
}

/** A [m, k] by B [n, k], transposed: scalar products of rows. */
export function matMulTilesByTransposed(this: Thread<Steps>, a: Floats, b: Floats): Tile {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let i = 0; i < this.constants.k; i++) {
    const [a0, a1, a2, a3] = a.cell(
      this.thread.z * this.constants.matrixA + this.thread.y * 4 * this.constants.rowA + i,
    );
    const [b0, b1, b2, b3] = a.cell(
      this.thread.z * this.constants.matrixA + (this.thread.y * 4 + 1) * this.constants.rowA + i,
    );
    const [c0, c1, c2, c3] = a.cell(
      this.thread.z * this.constants.matrixA + (this.thread.y * 4 + 2) * this.constants.rowA + i,
    );
    const [d0, d1, d2, d3] = a.cell(
      this.thread.z * this.constants.matrixA + (this.thread.y * 4 + 3) * this.constants.rowA + i,
    );
    const [p0, p1, p2, p3] = b.cell(
      this.thread.z * this.constants.matrixB + (this.thread.x * 4 + 0) * this.constants.rowB + i,
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
    s00 += a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3;
    s01 += a0 * q0 + a1 * q1 + a2 * q2 + a3 * q3;
    s02 += a0 * r0 + a1 * r1 + a2 * r2 + a3 * r3;
    s03 += a0 * t0 + a1 * t1 + a2 * t2 + a3 * t3;
    s10 += b0 * p0 + b1 * p1 + b2 * p2 + b3 * p3;
    s11 += b0 * q0 + b1 * q1 + b2 * q2 + b3 * q3;
    s12 += b0 * r0 + b1 * r1 + b2 * r2 + b3 * r3;
    s13 += b0 * t0 + b1 * t1 + b2 * t2 + b3 * t3;
    s20 += c0 * p0 + c1 * p1 + c2 * p2 + c3 * p3;
    s21 += c0 * q0 + c1 * q1 + c2 * q2 + c3 * q3;
    s22 += c0 * r0 + c1 * r1 + c2 * r2 + c3 * r3;
    s23 += c0 * t0 + c1 * t1 + c2 * t2 + c3 * t3;
    s30 += d0 * p0 + d1 * p1 + d2 * p2 + d3 * p3;
    s31 += d0 * q0 + d1 * q1 + d2 * q2 + d3 * q3;
    s32 += d0 * r0 + d1 * r1 + d2 * r2 + d3 * r3;
    s33 += d0 * t0 + d1 * t1 + d2 * t2 + d3 * t3;
  }
  return [
    [s00, s01, s02, s03],
    [s10, s11, s12, s13],
    [s20, s21, s22, s23],
    [s30, s31, s32, s33],
  ];
}

/** A [k, m], transposed, by B [k, n]: sums of outer products. */
export function matMulTilesOfTransposed(this: Thread<Steps>, a: Floats, b: Floats): Tile {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let i = 0; i < this.constants.k; i++) {
    const [a0, a1, a2, a3] = a.cell(this.thread.z * this.constants.matrixA + i * this.constants.rowA + this.thread.y);
    const [b0, b1, b2, b3] = b.cell(this.thread.z * this.constants.matrixB + i * this.constants.rowB + this.thread.x);
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  return [
    [s00, s01, s02, s03],
    [s10, s11, s12, s13],
    [s20, s21, s22, s23],
    [s30, s31, s32, s33],
  ];
}
