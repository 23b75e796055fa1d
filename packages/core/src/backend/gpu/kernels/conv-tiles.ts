/** @file Convolution of which a thread computes four columns of pixels by four channels, and its like. See tiles.ts. */
import type { Floats, Thread, Tile } from '../dialect.ts';
import type { WindowConstants } from './window.ts';

type Conv = Thread<WindowConstants & { inChannels: number; outChannels: number }>;

/** Channels in cells: `inChannels` and `outChannels` count them. */
export function conv2dTiles(this: Conv, x: Floats, filter: Floats): Tile {
  const image = this.divide(this.thread.z, this.constants.outHeight);
  const top = (this.thread.z - image * this.constants.outHeight) * this.constants.strideY - this.constants.padTop;
  const left = this.thread.y * 4 * this.constants.strideX - this.constants.padLeft;
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
  for (let ky = 0; ky < this.constants.kernelHeight; ky++) {
    const row = top + ky * this.constants.dilationY;
    if (row >= 0 && row < this.constants.inHeight) {
      const start = (image * this.constants.inHeight + row) * this.constants.inWidth;
      for (let kx = 0; kx < this.constants.kernelWidth; kx++) {
        const column0 = left + kx * this.constants.dilationX;
        const column1 = column0 + this.constants.strideX;
        const column2 = column1 + this.constants.strideX;
        const column3 = column2 + this.constants.strideX;
        const inside0 = column0 >= 0 && column0 < this.constants.inWidth;
        const inside1 = column1 >= 0 && column1 < this.constants.inWidth;
        const inside2 = column2 >= 0 && column2 < this.constants.inWidth;
        const inside3 = column3 >= 0 && column3 < this.constants.inWidth;
        const tap =
          (ky * this.constants.kernelWidth + kx) * this.constants.inChannels * 4 * this.constants.outChannels +
          this.thread.x;
        for (let i = 0; i < this.constants.inChannels; i++) {
          const [a0, a1, a2, a3] = x.cell((start + column0) * this.constants.inChannels + i);
          const [b0, b1, b2, b3] = x.cell((start + column1) * this.constants.inChannels + i);
          const [c0, c1, c2, c3] = x.cell((start + column2) * this.constants.inChannels + i);
          const [d0, d1, d2, d3] = x.cell((start + column3) * this.constants.inChannels + i);
          const [p0, p1, p2, p3] = filter.cell(tap + (i * 4 + 0) * this.constants.outChannels);
          const [q0, q1, q2, q3] = filter.cell(tap + (i * 4 + 1) * this.constants.outChannels);
          const [r0, r1, r2, r3] = filter.cell(tap + (i * 4 + 2) * this.constants.outChannels);
          const [t0, t1, t2, t3] = filter.cell(tap + (i * 4 + 3) * this.constants.outChannels);
          s00 += inside0 ? a0 * p0 + a1 * q0 + a2 * r0 + a3 * t0 : 0;
          s01 += inside0 ? a0 * p1 + a1 * q1 + a2 * r1 + a3 * t1 : 0;
          s02 += inside0 ? a0 * p2 + a1 * q2 + a2 * r2 + a3 * t2 : 0;
          s03 += inside0 ? a0 * p3 + a1 * q3 + a2 * r3 + a3 * t3 : 0;
          s10 += inside1 ? b0 * p0 + b1 * q0 + b2 * r0 + b3 * t0 : 0;
          s11 += inside1 ? b0 * p1 + b1 * q1 + b2 * r1 + b3 * t1 : 0;
          s12 += inside1 ? b0 * p2 + b1 * q2 + b2 * r2 + b3 * t2 : 0;
          s13 += inside1 ? b0 * p3 + b1 * q3 + b2 * r3 + b3 * t3 : 0;
          s20 += inside2 ? c0 * p0 + c1 * q0 + c2 * r0 + c3 * t0 : 0;
          s21 += inside2 ? c0 * p1 + c1 * q1 + c2 * r1 + c3 * t1 : 0;
          s22 += inside2 ? c0 * p2 + c1 * q2 + c2 * r2 + c3 * t2 : 0;
          s23 += inside2 ? c0 * p3 + c1 * q3 + c2 * r3 + c3 * t3 : 0;
          s30 += inside3 ? d0 * p0 + d1 * q0 + d2 * r0 + d3 * t0 : 0;
          s31 += inside3 ? d0 * p1 + d1 * q1 + d2 * r1 + d3 * t1 : 0;
          s32 += inside3 ? d0 * p2 + d1 * q2 + d2 * r2 + d3 * t2 : 0;
          s33 += inside3 ? d0 * p3 + d1 * q3 + d2 * r3 + d3 * t3 : 0;
        }
      }
    }
  }
  return [
    [s00, s01, s02, s03],
    [s10, s11, s12, s13],
    [s20, s21, s22, s23],
    [s30, s31, s32, s33],
  ];
}

/** Result channels in cells, image channels one by one. */
export function conv2dMixedTiles(this: Conv, x: Floats, filter: Floats): Tile {
  const image = this.divide(this.thread.z, this.constants.outHeight);
  const top = (this.thread.z - image * this.constants.outHeight) * this.constants.strideY - this.constants.padTop;
  const left = this.thread.y * 4 * this.constants.strideX - this.constants.padLeft;
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
  for (let ky = 0; ky < this.constants.kernelHeight; ky++) {
    const row = top + ky * this.constants.dilationY;
    if (row >= 0 && row < this.constants.inHeight) {
      const start = (image * this.constants.inHeight + row) * this.constants.inWidth;
      for (let kx = 0; kx < this.constants.kernelWidth; kx++) {
        const column0 = left + kx * this.constants.dilationX;
        const column1 = column0 + this.constants.strideX;
        const column2 = column1 + this.constants.strideX;
        const column3 = column2 + this.constants.strideX;
        const inside0 = column0 >= 0 && column0 < this.constants.inWidth;
        const inside1 = column1 >= 0 && column1 < this.constants.inWidth;
        const inside2 = column2 >= 0 && column2 < this.constants.inWidth;
        const inside3 = column3 >= 0 && column3 < this.constants.inWidth;
        const tap =
          (ky * this.constants.kernelWidth + kx) * this.constants.inChannels * this.constants.outChannels +
          this.thread.x;
        for (let i = 0; i < this.constants.inChannels; i++) {
          const x0 = inside0 ? x.at((start + column0) * this.constants.inChannels + i) : 0;
          const x1 = inside1 ? x.at((start + column1) * this.constants.inChannels + i) : 0;
          const x2 = inside2 ? x.at((start + column2) * this.constants.inChannels + i) : 0;
          const x3 = inside3 ? x.at((start + column3) * this.constants.inChannels + i) : 0;
          const [w0, w1, w2, w3] = filter.cell(tap + i * this.constants.outChannels);
          s00 += x0 * w0;
          s01 += x0 * w1;
          s02 += x0 * w2;
          s03 += x0 * w3;
          s10 += x1 * w0;
          s11 += x1 * w1;
          s12 += x1 * w2;
          s13 += x1 * w3;
          s20 += x2 * w0;
          s21 += x2 * w1;
          s22 += x2 * w2;
          s23 += x2 * w3;
          s30 += x3 * w0;
          s31 += x3 * w1;
          s32 += x3 * w2;
          s33 += x3 * w3;
        }
      }
    }
  }
  return [
    [s00, s01, s02, s03],
    [s10, s11, s12, s13],
    [s20, s21, s22, s23],
    [s30, s31, s32, s33],
  ];
}

type GradFilter = Thread<WindowConstants & { inChannels: number; outChannels: number; rows: number; taps: number }>;

/** The derivative by the filter, as in conv-gradients.ts, for four image channels a thread. Channels in cells. */
export function conv2dGradFilterTiles(this: GradFilter, x: Floats, dy: Floats): Tile {
  const part = this.divide(this.thread.z, this.constants.taps);
  const tap = this.thread.z - part * this.constants.taps;
  const ky = this.divide(tap, this.constants.kernelWidth);
  const left = (tap - ky * this.constants.kernelWidth) * this.constants.dilationX - this.constants.padLeft;
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
  for (let r = 0; r < this.constants.rows; r++) {
    const outRow = part * this.constants.rows + r;
    const image = this.divide(outRow, this.constants.outHeight);
    const row =
      (outRow - image * this.constants.outHeight) * this.constants.strideY +
      ky * this.constants.dilationY -
      this.constants.padTop;
    if (row >= 0 && row < this.constants.inHeight) {
      const inRow = (image * this.constants.inHeight + row) * this.constants.inWidth;
      for (let i = 0; i < this.constants.outWidth; i++) {
        const column = left + i * this.constants.strideX;
        if (column >= 0 && column < this.constants.inWidth) {
          const [x0, x1, x2, x3] = x.cell((inRow + column) * this.constants.inChannels + this.thread.y);
          const [d0, d1, d2, d3] = dy.cell(
            (outRow * this.constants.outWidth + i) * this.constants.outChannels + this.thread.x,
          );
          s00 += x0 * d0;
          s01 += x0 * d1;
          s02 += x0 * d2;
          s03 += x0 * d3;
          s10 += x1 * d0;
          s11 += x1 * d1;
          s12 += x1 * d2;
          s13 += x1 * d3;
          s20 += x2 * d0;
          s21 += x2 * d1;
          s22 += x2 * d2;
          s23 += x2 * d3;
          s30 += x3 * d0;
          s31 += x3 * d1;
          s32 += x3 * d2;
          s33 += x3 * d3;
        }
      }
    }
  }
  return [
    [s00, s01, s02, s03],
    [s10, s11, s12, s13],
    [s20, s21, s22, s23],
    [s30, s31, s32, s33],
  ];
}
