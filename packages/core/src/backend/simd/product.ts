/** @file Calls of the kernels in assembly/product.ts, which matrix products and convolutions share. */
import { BackendError } from '../../errors.ts';
import type { Activation, Operand } from '../backend.ts';
import { pointer, SCRATCH_BYTES, type SimdDevice } from './device.ts';
import { activationId, MEMORY_BOUND } from './elementwise.ts';
import type { SimdBuffer } from './memory.ts';
import { sumParts } from './reduce.ts';
import type { Windows } from './window.ts';

/** Rows and columns of a tile, as in assembly/tile.ts. */
export const ROWS = 4;
export const COLUMNS = 8;

/** Addresses of a run in a tile's table, as in assembly/tile.ts. */
const TABLE_ROWS = 5;

/** What vectors are read and written behind the end. */
const MARGIN_BYTES = 64;

/** Rows of an item at most: enough to use a panel of the right side while it is in the cache. */
const MAX_ITEM_ROWS = 64;

/** Items that a product should have, for the threads to share. */
const MIN_ITEMS = 16;

/** With fewer rows, packing the right side would cost more than it gains. */
const MIN_PACKED_ROWS = 16;

/** The taps of a filter along one axis that are multiplied: `count` of them, from `first` on in steps of `step`. */
export interface Taps {
  readonly count: number;
  readonly first: number;
  readonly step: number;
}

const ONE_TAP: Taps = { count: 1, first: 0, step: 1 };

/** Matrices [k, n], or [n, k] if transposed. A filter has one for each tap. */
export interface RightSide {
  readonly operand: Operand;
  readonly k: number;
  readonly n: number;
  readonly transposed: boolean;
  /** Matrices of a batch that follow each other. */
  readonly batch?: number;
  readonly tapsY?: Taps;
  readonly tapsX?: Taps;
  readonly filterWidth?: number;
}

/** Where the panels of 8 columns of a right side lie; in bytes. */
interface Panels {
  readonly pointer: number;
  readonly panelStep: number;
  readonly rowStep: number;
  readonly batchStep: number;
  release(): void;
}

/** The left side: a matrix whose rows have `length` floats, or windows over images with `length` channels. */
export interface LeftSide {
  readonly pointer: number;
  readonly length: number;
  readonly batchStep?: number;
  readonly windows?: Windows | undefined;
}

export interface Product {
  readonly left: LeftSide;
  readonly right: RightSide;
  readonly batch?: number;
  readonly m: number;
  readonly result: SimdBuffer;
  readonly bias?: Operand | undefined;
  readonly activation?: Activation | undefined;
}

/** Windows over images of fewer channels are copied together before they are multiplied. */
const MIN_CHANNELS = 8;

/** result = left * right (+ bias), then the activation. */
export function multiply(device: SimdDevice, { left, right, batch = 1, m, result, bias, activation }: Product): void {
  const { n } = right;
  const taps = left.windows ? left.windows[0].taps.count * left.windows[1].taps.count : 1;
  const k = left.length * taps;
  const isCopied = left.length < MIN_CHANNELS && taps > 1;
  const kind = left.windows ? (isCopied ? 2 : 1) : 0;
  const itemRows = Math.min(Math.ceil(m / ROWS) * ROWS, MAX_ITEM_ROWS, rowsInScratch(left, taps, isCopied));
  const blocksDown = batch * Math.ceil(m / itemRows);
  const itemColumns = COLUMNS * Math.ceil(Math.ceil(n / COLUMNS) / Math.ceil(MIN_ITEMS / blocksDown));
  const panels = panelsOf(device, right, m);
  device.run('product', {
    integers: [
      ...[left.pointer, left.length, panels.pointer, panels.panelStep, panels.rowStep, result.pointer, n],
      ...[bias ? pointer(bias) : 0, activationId(activation), m, itemRows],
      ...[left.batchStep ?? 0, panels.batchStep, 4 * m * n, itemColumns, kind],
    ],
    windows: left.windows,
    items: blocksDown * Math.ceil(n / itemColumns),
    work: 2 * batch * m * n * k,
  });
  panels.release();
}

/** Rows whose tables, and copies if they are copied, fit the scratch memory beside a pixel of zeros. */
function rowsInScratch({ length, windows }: LeftSide, taps: number, isCopied: boolean): number {
  const zeroBytes = windows ? 4 * length : 0;
  const tileBytes = 4 * TABLE_ROWS * (1 + taps) + (isCopied ? 4 * ROWS * length * taps : 0);
  const rows = ROWS * Math.floor((SCRATCH_BYTES - zeroBytes - MARGIN_BYTES) / tileBytes);
  if (rows > 0) return rows;
  throw new BackendError('simd', `filters of ${taps} taps over ${length} channels do not fit the kernels' memory`);
}

/** Rows of an item, and elements of the sum of a part at least, when the left side is read by columns. */
const MAX_TRANSPOSED_ITEM_ROWS = 256;
const MIN_PART = 512;

/** And at most, as a float that many others are added to loses what is small beside it. */
const MAX_PART = 8192;

/**
 * result = left^T * right (+ bias), then the activation. The left side's rows have `length` floats, for each of the taps of
 * its window if it has one; `right.k` is the length of the sum.
 */
export function multiplyTransposed(
  device: SimdDevice,
  { left, right, batch = 1, m, result, bias, activation }: Product,
): void {
  const { k, n } = right;
  const blocksDown = Math.ceil(m / MAX_TRANSPOSED_ITEM_ROWS);
  const itemRows = ROWS * Math.ceil(m / blocksDown / ROWS);
  const canSplit = batch === 1 && !bias && !activation;
  // enough items for the threads to share: by columns, or else by parts of the sum, which are added afterwards
  const wanted = Math.ceil(MIN_ITEMS / (batch * blocksDown));
  const partLength = canSplit ? Math.min(Math.max(Math.ceil(k / wanted), MIN_PART), MAX_PART) : k;
  const parts = Math.ceil(k / partLength);
  const itemColumns = COLUMNS * Math.ceil(Math.ceil(n / COLUMNS) / Math.ceil(wanted / parts));
  const panels = panelsOf(device, right, m);
  const run = (target: number) =>
    device.run('transposedProduct', {
      integers: [
        ...[left.pointer, left.length, panels.pointer, panels.panelStep, panels.rowStep],
        ...[target, n, bias ? pointer(bias) : 0, activationId(activation), k, partLength],
        ...[left.batchStep ?? 0, panels.batchStep, 4 * m * n, itemColumns, Number(left.windows !== undefined)],
        ...[itemRows, m, parts],
      ],
      windows: left.windows,
      items: batch * parts * Math.ceil(m / itemRows) * Math.ceil(n / itemColumns),
      work: 2 * batch * m * n * k,
    });
  sumParts(device, parts, [m, n], result, run);
  panels.release();
}

const textOf = ({ count, first, step }: Taps) => `${count} ${first} ${step}`;

/**
 * The right side as panels: packed, unless it is read but a few times. What is used again unchanged, as weights are in
 * inference, stays packed.
 */
function panelsOf(device: SimdDevice, right: RightSide, m: number): Panels {
  const { operand, k, n, transposed, batch = 1, tapsY = ONE_TAP, tapsX = ONE_TAP, filterWidth = 1 } = right;
  const key = `${k} ${n} ${transposed} ${batch} ${textOf(tapsY)} ${textOf(tapsX)} ${filterWidth}`;
  const kept = device.packed.use(operand.buffer, key);
  if (kept === 'first' && m < MIN_PACKED_ROWS && !transposed && tapsY === ONE_TAP) {
    return {
      pointer: pointer(operand),
      panelStep: 4 * COLUMNS,
      rowStep: 4 * n,
      batchStep: batch === 1 ? 0 : 4 * k * n,
      release: () => {},
    };
  }
  const rows = k * tapsY.count * tapsX.count;
  const panels = (packed: SimdBuffer, release: () => void): Panels => ({
    pointer: packed.pointer,
    panelStep: 4 * COLUMNS * rows,
    rowStep: 4 * COLUMNS,
    batchStep: batch === 1 ? 0 : 4 * COLUMNS * rows * Math.ceil(n / COLUMNS),
    release,
  });
  if (typeof kept === 'object') return panels(kept, () => {});
  const packed = pack(device, right);
  if (kept === 'first') return panels(packed, () => device.release(packed));
  device.keepPacked(operand.buffer, key, packed);
  return panels(packed, () => {});
}

/** A new buffer with the panels of 8 columns of a right side: [batch, panels, taps * k, 8]. */
export function pack(
  device: SimdDevice,
  { operand, k, n, transposed, batch = 1, tapsY = ONE_TAP, tapsX = ONE_TAP, filterWidth = 1 }: RightSide,
): SimdBuffer {
  const count = Math.ceil(n / COLUMNS);
  const rows = k * tapsY.count * tapsX.count;
  const packed = device.allocate([batch, count, rows, COLUMNS]);
  device.run('pack', {
    integers: [
      ...[pointer(operand), packed.pointer, k, n, Number(transposed), count, batch === 1 ? 0 : 4 * k * n],
      ...[tapsY.count, tapsY.first, tapsY.step, tapsX.count, tapsX.first, tapsX.step, filterWidth],
    ],
    items: batch * count,
    work: batch * rows * n * MEMORY_BOUND,
  });
  return packed;
}
