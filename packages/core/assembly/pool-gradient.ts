/** @file The derivatives of pooling: what the windows give to their pixels. */
import { int, pointer } from './job';
import { endPixel, firstPixel } from './pool';
import { at, storeLanes } from './vector';
import { FIRST, GRID, SOURCE, STEP, TAPS, X } from './window';

/** How a window divides what it has among its pixels. */
abstract class Division {
  abstract whole(dy: v128, pixels: i32): v128;
  /** The lanes in which a pixel takes what there is, as a mask. */
  abstract takes(x: usize, y: v128): v128;
  /** What there is for the pixels after it. */
  abstract rest(whole: v128, takes: v128): v128;
}

/** All of it goes to the first pixel that is as large as the result; to the first one if that is NaN. */
class ToFirstLargest extends Division {
  whole(dy: v128, _pixels: i32): v128 {
    return dy;
  }
  takes(x: usize, y: v128): v128 {
    return v128.or(f32x4.eq(v128.load(x), y), f32x4.ne(y, y));
  }
  rest(whole: v128, takes: v128): v128 {
    return v128.andnot(whole, takes);
  }
}

/** Each pixel gets the same. */
class Equal extends Division {
  whole(dy: v128, pixels: i32): v128 {
    return f32x4.mul(dy, f32x4.splat(<f32>1 / <f32>pixels));
  }
  takes(_x: usize, _y: v128): v128 {
    return i32x4.splat(-1);
  }
  rest(whole: v128, _takes: v128): v128 {
    return whole;
  }
}

/** Divides dy among a window's pixels, of which only those in rows from `first` on, before `last`, are written. */
function divide<D extends Division>(
  x: usize,
  toDx: usize,
  rowStep: usize,
  rows: i32,
  columns: i32,
  first: i32,
  last: i32,
  channels: i32,
  y: usize,
  dy: usize,
): void {
  const d = changetype<D>(0);
  const pixelStep: usize = (<usize>channels) << 2;
  const columnsStep = <usize>columns * pixelStep;
  const firstRow = x + <usize>first * rowStep;
  const end = x + <usize>last * rowStep;
  let c = 0;
  for (; c + 16 <= channels; c += 16) {
    const result = at(y, c);
    const y0 = v128.load(result);
    const y1 = v128.load(result, 16);
    const y2 = v128.load(result, 32);
    const y3 = v128.load(result, 48);
    const slope = at(dy, c);
    let rest0 = d.whole(v128.load(slope), rows * columns);
    let rest1 = d.whole(v128.load(slope, 16), rows * columns);
    let rest2 = d.whole(v128.load(slope, 32), rows * columns);
    let rest3 = d.whole(v128.load(slope, 48), rows * columns);
    for (let row = at(x, c); row < end; row += rowStep) {
      for (let pixel = row; pixel < row + columnsStep; pixel += pixelStep) {
        const takes0 = d.takes(pixel, y0);
        const takes1 = d.takes(pixel + 16, y1);
        const takes2 = d.takes(pixel + 32, y2);
        const takes3 = d.takes(pixel + 48, y3);
        if (row >= firstRow) {
          const dx = pixel + toDx;
          v128.store(dx, f32x4.add(v128.load(dx), v128.and(takes0, rest0)));
          v128.store(dx, f32x4.add(v128.load(dx, 16), v128.and(takes1, rest1)), 16);
          v128.store(dx, f32x4.add(v128.load(dx, 32), v128.and(takes2, rest2)), 32);
          v128.store(dx, f32x4.add(v128.load(dx, 48), v128.and(takes3, rest3)), 48);
        }
        rest0 = d.rest(rest0, takes0);
        rest1 = d.rest(rest1, takes1);
        rest2 = d.rest(rest2, takes2);
        rest3 = d.rest(rest3, takes3);
      }
    }
  }
  for (; c < channels; c += 4) {
    const largest = v128.load(at(y, c));
    let rest = d.whole(v128.load(at(dy, c)), rows * columns);
    for (let row = at(x, c); row < end; row += rowStep) {
      for (let pixel = row; pixel < row + columnsStep; pixel += pixelStep) {
        const takes = d.takes(pixel, largest);
        if (row >= firstRow) {
          const dx = pixel + toDx;
          storeLanes(dx, f32x4.add(v128.load(dx), v128.and(takes, rest)), channels - c);
        }
        rest = d.rest(rest, takes);
      }
    }
  }
}

function run<D extends Division>(args: usize, start: i32, end: i32): void {
  const x = pointer(args, 0);
  const toDx = pointer(args, 3) - x;
  const channels = int(args, 4);
  const bandRows = int(args, 5);
  const height = int(args, SOURCE);
  const width = int(args, SOURCE + X);
  const rowStep: usize = (<usize>(width * channels)) << 2;
  const bands = (height + bandRows - 1) / bandRows;
  for (let item = start; item < end; item++) {
    const n = item / bands;
    const image = x + <usize>(n * height) * rowStep;
    const firstRow = (item - n * bands) * bandRows;
    const endRow = min(firstRow + bandRows, height);
    memory.fill(image + toDx + <usize>firstRow * rowStep, 0, <usize>(endRow - firstRow) * rowStep);
    const step = int(args, STEP);
    const firstWindow = max(firstRow - int(args, FIRST) - int(args, TAPS) + step, 0) / step;
    const endWindow = min((endRow - 1 - int(args, FIRST)) / step + 1, int(args, GRID));
    for (let i = firstWindow; i < endWindow; i++) {
      const top = firstPixel(args, 0, i);
      const bottom = endPixel(args, 0, i);
      let result = (n * int(args, GRID) + i) * int(args, GRID + X) * channels;
      for (let j = 0; j < int(args, GRID + X); j++) {
        const left = firstPixel(args, X, j);
        divide<D>(
          at(image + <usize>top * rowStep, left * channels),
          toDx,
          rowStep,
          bottom - top,
          endPixel(args, X, j) - left,
          max(firstRow - top, 0),
          min(endRow, bottom) - top,
          channels,
          at(pointer(args, 1), result),
          at(pointer(args, 2), result),
        );
        result += channels;
      }
    }
  }
}

/** An item is a band of rows of dx. Integers: x, y, dy, dx, channels, rows of a band; and a window. */
export function maxPoolGrad(args: usize, start: i32, end: i32): void {
  run<ToFirstLargest>(args, start, end);
}

/** An item is a band of rows of dx. Integers as above, with dx and dy in place of x and y. */
export function avgPoolGrad(args: usize, start: i32, end: i32): void {
  run<Equal>(args, start, end);
}
