/** @file Reductions along an axis, and softmax. */
import { int, pointer } from './job';
import { exp, log } from './math';
import { at, choose, storeLanes } from './vector';

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
    return f32x4.max(a, b);
  }
}

class Min extends Fold {
  initial(): f32 {
    return Infinity;
  }
  fold(a: v128, b: v128): v128 {
    return f32x4.min(a, b);
  }
}

enum FoldId {
  Sum,
  Max,
  Min,
}

/** Vectors that are folded before the result goes into the next sum: it keeps rounding errors small. */
const RUN: i32 = 128;

/** The first `count` lanes, and `rest` in the others. */
function loadPadded(x: usize, count: i32, rest: v128): v128 {
  const lanes = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
  return choose(lanes, v128.load(x), rest);
}

/** Vectors that lie `step` bytes apart, at least one. */
function foldVectors<F extends Fold>(x: usize, count: i32, step: usize): v128 {
  let total = v128.load(x);
  for (let i = 1; i < count; i++) {
    x += step;
    total = changetype<F>(0).fold(total, v128.load(x));
  }
  return total;
}

/** `count` neighbouring floats. */
function foldRow<F extends Fold>(x: usize, count: i32): f32 {
  const f = changetype<F>(0);
  const initial = f32x4.splat(f.initial());
  let total = initial;
  for (let i = 0; i < count >> 2; i += RUN) {
    total = f.fold(total, foldVectors<F>(at(x, i << 2), min((count >> 2) - i, RUN), 16));
  }
  if ((count & 3) !== 0) total = f.fold(total, loadPadded(at(x, count & ~3), count & 3, initial));
  total = f.fold(total, v128.shuffle<f32>(total, total, 2, 3, 0, 1));
  return f32x4.extract_lane(f.fold(total, v128.shuffle<f32>(total, total, 1, 0, 3, 2)), 0);
}

function run<F extends Fold>(args: usize, start: i32, end: i32): void {
  const f = changetype<F>(0);
  const x = pointer(args, 1);
  const y = pointer(args, 2);
  const length = int(args, 3);
  const inner = int(args, 4);
  const parts = int(args, 5);
  const partLength = int(args, 6);
  const step: usize = (<usize>inner) << 2;
  for (let item = start; item < end; item++) {
    const outer = item / parts;
    const first = (item - outer * parts) * partLength;
    const count = min(partLength, length - first);
    const source = at(x, (outer * length + first) * inner);
    if (inner === 1) store<f32>(at(y, item), foldRow<F>(source, count));
    else {
      const result = at(y, item * inner);
      for (let row = 0; row < count; row += RUN) {
        const rows = min(count - row, RUN);
        for (let i = 0; i < inner; i += 4) {
          const part = foldVectors<F>(at(source, row * inner + i), rows, step);
          storeLanes(at(result, i), row === 0 ? part : f.fold(v128.load(at(result, i)), part), inner - i);
        }
      }
    }
  }
}

/**
 * [outer, length, inner] to [outer, parts, inner]. An item is a part. Integers: fn, x, y, length, inner, parts, length of a
 * part.
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
