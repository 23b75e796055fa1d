/** @file Matrix products whose left side is read by rows, and convolutions as such products: each window is a row. */
import { int, pointer, scratch } from './job';
import { COLUMNS, Five, Four, ROWS, RUNS, tile, tileRows } from './tile';
import { activate, isSmooth } from './unary';
import { at } from './vector';
import { FIRST, GRID, resultPixel, SOURCE, STEP, TAP_STEP, TAPS, X } from './window';

/** What the left side is: a matrix; or the channels under each tap of a window, where they are or copied together. */
enum Left {
  Matrix,
  Pixels,
  CopiedPixels,
}

const SOURCE_POINTER: usize = 0;
const LENGTH: usize = 1;
const RESULT_POINTER: usize = 5;
const N: usize = 6;

/** The tables of a block of a matrix' rows, one for each tile; the last row is repeated if a tile has fewer. */
function matrixTables(args: usize, batch: i32, firstRow: i32, endRow: i32, table: usize, tableBytes: usize): void {
  const a = pointer(args, SOURCE_POINTER) + <usize>batch * pointer(args, 11);
  const c = pointer(args, RESULT_POINTER) + <usize>batch * pointer(args, 13);
  for (let row = firstRow; row < endRow; ) {
    const height = tileRows(endRow - row);
    for (let r = 0; r < height; r++) {
      const existing = min(row + r, endRow - 1);
      store<u32>(at(table, r), at(c, existing * int(args, N)));
      store<u32>(at(table, r), at(a, existing * int(args, LENGTH)), RUNS);
    }
    row += height;
    table += tableBytes;
  }
}

/** Copies whole vectors: what lies behind is written afterwards, or nobody's. */
function copy(from: usize, bytes: usize, to: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i));
}

/** The tables of a block of windows. Taps outside of the image read `zeros`; with `copies`, each window is copied to one run. */
function windowTables(
  args: usize,
  firstRow: i32,
  endRow: i32,
  table: usize,
  tableBytes: usize,
  zeros: usize,
  copies: usize,
): void {
  const source = pointer(args, SOURCE_POINTER);
  const pixelBytes: usize = (<usize>int(args, LENGTH)) << 2;
  const resultBytes: usize = (<usize>int(args, N)) << 2;
  const height = int(args, SOURCE);
  const width = int(args, SOURCE + X);
  const columns = int(args, GRID + X);
  const tapsY = int(args, TAPS);
  const tapsX = int(args, TAPS + X);
  const tapStepY = int(args, TAP_STEP);
  const tapStepX = int(args, TAP_STEP + X);
  const line = firstRow / columns;
  let j = firstRow - line * columns;
  let image = line / int(args, GRID);
  let i = line - image * int(args, GRID);
  let tileHeight = tileRows(endRow - firstRow);
  for (let row = firstRow, r = 0; row < endRow || r > 0; row++) {
    const entry = at(table, r);
    store<u32>(entry, pointer(args, RESULT_POINTER) + <usize>resultPixel(args, image, i, j) * resultBytes);
    let run = entry + RUNS;
    if (copies !== 0) store<u32>(run, copies);
    let y = i * int(args, STEP) + int(args, FIRST);
    const firstX = j * int(args, STEP + X) + int(args, FIRST + X);
    const isInside = tapStepX === 1 && firstX >= 0 && firstX + tapsX <= width;
    for (let ty = 0; ty < tapsY; ty++) {
      // unsigned, negative numbers are larger than any size
      const isLine = <u32>y < <u32>height;
      const line = source + <usize>((image * height + y) * width) * pixelBytes;
      if (copies !== 0 && isLine && isInside) {
        const bytes = <usize>tapsX * pixelBytes;
        copy(line + <usize>firstX * pixelBytes, bytes, copies);
        copies += bytes;
      } else {
        let x = firstX;
        for (let tx = 0; tx < tapsX; tx++) {
          const from = isLine && <u32>x < <u32>width ? line + <usize>x * pixelBytes : zeros;
          if (copies !== 0) {
            copy(from, pixelBytes, copies);
            copies += pixelBytes;
          } else {
            store<u32>(run, from);
            run += RUNS;
          }
          x += tapStepX;
        }
      }
      y += tapStepY;
    }
    if (++r === tileHeight) {
      r = 0;
      tileHeight = tileRows(endRow - row - 1);
      table += tableBytes;
    }
    // behind the last window there is nothing: it is repeated
    if (row >= endRow - 1) continue;
    if (++j === columns) {
      j = 0;
      if (++i === int(args, GRID)) {
        i = 0;
        image++;
      }
    }
  }
}

/** Applies a smooth activation to a block of the result. */
function activateBlock(id: i32, table: usize, tableBytes: usize, rows: i32, first: i32, end: i32): void {
  for (let row = 0; row < rows; ) {
    const height = min(tileRows(rows - row), rows - row);
    for (let r = 0; r < height; r++) activate(id, at(<usize>load<u32>(at(table, r)), first), end - first);
    row += height;
    table += tableBytes;
  }
}

/**
 * An item is a block of rows and columns of one matrix of the batch. Integers: source, run length (k, or channels), b,
 * bytes from panel to panel of b, bytes from row to row of a panel, result, n, bias (or 0), activation (or -1), rows of a
 * matrix, rows of an item, bytes from matrix to matrix of the source, of b, of the result, columns of an item, the kind of
 * left side, and a window if that is not a matrix.
 */
export function product(args: usize, start: i32, end: i32): void {
  const n = int(args, N);
  const m = int(args, 9);
  const itemRows = int(args, 10);
  const itemColumns = int(args, 14);
  const left = int(args, 15);
  const activation = int(args, 8);
  const taps = left === Left.Matrix ? 1 : int(args, TAPS) * int(args, TAPS + X);
  const runs = left === Left.Pixels ? taps : 1;
  const length = left === Left.CopiedPixels ? taps * int(args, LENGTH) : int(args, LENGTH);
  const bytes: usize = (<usize>length) << 2;
  const tableBytes = RUNS + <usize>runs * RUNS;

  const zeros = scratch();
  const zeroBytes: usize = left === Left.Matrix ? 0 : ((<usize>int(args, LENGTH)) << 2) + 16;
  memory.fill(zeros, 0, zeroBytes);
  const tables = zeros + zeroBytes;
  const copies = tables + <usize>(itemRows / ROWS) * tableBytes;

  const blocksDown = (m + itemRows - 1) / itemRows;
  const blocksAcross = (n + itemColumns - 1) / itemColumns;
  for (let item = start; item < end; item++) {
    const block = item / blocksAcross;
    const firstColumn = (item - block * blocksAcross) * itemColumns;
    const batch = block / blocksDown;
    const firstRow = (block - batch * blocksDown) * itemRows;
    const endRow = min(firstRow + itemRows, m);
    const endColumn = min(firstColumn + itemColumns, n);
    if (left === Left.Matrix) matrixTables(args, batch, firstRow, endRow, tables, tableBytes);
    else {
      const target = left === Left.CopiedPixels ? copies : 0;
      windowTables(args, firstRow, endRow, tables, tableBytes, zeros, target);
    }
    const b = pointer(args, 2) + <usize>batch * pointer(args, 12);
    const stepB = pointer(args, 4);
    const bias = pointer(args, 7);
    for (let column = firstColumn; column < endColumn; column += COLUMNS) {
      const panel = b + <usize>(column / COLUMNS) * pointer(args, 3);
      const offset: usize = (<usize>column) << 2;
      const from = bias === 0 ? 0 : bias + offset;
      let table = tables;
      for (let row = firstRow; row < endRow; ) {
        const height = tileRows(endRow - row);
        const rows = endRow - row;
        const columns = endColumn - column;
        if (height === 5) tile<Five>(table, runs, bytes, panel, stepB, offset, from, false, rows, columns, activation);
        else tile<Four>(table, runs, bytes, panel, stepB, offset, from, false, rows, columns, activation);
        row += height;
        table += tableBytes;
      }
    }
    if (isSmooth(activation)) activateBlock(activation, tables, tableBytes, endRow - firstRow, firstColumn, endColumn);
  }
}
