/** @file Reductions along an axis, and softmax. */
import { BLOCK, int, pointer, scratch } from './job';
import { exp, log } from './math';
import { at, choose, larger, smaller, storeLanes } from './vector';

abstract class Fold {
  abstract initial(): f32;
  abstract fold(a: v128, b: v128): v128;
}

class Sum extends Fold {
  initial(): f32 {
    return 0;
  }
  fold(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}

class Max extends Fold {
  initial(): f32 {
    return -Infinity;
  }
  fold(a: v128, b: v128): v128 {
    return larger(a, b);
  }
}

class Min extends Fold {
  initial(): f32 {
    return Infinity;
  }
  fold(a: v128, b: v128): v128 {
    return smaller(a, b);
  }
}

enum FoldId {
  Sum,
  Max,
  Min,
}

/** The first `count` lanes, all of them if there are no more than four, and `rest` in the others. */
function loadPadded(x: usize, count: i32, rest: v128): v128 {
  const lanes = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
  return choose(lanes, v128.load(x), rest);
}

/** Folds `count` floats that follow each other. */
function foldRow<F extends Fold>(x: usize, count: i32): f32 {
  const f = changetype<F>(0);
  const initial = f32x4.splat(f.initial());
  let total = initial;
  while (count >= 16) {
    const length = min(count & ~15, BLOCK);
    const end = at(x, length);
    let v0 = initial;
    let v1 = initial;
    let v2 = initial;
    let v3 = initial;
    for (; x < end; x += 64) {
      v0 = f.fold(v0, v128.load(x));
      v1 = f.fold(v1, v128.load(x, 16));
      v2 = f.fold(v2, v128.load(x, 32));
      v3 = f.fold(v3, v128.load(x, 48));
    }
    total = f.fold(total, f.fold(f.fold(v0, v1), f.fold(v2, v3)));
    count -= length;
  }
  for (; count > 0; count -= 4) {
    total = f.fold(total, loadPadded(x, count, initial));
    x += 16;
  }
  const pairs = f.fold(total, v128.shuffle<f32>(total, total, 2, 3, 0, 1));
  return f32x4.extract_lane(f.fold(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2)), 0);
}

/** Folds `rows` rows of `columns` floats, `step` bytes apart, into `totals`, which has room for whole vectors. */
function foldColumns<F extends Fold>(x: usize, step: usize, rows: i32, columns: i32, totals: usize): void {
  const f = changetype<F>(0);
  const bytes: usize = (<usize>columns) << 2;
  for (let c: usize = 0; c < bytes; c += 16) v128.store(totals + c, f32x4.splat(f.initial()));
  // eight at a time, as a tree: the sums have fewer steps, and the totals are loaded less often
  for (; rows >= 8; rows -= 8) {
    for (let c: usize = 0; c < bytes; c += 16) {
      const row = x + c;
      const v01 = f.fold(v128.load(row), v128.load(row + step));
      const v23 = f.fold(v128.load(row + 2 * step), v128.load(row + 3 * step));
      const v45 = f.fold(v128.load(row + 4 * step), v128.load(row + 5 * step));
      const v67 = f.fold(v128.load(row + 6 * step), v128.load(row + 7 * step));
      const v = f.fold(f.fold(v01, v23), f.fold(v45, v67));
      v128.store(totals + c, f.fold(v128.load(totals + c), v));
    }
    x += 8 * step;
  }
  for (; rows > 0; rows--) {
    for (let c: usize = 0; c < bytes; c += 16) {
      v128.store(totals + c, f.fold(v128.load(totals + c), v128.load(x + c)));
    }
    x += step;
  }
}

function run<F extends Fold>(args: usize, start: i32, end: i32): void {
  const x = pointer(args, 1);
  const y = pointer(args, 2);
  const length = int(args, 3);
  const inner = int(args, 4);
  const parts = int(args, 5);
  const partLength = int(args, 6);
  const strip = int(args, 7);
  const strips = (inner + strip - 1) / strip;
  const totals = scratch();
  for (let item = start; item < end; item++) {
    const result = item / strips;
    const column = (item - result * strips) * strip;
    const outer = result / parts;
    const first = (result - outer * parts) * partLength;
    const count = min(partLength, length - first);
    const from = at(x, (outer * length + first) * inner + column);
    const to = at(y, result * inner + column);
    if (inner === 1) store<f32>(to, foldRow<F>(from, count));
    else {
      const columns = min(strip, inner - column);
      foldColumns<F>(from, (<usize>inner) << 2, count, columns, totals);
      memory.copy(to, totals, (<usize>columns) << 2);
    }
  }
}

/**
 * x as [outer, length, inner] to [outer, parts, inner]: each part folds partLength elements, or what is left of them. An
 * item is a strip of columns of a part. Integers: fold, x, y, length, inner, parts, partLength, columns of a strip.
 */
export function reduce(args: usize, start: i32, end: i32): void {
  switch (int(args, 0)) {
    case FoldId.Sum:
      run<Sum>(args, start, end);
      break;
    case FoldId.Max:
      run<Max>(args, start, end);
      break;
    default:
      run<Min>(args, start, end);
  }
}

/** The position of the first largest. An item is an element of the result. Integers: x, y, length, inner. */
export function argMax(args: usize, start: i32, end: i32): void {
  const length = int(args, 2);
  const inner = int(args, 3);
  const step: usize = (<usize>inner) << 2;
  for (let item = start; item < end; item++) {
    const outer = item / inner;
    let x = at(pointer(args, 0), outer * length * inner + (item - outer * inner));
    let best = load<f32>(x);
    let position = 0;
    for (let i = 1; i < length; i++) {
      x += step;
      const candidate = load<f32>(x);
      if (candidate > best) {
        best = candidate;
        position = i;
      }
    }
    store<f32>(at(pointer(args, 1), item), <f32>position);
  }
}

/** Softmax of rows, or its logarithm. An item is a row. Integers: x, y, classes, whether the logarithm is wanted. */
export function softmax(args: usize, start: i32, end: i32): void {
  const classes = int(args, 2);
  for (let item = start; item < end; item++) {
    const x = at(pointer(args, 0), item * classes);
    const y = at(pointer(args, 1), item * classes);
    const largest = f32x4.splat(foldRow<Max>(x, classes));
    for (let i = 0; i < classes; i += 4) {
      storeLanes(at(y, i), exp(f32x4.sub(v128.load(at(x, i)), largest)), classes - i);
    }
    const total = f32x4.splat(foldRow<Sum>(y, classes));
    if (int(args, 3)) {
      const shift = log(total);
      for (let i = 0; i < classes; i += 4) {
        storeLanes(at(y, i), f32x4.sub(f32x4.sub(v128.load(at(x, i)), largest), shift), classes - i);
      }
    } else {
      for (let i = 0; i < classes; i += 4) storeLanes(at(y, i), f32x4.div(v128.load(at(y, i)), total), classes - i);
    }
  }
}
