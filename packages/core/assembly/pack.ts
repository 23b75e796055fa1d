/**
 * @file Packing of a product's right side into panels of 8 columns, [panels, k, 8], which tiles read straight through.
 * A convolution's filter is a matrix for each of its taps, one below the other.
 */
import { int, pointer } from './job';
import { COLUMNS } from './tile';
import { at, loadLanes, storeTransposed } from './vector';

/** k rows of 8 columns; of the matrix [k, n], `columns` of them exist. */
function packColumns(matrix: usize, n: i32, k: i32, columns: i32, panel: usize): void {
  const step: usize = (<usize>n) << 2;
  for (; k > 0; k--) {
    v128.store(panel, loadLanes(matrix, columns));
    v128.store(panel, columns > 4 ? loadLanes(matrix + 16, columns - 4) : f32x4.splat(0), 16);
    matrix += step;
    panel += 32;
  }
}

/** Four rows of a transposed matrix [n, k], as half of a panel's rows. `columns` of them exist. */
function packRows(matrix: usize, k: i32, columns: i32, panel: usize): void {
  const row0 = matrix;
  const row1 = columns > 1 ? at(matrix, k) : row0;
  const row2 = columns > 2 ? at(matrix, 2 * k) : row0;
  const row3 = columns > 3 ? at(matrix, 3 * k) : row0;
  const last: usize = (<usize>k) << 2;
  let i: usize = 0;
  for (; i + 16 <= last; i += 16) {
    const v0 = v128.load(row0 + i);
    const v1 = v128.load(row1 + i);
    const v2 = v128.load(row2 + i);
    const v3 = v128.load(row3 + i);
    storeTransposed(v0, v1, v2, v3, panel, 32);
    panel += 128;
  }
  for (; i < last; i += 4) {
    store<f32>(panel, load<f32>(row0 + i));
    store<f32>(panel, load<f32>(row1 + i), 4);
    store<f32>(panel, load<f32>(row2 + i), 8);
    store<f32>(panel, load<f32>(row3 + i), 12);
    panel += 32;
  }
}

/**
 * An item is a panel. Integers: matrices, panels, k of one tap, n, transposed ([n, k] a tap instead of [k, n]), panels of
 * one batch entry, bytes of one batch entry; then the taps: their number, the first and the step from one to the next down
 * the filter, the same along it, and the filter's width.
 */
export function pack(args: usize, start: i32, end: i32): void {
  const k = int(args, 2);
  const n = int(args, 3);
  const transposed = int(args, 4);
  const panels = int(args, 5);
  const tapsY = int(args, 7);
  const tapsX = int(args, 10);
  const tapBytes: usize = (<usize>(k * n)) << 2;
  const panelBytes: usize = (<usize>(k * tapsY * tapsX)) << 5;
  for (let item = start; item < end; item++) {
    const batch = item / panels;
    const first = (item - batch * panels) * COLUMNS;
    const columns = n - first;
    const matrices = pointer(args, 0) + <usize>batch * pointer(args, 6);
    let panel = pointer(args, 1) + <usize>item * panelBytes;
    for (let y = 0; y < tapsY; y++) {
      for (let x = 0; x < tapsX; x++) {
        const tap = (int(args, 8) + y * int(args, 9)) * int(args, 13) + int(args, 11) + x * int(args, 12);
        const matrix = matrices + <usize>tap * tapBytes;
        if (transposed) {
          packRows(at(matrix, first * k), k, columns, panel);
          if (columns > 4) packRows(at(matrix, (first + 4) * k), k, columns - 4, panel + 16);
        } else packColumns(at(matrix, first), n, k, columns, panel);
        panel += (<usize>k) << 5;
      }
    }
  }
}
