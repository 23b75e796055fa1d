/**
 * @file The innermost step of every product and convolution: 4 or 5 rows by 8 columns of the result in up to ten
 * vectors, which is what the engines keep in registers.
 *
 * The rows of A are not packed: a table tells where they are, run by run, so that a run may be a row of a matrix or the
 * channels of one pixel under a filter (the indirect convolution algorithm: Dukhan 2019). Runs of the rows have equal
 * lengths. B is a panel of 8 columns, whose rows follow each other through all runs.
 */
import { bound, isBound } from './unary';
import { madd, storeEight } from './vector';

/** Rows of most tiles, and their columns. */
export const ROWS: i32 = 4;
export const COLUMNS: i32 = 8;

/** Where the table's runs begin: in front of them are the addresses of the rows of the result. */
export const RUNS: usize = 20;

/** Rows of the next tile if so many are left. Fours are faster, but fives fill what fours would leave over. */
export function tileRows(left: i32): i32 {
  const over = left & 3;
  return over > 0 && left >= 5 * over ? 5 : 4;
}

/** How many rows a tile has. */
export abstract class Height {
  abstract isFive(): bool;
}

export class Four extends Height {
  isFive(): bool {
    return false;
  }
}

export class Five extends Height {
  isFive(): bool {
    return true;
  }
}

/**
 * Compiled for each height, so that only the vectors of rows that there are take registers.
 * @param table the addresses of the result's rows, then those of A's rows, run by run: always five, of which four may count
 * @param bytes length of each run
 * @param b the first row of the panel; its rows lie `stepB` bytes apart
 * @param column where the tile begins within the rows of the result, in bytes
 * @param bias 8 floats from which the sums start, or 0; with `accumulate` they start from what the result holds
 * @param rows rows of a tile of four that exist, at least 1; more count as 4
 * @param columns columns that exist; more than 8 count as 8
 * @param activation applied if it is a bound
 */
export function tile<H extends Height>(
  table: usize,
  runs: i32,
  bytes: usize,
  b: usize,
  stepB: usize,
  column: usize,
  bias: usize,
  accumulate: bool,
  rows: i32,
  columns: i32,
  activation: i32,
): void {
  const five = changetype<H>(0).isFive();
  const y0: usize = <usize>load<u32>(table) + column;
  const y1: usize = <usize>load<u32>(table, 4) + column;
  const y2: usize = <usize>load<u32>(table, 8) + column;
  const y3: usize = <usize>load<u32>(table, 12) + column;
  const y4: usize = five ? <usize>load<u32>(table, 16) + column : 0;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  if (accumulate) {
    c00 = v128.load(y0);
    c01 = v128.load(y0, 16);
    c10 = v128.load(y1);
    c11 = v128.load(y1, 16);
    c20 = v128.load(y2);
    c21 = v128.load(y2, 16);
    c30 = v128.load(y3);
    c31 = v128.load(y3, 16);
    if (five) {
      c40 = v128.load(y4);
      c41 = v128.load(y4, 16);
    }
  } else if (bias !== 0) {
    c00 = c10 = c20 = c30 = c40 = v128.load(bias);
    c01 = c11 = c21 = c31 = c41 = v128.load(bias, 16);
  }
  let run = table + RUNS;
  for (; runs > 0; runs--) {
    let a0: usize = load<u32>(run);
    let a1: usize = load<u32>(run, 4);
    let a2: usize = load<u32>(run, 8);
    let a3: usize = load<u32>(run, 12);
    let a4: usize = five ? <usize>load<u32>(run, 16) : 0;
    const end = a0 + bytes;
    do {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let a = v128.load32_splat(a0);
      c00 = madd(a, b0, c00);
      c01 = madd(a, b1, c01);
      a = v128.load32_splat(a1);
      c10 = madd(a, b0, c10);
      c11 = madd(a, b1, c11);
      a = v128.load32_splat(a2);
      c20 = madd(a, b0, c20);
      c21 = madd(a, b1, c21);
      a = v128.load32_splat(a3);
      c30 = madd(a, b0, c30);
      c31 = madd(a, b1, c31);
      if (five) {
        a = v128.load32_splat(a4);
        c40 = madd(a, b0, c40);
        c41 = madd(a, b1, c41);
        a4 += 4;
      }
      a0 += 4;
      a1 += 4;
      a2 += 4;
      a3 += 4;
      b += stepB;
    } while (a0 !== end);
    run += RUNS;
  }
  if (isBound(activation)) {
    c00 = bound(activation, c00);
    c01 = bound(activation, c01);
    c10 = bound(activation, c10);
    c11 = bound(activation, c11);
    c20 = bound(activation, c20);
    c21 = bound(activation, c21);
    c30 = bound(activation, c30);
    c31 = bound(activation, c31);
    if (five) {
      c40 = bound(activation, c40);
      c41 = bound(activation, c41);
    }
  }
  if (rows >= ROWS && columns >= COLUMNS) {
    v128.store(y0, c00);
    v128.store(y0, c01, 16);
    v128.store(y1, c10);
    v128.store(y1, c11, 16);
    v128.store(y2, c20);
    v128.store(y2, c21, 16);
    v128.store(y3, c30);
    v128.store(y3, c31, 16);
    if (five) {
      v128.store(y4, c40);
      v128.store(y4, c41, 16);
    }
  } else {
    storeEight(y0, c00, c01, columns);
    if (rows > 1) storeEight(y1, c10, c11, columns);
    if (rows > 2) storeEight(y2, c20, c21, columns);
    if (rows > 3) storeEight(y3, c30, c31, columns);
    if (five) storeEight(y4, c40, c41, columns);
  }
}

/**
 * The same tile for a left side that is packed by columns, four floats each, and one run.
 * @param depth columns of A and rows of B, at least 1
 * @param y the result's first row, the others `stepY` bytes apart
 */
export function tileOfColumns(
  a: usize,
  depth: i32,
  b: usize,
  y: usize,
  stepY: usize,
  accumulate: bool,
  rows: i32,
  columns: i32,
): void {
  const y1: usize = rows > 1 ? y + stepY : y;
  const y2: usize = rows > 2 ? y + 2 * stepY : y;
  const y3: usize = rows > 3 ? y + 3 * stepY : y;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  if (accumulate) {
    c00 = v128.load(y);
    c01 = v128.load(y, 16);
    c10 = v128.load(y1);
    c11 = v128.load(y1, 16);
    c20 = v128.load(y2);
    c21 = v128.load(y2, 16);
    c30 = v128.load(y3);
    c31 = v128.load(y3, 16);
  }
  const end = a + ((<usize>depth) << 4);
  do {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    a += 16;
    b += 32;
  } while (a !== end);
  storeEight(y, c00, c01, columns);
  if (rows > 1) storeEight(y1, c10, c11, columns);
  if (rows > 2) storeEight(y2, c20, c21, columns);
  if (rows > 3) storeEight(y3, c30, c31, columns);
}
