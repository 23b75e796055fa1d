/**
 * @file Matrix products whose left side is read by columns, A^T B, and filters' derivatives as such products: the columns
 * are the channels under a tap, for every tap, and the sum runs over the pixels.
 */
import { int, pointer, scratch } from './job';
import { COLUMNS, Four, ROWS, RUNS, tile } from './tile';
import { activate, isSmooth } from './unary';
import { at, storeTransposed } from './vector';
import { GRID, sourcePixel, TAPS, X } from './window';

/** Elements of the sum that are packed at a time. */
const DEPTH: i32 = 256;
const ROW_BYTES: usize = 1024;

const SOURCE_POINTER: usize = 0;
const CHANNELS: usize = 1;

/** The addresses of the source's rows k ... k + depth - 1 for one tap. Taps outside of the image read `zeros`. */
function addresses(args: usize, source: usize, tap: i32, k: i32, depth: i32, zeros: usize, table: usize): void {
  const channels = int(args, CHANNELS);
  if (zeros === 0) {
    for (let i = 0; i < depth; i++) store<u32>(at(table, i), at(source, (k + i) * channels));
    return;
  }
  const tapsX = int(args, TAPS + X);
  const ty = tap / tapsX;
  const tx = tap - ty * tapsX;
  const line = k / int(args, GRID + X);
  let j = k - line * int(args, GRID + X);
  let image = line / int(args, GRID);
  let i = line - image * int(args, GRID);
  for (let pixel = 0; pixel < depth; pixel++) {
    const found = sourcePixel(args, image, i, j, ty, tx);
    store<u32>(at(table, pixel), found < 0 ? zeros : at(source, found * channels));
    if (++j === int(args, GRID + X)) {
      j = 0;
      if (++i === int(args, GRID)) {
        i = 0;
        image++;
      }
    }
  }
}

/** Four neighbouring channels of the rows in the table, as four rows. */
function packFour(table: usize, depth: i32, channel: i32, rows: usize): void {
  const offset: usize = (<usize>channel) << 2;
  for (let i = 0; i < depth; i += 4) {
    const entry = at(table, i);
    const v0 = v128.load(<usize>load<u32>(entry) + offset);
    const v1 = v128.load(<usize>load<u32>(entry, 4) + offset);
    const v2 = v128.load(<usize>load<u32>(entry, 8) + offset);
    const v3 = v128.load(<usize>load<u32>(entry, 12) + offset);
    storeTransposed(v0, v1, v2, v3, at(rows, i), ROW_BYTES);
  }
}

function packOne(table: usize, depth: i32, channel: i32, row: usize): void {
  const offset: usize = (<usize>channel) << 2;
  for (let i = 0; i < depth; i++) store<f32>(at(row, i), load<f32>(<usize>load<u32>(at(table, i)) + offset));
}

/**
 * An item is a block of the result's rows and columns, and a part of the sum; each part has a result of its own. Integers
 * as for product(), but: 1 channels, 9 length of the sum, 10 length of a part, 13 bytes from result to result, 15 whether
 * the left side is windows, 16 rows of an item, 17 rows, 18 parts. Items of one batch entry go by part, then down.
 */
export function transposedProduct(args: usize, start: i32, end: i32): void {
  const channels = int(args, CHANNELS);
  const n = int(args, 6);
  const bias = pointer(args, 7);
  const length = int(args, 9);
  const partLength = int(args, 10);
  const itemColumns = int(args, 14);
  const itemRows = int(args, 16);
  const m = int(args, 17);
  const parts = int(args, 18);
  const rowStep = pointer(args, 4);

  const table = scratch();
  // behind a table of one run, at the beginning of a cache line
  const rows = table + 64;
  const sources = rows + ROWS * ROW_BYTES;
  const zeros = int(args, 15) === 0 ? 0 : sources + 4 * DEPTH + 16;
  if (zeros !== 0) memory.fill(zeros, 0, ((<usize>channels) << 2) + 16);

  const blocksDown = (m + itemRows - 1) / itemRows;
  const blocksAcross = (n + itemColumns - 1) / itemColumns;
  for (let item = start; item < end; item++) {
    const block = item / blocksAcross;
    const firstColumn = (item - block * blocksAcross) * itemColumns;
    const endColumn = min(firstColumn + itemColumns, n);
    const partOfBatch = block / blocksDown;
    const firstRow = (block - partOfBatch * blocksDown) * itemRows;
    const endRow = min(firstRow + itemRows, m);
    const batch = partOfBatch / parts;
    const firstK = (partOfBatch - batch * parts) * partLength;
    const endK = min(firstK + partLength, length);
    const source = pointer(args, SOURCE_POINTER) + <usize>batch * pointer(args, 11);
    const b = pointer(args, 2) + <usize>batch * pointer(args, 12);
    const result = pointer(args, 5) + <usize>partOfBatch * pointer(args, 13);
    for (let k = firstK; k < endK; k += DEPTH) {
      const depth = min(endK - k, DEPTH);
      const activation = k + depth === length ? int(args, 8) : -1;
      let tableTap = -1;
      for (let row = firstRow; row < endRow; row += ROWS) {
        const count = min(endRow - row, ROWS);
        for (let r = 0; r < count; r++) {
          const tap = (row + r) / channels;
          const channel = row + r - tap * channels;
          if (tap !== tableTap) {
            tableTap = tap;
            addresses(args, source, tap, k, depth, zeros, sources);
            // packFour reads a multiple of four addresses
            for (let i = depth; i < ((depth + 3) & ~3); i++) store<u32>(at(sources, i), load<u32>(sources));
          }
          if (channel + ROWS <= channels && r === 0) {
            packFour(sources, depth, channel, rows);
            break;
          }
          packOne(sources, depth, channel, rows + <usize>r * ROW_BYTES);
        }
        for (let r = 0; r < ROWS; r++) {
          const existing = min(r, count - 1);
          store<u32>(at(table, r), at(result, (row + existing) * n));
          store<u32>(at(table, r), rows + <usize>existing * ROW_BYTES, RUNS);
        }
        for (let column = firstColumn; column < endColumn; column += COLUMNS) {
          const offset: usize = (<usize>column) << 2;
          tile<Four>(
            table,
            1,
            (<usize>depth) << 2,
            b + <usize>(column / COLUMNS) * pointer(args, 3) + <usize>k * rowStep,
            rowStep,
            offset,
            bias === 0 ? 0 : bias + offset,
            k !== firstK,
            count,
            endColumn - column,
            activation,
          );
        }
      }
    }
    if (isSmooth(int(args, 8))) {
      for (let row = firstRow; row < endRow; row++) {
        activate(int(args, 8), at(result, row * n + firstColumn), endColumn - firstColumn);
      }
    }
  }
}
