/**
 * @file Convolutions of 3 x 3 taps with a stride of 1 by minimal filtering, F(2x2, 3x3) of Winograd (1980) in the form of
 * Lavin & Gray (2016): four neighbouring results Y are A^T [(G g G^T) * (B^T d B)] A of the filter g and the 4 x 4 pixels
 * d under them. The products in the middle are elementwise, so that over all channels they are 16 matrix products, of 16
 * multiplications in place of 36.
 */
import { int, pointer, scratch } from './job';
import { COLUMNS, Five, Four, RUNS, tile, tileRows } from './tile';
import { activate, bound, isBound, isSmooth } from './unary';
import { at, storeLanes } from './vector';
import { FIRST, GRID, SOURCE, X } from './window';

/** Elements of a transformed tile. */
export const POINTS: i32 = 16;

/** Numbers of the parameters that both directions share. */
export const SOURCE_POINTER: usize = 0;
export const CHANNELS: usize = 1;
export const TILES: usize = 2;
export const ITEM_TILES: usize = 3;
const DOWN: usize = 4;
const ACROSS: usize = 5;

/** The image that a tile of 2 x 2 results is in, and its first result's line and column. Set by locate(). */
export let image: i32 = 0;
export let row: i32 = 0;
export let column: i32 = 0;

export function locate(args: usize, tile: i32): void {
  const line = tile / int(args, ACROSS);
  column = 2 * (tile - line * int(args, ACROSS));
  image = line / int(args, DOWN);
  row = 2 * (line - image * int(args, DOWN));
}

/** All bits set if position `i` is inside of an axis of this size, else none. */
export function inside(i: i32, size: i32): v128 {
  return i32x4.splat(<u32>i < <u32>size ? -1 : 0);
}

/** How two lines of d make a line of B^T d. */
abstract class Pair {
  abstract value(a: v128, b: v128): v128;
}

class Sum extends Pair {
  value(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}

class Difference extends Pair {
  value(a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}

/** A line of B^T d B for all channels, from two of d's lines, given the columns' offsets and masks. */
function imageLine<P extends Pair>(
  a: usize,
  b: usize,
  channels: i32,
  o0: usize,
  o1: usize,
  o2: usize,
  o3: usize,
  m0: v128,
  m1: v128,
  m2: v128,
  m3: v128,
  y: usize,
  vectorStep: usize,
  pointStep: usize,
): void {
  const pair = changetype<P>(0);
  for (let c = 0; c < channels; c += 4) {
    const t0 = v128.and(m0, pair.value(v128.load(a + o0), v128.load(b + o0)));
    const t1 = v128.and(m1, pair.value(v128.load(a + o1), v128.load(b + o1)));
    const t2 = v128.and(m2, pair.value(v128.load(a + o2), v128.load(b + o2)));
    const t3 = v128.and(m3, pair.value(v128.load(a + o3), v128.load(b + o3)));
    v128.store(y, f32x4.sub(t0, t2));
    v128.store(y + pointStep, f32x4.add(t1, t2));
    v128.store(y + 2 * pointStep, f32x4.sub(t2, t1));
    v128.store(y + 3 * pointStep, f32x4.sub(t1, t3));
    a += 16;
    b += 16;
    y += vectorStep;
  }
}

/**
 * B^T d B of the pixels under a tile, in some of their channels.
 * @param zeros what lines outside of the image read: as long as four pixels. Columns outside are masked.
 * @param y where the first four channels of the first point go, the next four `vectorStep` bytes further, and the next
 * point's `pointStep`
 */
export function transformImage(
  args: usize,
  tile: i32,
  firstChannel: i32,
  channels: i32,
  zeros: usize,
  y: usize,
  vectorStep: usize,
  pointStep: usize,
): void {
  locate(args, tile);
  const pixelBytes: usize = (<usize>int(args, CHANNELS)) << 2;
  const height = int(args, SOURCE);
  const width = int(args, SOURCE + X);
  const i = row + int(args, FIRST);
  const j = column + int(args, FIRST + X);
  const lineBytes = <usize>width * pixelBytes;
  const source = at(pointer(args, SOURCE_POINTER), firstChannel);
  const line = source + <usize>((image * height + i) * width + j) * pixelBytes;
  const l0 = <u32>i < <u32>height ? line : zeros;
  const l1 = <u32>(i + 1) < <u32>height ? line + lineBytes : zeros;
  const l2 = <u32>(i + 2) < <u32>height ? line + 2 * lineBytes : zeros;
  const l3 = <u32>(i + 3) < <u32>height ? line + 3 * lineBytes : zeros;
  // columns outside read one that is inside
  const first = max(-j, 0);
  const last = min(width - 1 - j, 3);
  const o0 = <usize>first * pixelBytes;
  const o1 = <usize>min(max(1, first), last) * pixelBytes;
  const o2 = <usize>min(max(2, first), last) * pixelBytes;
  const o3 = <usize>last * pixelBytes;
  const m0 = inside(j, width);
  const m1 = inside(j + 1, width);
  const m2 = inside(j + 2, width);
  const m3 = inside(j + 3, width);
  const next = 4 * pointStep;
  imageLine<Difference>(l0, l2, channels, o0, o1, o2, o3, m0, m1, m2, m3, y, vectorStep, pointStep);
  imageLine<Sum>(l1, l2, channels, o0, o1, o2, o3, m0, m1, m2, m3, y + next, vectorStep, pointStep);
  imageLine<Difference>(l2, l1, channels, o0, o1, o2, o3, m0, m1, m2, m3, y + 2 * next, vectorStep, pointStep);
  imageLine<Difference>(l1, l3, channels, o0, o1, o2, o3, m0, m1, m2, m3, y + 3 * next, vectorStep, pointStep);
}

/** G g G^T of packed filters: [panels, 9, k, 8] to [panels, 16, k, 8]. An item is a panel. Integers: filter, result, k. */
export function winogradFilter(args: usize, start: i32, end: i32): void {
  const step: usize = (<usize>int(args, 2)) << 5;
  const half = f32x4.splat(0.5);
  for (let item = start; item < end; item++) {
    const filter = pointer(args, 0) + 9 * <usize>item * step;
    const y = pointer(args, 1) + <usize>POINTS * <usize>item * step;
    for (let i: usize = 0; i < step; i += 16) {
      for (let p: usize = 0; p < 4; p++) {
        // row p of G g: the first tap, half of the sum of all with either sign of the second, the last tap
        const g = filter + i + (p === 3 ? 6 * step : 0);
        let t0 = v128.load(g);
        let t1 = v128.load(g + step);
        let t2 = v128.load(g + 2 * step);
        if (p === 1 || p === 2) {
          const g1 = g + 3 * step;
          const g2 = g + 6 * step;
          const sign = f32x4.splat(p === 1 ? 1 : -1);
          t0 = f32x4.mul(half, f32x4.add(f32x4.add(t0, v128.load(g2)), f32x4.mul(sign, v128.load(g1))));
          t1 = f32x4.mul(half, f32x4.add(f32x4.add(t1, v128.load(g2 + step)), f32x4.mul(sign, v128.load(g1 + step))));
          t2 = f32x4.mul(
            half,
            f32x4.add(f32x4.add(t2, v128.load(g2 + 2 * step)), f32x4.mul(sign, v128.load(g1 + 2 * step))),
          );
        }
        const target = y + i + 4 * p * step;
        const outer = f32x4.add(t0, t2);
        v128.store(target, t0);
        v128.store(target + step, f32x4.mul(half, f32x4.add(outer, t1)));
        v128.store(target + 2 * step, f32x4.mul(half, f32x4.sub(outer, t1)));
        v128.store(target + 3 * step, t2);
      }
    }
  }
}

/** y = bound(v + bias) for those of two neighbouring pixels that exist. */
function storeTwo(y: usize, step: usize, v0: v128, v1: v128, bias: v128, id: i32, lanes: i32, pixels: i32): void {
  v0 = f32x4.add(v0, bias);
  v1 = f32x4.add(v1, bias);
  const isBounded = isBound(id);
  storeLanes(y, isBounded ? bound(id, v0) : v0, lanes);
  if (pixels > 1) storeLanes(y + step, isBounded ? bound(id, v1) : v1, lanes);
}

/** A^T m A of a tile's products, then bias and activation. Integers as for winograd(). */
function transformResult(args: usize, tile: i32, products: usize, pointStep: usize): void {
  locate(args, tile);
  const n = int(args, 8);
  const bias = pointer(args, 9);
  const id = int(args, 10);
  const height = int(args, GRID);
  const width = int(args, GRID + X);
  const pixelBytes: usize = (<usize>n) << 2;
  const lineBytes = <usize>width * pixelBytes;
  const y = pointer(args, 7) + <usize>((image * height + row) * width + column) * pixelBytes;
  const lines = min(height - row, 2);
  const pixels = min(width - column, 2);
  for (let c = 0; c < n; c += 4) {
    let m = at(products, c);
    // the lines of A^T m are sums of m's, 1 1 1 0 and 0 1 -1 -1; columns alike
    let upper0 = v128.load(m);
    let upper1 = v128.load(m + pointStep);
    let upper2 = v128.load(m + 2 * pointStep);
    let upper3 = v128.load(m + 3 * pointStep);
    m += 4 * pointStep;
    let lower0 = v128.load(m);
    let lower1 = v128.load(m + pointStep);
    let lower2 = v128.load(m + 2 * pointStep);
    let lower3 = v128.load(m + 3 * pointStep);
    upper0 = f32x4.add(upper0, lower0);
    upper1 = f32x4.add(upper1, lower1);
    upper2 = f32x4.add(upper2, lower2);
    upper3 = f32x4.add(upper3, lower3);
    m += 4 * pointStep;
    let v = v128.load(m);
    upper0 = f32x4.add(upper0, v);
    lower0 = f32x4.sub(lower0, v);
    v = v128.load(m + pointStep);
    upper1 = f32x4.add(upper1, v);
    lower1 = f32x4.sub(lower1, v);
    v = v128.load(m + 2 * pointStep);
    upper2 = f32x4.add(upper2, v);
    lower2 = f32x4.sub(lower2, v);
    v = v128.load(m + 3 * pointStep);
    upper3 = f32x4.add(upper3, v);
    lower3 = f32x4.sub(lower3, v);
    m += 4 * pointStep;
    lower0 = f32x4.sub(lower0, v128.load(m));
    lower1 = f32x4.sub(lower1, v128.load(m + pointStep));
    lower2 = f32x4.sub(lower2, v128.load(m + 2 * pointStep));
    lower3 = f32x4.sub(lower3, v128.load(m + 3 * pointStep));
    const b = bias === 0 ? f32x4.splat(0) : v128.load(at(bias, c));
    const target = at(y, c);
    const left = f32x4.add(f32x4.add(upper0, upper1), upper2);
    const right = f32x4.sub(f32x4.sub(upper1, upper2), upper3);
    storeTwo(target, pixelBytes, left, right, b, id, n - c, pixels);
    if (lines > 1) {
      const left = f32x4.add(f32x4.add(lower0, lower1), lower2);
      const right = f32x4.sub(f32x4.sub(lower1, lower2), lower3);
      storeTwo(target + lineBytes, pixelBytes, left, right, b, id, n - c, pixels);
    }
  }
  if (isSmooth(id)) {
    for (let line = 0; line < lines; line++) activate(id, y + <usize>line * lineBytes, pixels * n);
  }
}

/**
 * An item is a block of tiles. Integers: source, channels, tiles, tiles of an item, tiles down and across an image, the
 * filter (transformed), result, n, bias (or 0), activation (or -1); and a window.
 */
export function winograd(args: usize, start: i32, end: i32): void {
  const channels = int(args, CHANNELS);
  const tiles = int(args, TILES);
  const itemTiles = int(args, ITEM_TILES);
  const filter = pointer(args, 6);
  const n = int(args, 8);
  const bytes: usize = (<usize>channels) << 2;
  const imageBytes: usize = (bytes + 15) & ~15;
  const productBytes: usize = (<usize>((n + COLUMNS - 1) / COLUMNS)) << 5;
  const panelBytes = bytes << 3;
  const images = scratch();
  const products = images + <usize>(POINTS * itemTiles) * imageBytes;
  const zeros = products + <usize>(POINTS * itemTiles) * productBytes;
  const table = zeros + 4 * bytes + 16;
  memory.fill(zeros, 0, 4 * bytes + 16);
  for (let item = start; item < end; item++) {
    const first = item * itemTiles;
    const count = min(itemTiles, tiles - first);
    for (let t = 0; t < count; t++) {
      const y = images + <usize>t * imageBytes;
      transformImage(args, first + t, 0, channels, zeros, y, 16, <usize>itemTiles * imageBytes);
    }
    for (let point = 0; point < POINTS; point++) {
      const a = images + <usize>(point * itemTiles) * imageBytes;
      const y = products + <usize>(point * itemTiles) * productBytes;
      for (let c = 0; c < n; c += COLUMNS) {
        const panel = filter + <usize>((c / COLUMNS) * POINTS + point) * panelBytes;
        for (let t = 0; t < count; ) {
          const height = tileRows(count - t);
          // rows behind the last tile are computed, too: there is room for them
          for (let r = 0; r < height; r++) {
            store<u32>(at(table, r), y + <usize>(t + r) * productBytes);
            store<u32>(at(table, r), a + <usize>(t + r) * imageBytes, RUNS);
          }
          const column: usize = (<usize>c) << 2;
          if (height === 5) tile<Five>(table, 1, bytes, panel, 32, column, 0, false, height, COLUMNS, -1);
          else tile<Four>(table, 1, bytes, panel, 32, column, 0, false, height, COLUMNS, -1);
          t += height;
        }
      }
    }
    for (let t = 0; t < count; t++) {
      transformResult(args, first + t, products + <usize>t * productBytes, <usize>itemTiles * productBytes);
    }
  }
}
