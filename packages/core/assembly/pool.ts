/** @file Pooling: windows that slide over images, channel by channel. Their taps lie side by side, without dilation. */
import { int, pointer } from './job';
import { at, larger, storeLanes } from './vector';
import { FIRST, GRID, SOURCE, STEP, TAPS, X } from './window';

abstract class Fold {
  abstract initial(): f32;
  abstract fold(total: v128, x: v128): v128;
  abstract finish(total: v128, share: v128): v128;
}

class Largest extends Fold {
  initial(): f32 {
    return -Infinity;
  }
  fold(total: v128, x: v128): v128 {
    return larger(total, x);
  }
  finish(total: v128, _share: v128): v128 {
    return total;
  }
}

class Average extends Fold {
  initial(): f32 {
    return 0;
  }
  fold(total: v128, x: v128): v128 {
    return f32x4.add(total, x);
  }
  finish(total: v128, share: v128): v128 {
    return f32x4.mul(total, share);
  }
}

/** The window at position i of an axis holds the pixels from firstPixel to endPixel. */
export function firstPixel(args: usize, axis: usize, i: i32): i32 {
  return max(i * int(args, STEP + axis) + int(args, FIRST + axis), 0);
}

export function endPixel(args: usize, axis: usize, i: i32): i32 {
  const end = i * int(args, STEP + axis) + int(args, FIRST + axis) + int(args, TAPS + axis);
  return min(end, int(args, SOURCE + axis));
}

/** Folds a window of rows x columns pixels, whose first is at x and whose rows begin `rowStep` bytes apart. */
function foldWindow<F extends Fold>(x: usize, rowStep: usize, rows: i32, columns: i32, channels: i32, y: usize): void {
  const f = changetype<F>(0);
  const share = f32x4.splat(<f32>1 / <f32>(rows * columns));
  const pixelStep: usize = (<usize>channels) << 2;
  const columnsStep = <usize>columns * pixelStep;
  const end = x + <usize>rows * rowStep;
  let c = 0;
  for (; c + 16 <= channels; c += 16) {
    let total0 = f32x4.splat(f.initial());
    let total1 = total0;
    let total2 = total0;
    let total3 = total0;
    for (let row = at(x, c); row < end; row += rowStep) {
      for (let pixel = row; pixel < row + columnsStep; pixel += pixelStep) {
        total0 = f.fold(total0, v128.load(pixel));
        total1 = f.fold(total1, v128.load(pixel, 16));
        total2 = f.fold(total2, v128.load(pixel, 32));
        total3 = f.fold(total3, v128.load(pixel, 48));
      }
    }
    const to = at(y, c);
    v128.store(to, f.finish(total0, share));
    v128.store(to, f.finish(total1, share), 16);
    v128.store(to, f.finish(total2, share), 32);
    v128.store(to, f.finish(total3, share), 48);
  }
  for (; c < channels; c += 4) {
    let total = f32x4.splat(f.initial());
    for (let row = at(x, c); row < end; row += rowStep) {
      for (let pixel = row; pixel < row + columnsStep; pixel += pixelStep) total = f.fold(total, v128.load(pixel));
    }
    storeLanes(at(y, c), f.finish(total, share), channels - c);
  }
}

function run<F extends Fold>(args: usize, start: i32, end: i32): void {
  const channels = int(args, 2);
  const width = int(args, SOURCE + X);
  const columns = int(args, GRID + X);
  const rowStep: usize = (<usize>(width * channels)) << 2;
  for (let item = start; item < end; item++) {
    const image = item / int(args, GRID);
    const i = item - image * int(args, GRID);
    const top = firstPixel(args, 0, i);
    const rows = endPixel(args, 0, i) - top;
    const x = at(pointer(args, 0), (image * int(args, SOURCE) + top) * width * channels);
    let y = at(pointer(args, 1), item * columns * channels);
    for (let j = 0; j < columns; j++) {
      const left = firstPixel(args, X, j);
      foldWindow<F>(at(x, left * channels), rowStep, rows, endPixel(args, X, j) - left, channels, y);
      y = at(y, channels);
    }
  }
}

/** An item is a row of windows. Integers: x, y, channels; and a window. */
export function maxPool(args: usize, start: i32, end: i32): void {
  run<Largest>(args, start, end);
}

/** An item is a row of windows. Integers: x, y, channels; and a window. */
export function avgPool(args: usize, start: i32, end: i32): void {
  run<Average>(args, start, end);
}
