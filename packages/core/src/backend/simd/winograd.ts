/** @file Convolutions of 3 x 3 taps in fewer multiplications: calls of the kernels in assembly/winograd.ts. */
import type { Activation, Operand } from '../backend.ts';
import { pointer, SCRATCH_BYTES, type SimdDevice } from './device.ts';
import { activationId, MEMORY_BOUND } from './elementwise.ts';
import type { SimdBuffer } from './memory.ts';
import { COLUMNS, pack, type RightSide, ROWS } from './product.ts';
import { sumParts } from './reduce.ts';
import { blocks } from './walk.ts';
import type { Windows } from './window.ts';

/** Elements of a transformed tile of 4 x 4 pixels, which gives 2 x 2 results. */
const POINTS = 16;

/** With fewer channels, transforming them takes longer than the multiplications that it spares. */
const MIN_CHANNELS = 16;

/** Multiplications of the usual way for each of this one, from which on it pays. */
const MIN_GAIN = 1.4;

/** Tiles of an item; less and the filter is read too often, more and they leave the cache. */
const MIN_ITEM_TILES = 16;
const MAX_ITEM_TILES = 128;

/** Bytes of the scratch memory for a line of zeros, which limits the channels, and a table. */
const ZERO_BYTES = 64 * 1024;
const MAX_CHANNELS = 4000;

/** Items that a convolution should have, for the threads to share. */
const MIN_ITEMS = 16;

/** The sums of a derivative are divided by channels, and into parts, by tiles, if that does not give enough items. */
const MAX_SLICE = 128;
const GRADIENT_ITEMS = 8;
const MIN_PART_TILES = 64;
const MAX_PART_TILES = 8192;

/** A convolution of stride 1: k channels of the source become n of the result. */
export interface Filtering {
  readonly source: number;
  readonly windows: Windows;
  readonly batch: number;
  readonly k: number;
  readonly n: number;
}

/** Whether it pays: 3 x 3 neighbouring taps with a stride of 1, and enough of everything. */
export function canFilter({ windows, k, n }: Filtering): boolean {
  const isSimple = windows.every(
    ({ source, grid, step, first, taps, tapStep, resultStep }) =>
      taps.count === 3 && step === 1 && tapStep === 1 && resultStep === 1 && first >= -2 && grid + first <= source,
  );
  const [y, x] = windows;
  const gain = (9 * y.grid * x.grid) / (POINTS * Math.ceil(y.grid / 2) * Math.ceil(x.grid / 2));
  const isLarge = k >= MIN_CHANNELS && k <= MAX_CHANNELS && n >= MIN_CHANNELS && gain >= MIN_GAIN;
  return isSimple && isLarge && tilesInScratch(k, n) >= MIN_ITEM_TILES;
}

/** result = the convolution of the source (+ bias), then the activation. */
export function applyFilter(
  device: SimdDevice,
  filtering: Filtering,
  right: RightSide,
  result: SimdBuffer,
  bias?: Operand,
  activation?: Activation,
): void {
  const { windows, k, n } = filtering;
  const tiles = tilesOf(filtering);
  const shared = ROWS * Math.ceil(tiles / MIN_ITEMS / ROWS);
  const itemTiles = Math.min(Math.max(shared, MIN_ITEM_TILES), tilesInScratch(k, n));
  const { panels, release } = transformedFilter(device, right);
  device.run('winograd', {
    integers: [
      ...integersOf(filtering, itemTiles),
      ...[panels.pointer, result.pointer, n, bias ? pointer(bias) : 0, activationId(activation)],
    ],
    windows,
    items: Math.ceil(tiles / itemTiles),
    work: 2 * POINTS * tiles * k * n,
  });
  release();
}

/** result = the derivative of the convolution by its filter. */
export function filterGradient(device: SimdDevice, filtering: Filtering, dy: Operand, result: SimdBuffer): void {
  const { windows, k, n } = filtering;
  const tiles = tilesOf(filtering);
  const slices = Math.ceil(k / MAX_SLICE);
  const slice = ROWS * Math.ceil(k / slices / ROWS);
  const shared = Math.max(Math.ceil(tiles / Math.ceil(GRADIENT_ITEMS / slices)), MIN_PART_TILES);
  const partTiles = Math.min(shared, MAX_PART_TILES);
  const parts = Math.ceil(tiles / partTiles);
  const blockTiles = ROWS * oddAtMost(tilesInScratch(slice, n) / ROWS);
  const sums = device.allocate([POINTS, k, n]);
  sumParts(device, parts, [POINTS, k, n], sums, (target) =>
    device.run('winogradGradientSums', {
      integers: [...integersOf(filtering, blockTiles), ...[pointer(dy), target, n, partTiles, slice]],
      windows,
      items: parts * Math.ceil(k / slice),
      work: 2 * POINTS * tiles * k * n,
    }),
  );
  device.run('winogradGradient', {
    integers: [sums.pointer, result.pointer, k * n],
    items: blocks(k * n),
    work: POINTS * k * n * MEMORY_BOUND,
  });
  device.release(sums);
}

/**
 * The kernel writes a tile's points that many cache lines apart. By a power of two they would all be written to the same few
 * sets of the cache, and take twice as long.
 */
const oddAtMost = (n: number) => n - 1 + (n % 2);

/** The transformed filter, [panels, 16, k, 8]; that of weights which are used again is kept. */
function transformedFilter(device: SimdDevice, right: RightSide): { panels: SimdBuffer; release: () => void } {
  const { operand, k, n, transposed } = right;
  const key = `winograd ${k} ${n} ${transposed}`;
  const kept = device.packed.use(operand.buffer, key);
  if (typeof kept === 'object') return { panels: kept, release: () => {} };
  const packed = pack(device, right);
  const count = Math.ceil(n / COLUMNS);
  const panels = device.allocate([count, POINTS, k, COLUMNS]);
  device.run('winogradFilter', {
    integers: [packed.pointer, panels.pointer, k],
    items: count,
    work: POINTS * k * n * MEMORY_BOUND,
  });
  device.release(packed);
  if (kept === 'first') return { panels, release: () => device.release(panels) };
  device.keepPacked(operand.buffer, key, panels);
  return { panels, release: () => {} };
}

/** Integers that the kernels share. */
function integersOf(filtering: Filtering, itemTiles: number): number[] {
  const { source, windows, k } = filtering;
  const [y, x] = windows;
  return [source, k, tilesOf(filtering), itemTiles, Math.ceil(y.grid / 2), Math.ceil(x.grid / 2)];
}

const tilesOf = ({ batch, windows: [y, x] }: Filtering) => batch * Math.ceil(y.grid / 2) * Math.ceil(x.grid / 2);

/** Tiles whose transformed pixels and products fit the scratch memory, a multiple of a tile's rows. */
function tilesInScratch(k: number, n: number): number {
  const padded = (channels: number) => COLUMNS * Math.ceil(channels / COLUMNS);
  const rest = SCRATCH_BYTES - ZERO_BYTES;
  const tiles = Math.floor(rest / (4 * POINTS * (padded(k) + padded(n))));
  return Math.min(ROWS * Math.floor(tiles / ROWS), MAX_ITEM_TILES);
}
