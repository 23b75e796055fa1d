/** @file Depthwise convolutions: vectors of four channels, and four windows at a time that share the loads of the filter. */
import { int, pointer } from './job';
import { activate, bound, isBound, isSmooth } from './unary';
import { at, madd, storeEight, storeLanes } from './vector';
import {
  endPosition,
  endTap,
  FIRST,
  firstPosition,
  firstTap,
  GRID,
  RESULT_STEP,
  resultPixel,
  SOURCE,
  STEP,
  TAP_STEP,
  TAPS,
  X,
} from './window';

/** What an item's windows have in common; steps are in bytes. The taps are those inside of the image. */
let channels: i32 = 0;
let tapsY: i32 = 0;
let tapsX: i32 = 0;
let lineStep: usize = 0;
let tapStep: usize = 0;
let filterLineStep: usize = 0;
let filterStep: usize = 0;
/** From one window to its right neighbour, in the source and in the result. */
let windowStep: usize = 0;
let resultStep: usize = 0;

let bias: usize = 0;
let activation: i32 = 0;

function finish(y: usize, v: v128, lanes: i32): void {
  storeLanes(y, isBound(activation) ? bound(activation, v) : v, lanes);
}

/** Four windows next to each other. */
function fourWindows(x: usize, filter: usize, y: usize): void {
  const rows = tapsY;
  const columns = tapsX;
  const nextTap = tapStep;
  const nextWeight = filterStep;
  const nextLine = lineStep;
  const nextFilterLine = filterLineStep;
  const step1 = windowStep;
  const step2 = step1 + step1;
  const step3 = step2 + step1;
  for (let c = 0; c < channels; c += 4) {
    let s0 = bias === 0 ? f32x4.splat(0) : v128.load(at(bias, c));
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let line = at(x, c);
    let filterLine = at(filter, c);
    for (let ty = rows; ty > 0; ty--) {
      let source = line;
      let weights = filterLine;
      for (let tx = columns; tx > 0; tx--) {
        const w = v128.load(weights);
        s0 = madd(v128.load(source), w, s0);
        s1 = madd(v128.load(source + step1), w, s1);
        s2 = madd(v128.load(source + step2), w, s2);
        s3 = madd(v128.load(source + step3), w, s3);
        source += nextTap;
        weights += nextWeight;
      }
      line += nextLine;
      filterLine += nextFilterLine;
    }
    const lanes = channels - c;
    let target = at(y, c);
    finish(target, s0, lanes);
    target += resultStep;
    finish(target, s1, lanes);
    target += resultStep;
    finish(target, s2, lanes);
    target += resultStep;
    finish(target, s3, lanes);
  }
}

/** The pixel at x, or zeros if its column is outside of the image. */
function pixel(x: usize, column: i32, width: i32): v128 {
  return <u32>column < <u32>width ? v128.load(x) : f32x4.splat(0);
}

/**
 * A row of windows of 3 x 3 neighbouring taps with a stride of 1 or 2: nine weights stay in registers while the windows
 * slide over three lines, and each pixel is read once. The sums of windows that are not complete wait in s0 and s1.
 * @typeParam Stride a type of as many bytes: the compiler then knows the stride
 * @param x the pixel under the first tap, and `column` its column: no less than -2, or -1 with a stride of 2
 * @param firstY the first of the `tapsY` lines that are inside of the image; the others have weights of 0
 */
function slide<Stride>(x: usize, firstY: i32, column: i32, width: i32, filter: usize, y: usize, count: i32): void {
  const step: usize = (<usize>channels) << 2;
  const endY = firstY + tapsY;
  const inside = x + <usize>firstY * lineStep;
  const line1 = (firstY <= 1 && endY > 1 ? x + lineStep : inside) - inside;
  const line2 = (endY > 2 ? x + 2 * lineStep : inside) - inside;
  const zero = f32x4.splat(0);
  const id = activation;
  for (let c = 0; c < channels; c += 4) {
    const lanes = channels - c;
    let w = at(filter, c);
    const has0 = firstY === 0;
    const w0 = has0 ? v128.load(w) : zero;
    const w1 = has0 ? v128.load(w + filterStep) : zero;
    const w2 = has0 ? v128.load(w + 2 * filterStep) : zero;
    w += filterLineStep;
    const has1 = firstY <= 1 && endY > 1;
    const w3 = has1 ? v128.load(w) : zero;
    const w4 = has1 ? v128.load(w + filterStep) : zero;
    const w5 = has1 ? v128.load(w + 2 * filterStep) : zero;
    w += filterLineStep;
    const has2 = endY > 2;
    const w6 = has2 ? v128.load(w) : zero;
    const w7 = has2 ? v128.load(w + filterStep) : zero;
    const w8 = has2 ? v128.load(w + 2 * filterStep) : zero;
    const initial = bias === 0 ? zero : v128.load(at(bias, c));
    let source = at(inside, c);
    let target = at(y, c);
    let p = pixel(source, column, width);
    let q = pixel(source + line1, column, width);
    let r = pixel(source + line2, column, width);
    let s0 = madd(r, w6, madd(q, w3, madd(p, w0, initial)));
    let s1 = initial;
    if (sizeof<Stride>() === 1) {
      source += step;
      p = pixel(source, column + 1, width);
      q = pixel(source + line1, column + 1, width);
      r = pixel(source + line2, column + 1, width);
      s0 = madd(r, w7, madd(q, w4, madd(p, w1, s0)));
      s1 = madd(r, w6, madd(q, w3, madd(p, w0, initial)));
    }
    // windows whose last column is inside of the image
    const whole = sizeof<Stride>() === 1 ? width - column - 2 : (width - column - 1) >> 1;
    let j = min(max(whole, 0), count);
    const rest = count - j;
    for (; j > 0; j--) {
      source += step;
      p = v128.load(source);
      q = v128.load(source + line1);
      r = v128.load(source + line2);
      if (sizeof<Stride>() === 2) {
        s0 = madd(r, w7, madd(q, w4, madd(p, w1, s0)));
        source += step;
        p = v128.load(source);
        q = v128.load(source + line1);
        r = v128.load(source + line2);
        s1 = initial;
      }
      const sum = madd(r, w8, madd(q, w5, madd(p, w2, s0)));
      storeLanes(target, isBound(id) ? bound(id, sum) : sum, lanes);
      target += resultStep;
      if (sizeof<Stride>() === 1) {
        s0 = madd(r, w7, madd(q, w4, madd(p, w1, s1)));
        s1 = madd(r, w6, madd(q, w3, madd(p, w0, initial)));
      } else s0 = madd(r, w6, madd(q, w3, madd(p, w0, s1)));
    }
    let next = column + 1 + (count - rest) * <i32>sizeof<Stride>();
    for (j = rest; j > 0; j--) {
      if (sizeof<Stride>() === 2) {
        source += step;
        p = pixel(source, next, width);
        q = pixel(source + line1, next, width);
        r = pixel(source + line2, next, width);
        s0 = madd(r, w7, madd(q, w4, madd(p, w1, s0)));
        source += step;
        next += 2;
        s1 = initial;
      }
      storeLanes(target, isBound(id) ? bound(id, s0) : s0, lanes);
      target += resultStep;
      s0 = s1;
      s1 = initial;
    }
  }
}

function oneWindow(x: usize, filter: usize, y: usize): void {
  for (let c = 0; c < channels; c += 4) {
    let sum = bias === 0 ? f32x4.splat(0) : v128.load(at(bias, c));
    let line = at(x, c);
    let filterLine = at(filter, c);
    for (let ty = tapsY; ty > 0; ty--) {
      let source = line;
      let weights = filterLine;
      for (let tx = tapsX; tx > 0; tx--) {
        sum = madd(v128.load(source), v128.load(weights), sum);
        source += tapStep;
        weights += filterStep;
      }
      line += lineStep;
      filterLine += filterLineStep;
    }
    finish(at(y, c), sum, channels - c);
  }
}

/** A row of windows of any size; `line` is the first line inside of the image, `filter` the taps that read it. */
function rowOfWindows(args: usize, line: usize, filter: usize, result: usize): void {
  const pixelBytes: usize = (<usize>channels) << 2;
  const columns = int(args, GRID + X);
  const allTapsX = int(args, TAPS + X);
  // windows that lie inside of the image from the first tap to the last
  const firstInside = firstPosition(args, X, 0);
  const endInside = endPosition(args, X, allTapsX - 1);
  let x = line + <usize>int(args, FIRST + X) * pixelBytes;
  for (let j = 0; j < columns; ) {
    if (j >= firstInside && j + 4 <= endInside) {
      tapsX = allTapsX;
      fourWindows(x, filter, result);
      result += 4 * resultStep;
      x += 4 * windowStep;
      j += 4;
    } else {
      const firstX = firstTap(args, X, j);
      tapsX = max(endTap(args, X, j) - firstX, 0);
      oneWindow(x + <usize>firstX * tapStep, filter + <usize>firstX * filterStep, result);
      result += resultStep;
      x += windowStep;
      j++;
    }
  }
}

/**
 * An item is a row of windows. Integers: source, filter, result, bias (or 0), activation (or -1), channels; the filter's
 * width and its taps as for pack(): first and step down, first and step along; and a window.
 */
export function depthwise(args: usize, start: i32, end: i32): void {
  channels = int(args, 5);
  bias = pointer(args, 3);
  activation = int(args, 4);
  const pixelBytes: usize = (<usize>channels) << 2;
  const width = int(args, SOURCE + X);
  const columns = int(args, GRID + X);
  const allTapsX = int(args, TAPS + X);
  lineStep = <usize>(int(args, TAP_STEP) * width) * pixelBytes;
  tapStep = <usize>int(args, TAP_STEP + X) * pixelBytes;
  filterLineStep = <usize>(int(args, 8) * int(args, 6)) * pixelBytes;
  filterStep = <usize>int(args, 10) * pixelBytes;
  windowStep = <usize>int(args, STEP + X) * pixelBytes;
  resultStep = <usize>int(args, RESULT_STEP + X) * pixelBytes;
  const firstFilter = pointer(args, 1) + <usize>(int(args, 7) * int(args, 6) + int(args, 9)) * pixelBytes;
  const firstColumn = int(args, FIRST + X);
  const stride = int(args, STEP + X);
  const canSlide =
    int(args, TAPS) === 3 &&
    allTapsX === 3 &&
    int(args, TAP_STEP + X) === 1 &&
    (stride === 1 ? firstColumn >= -2 : stride === 2 && firstColumn >= -1);
  for (let item = start; item < end; item++) {
    const image = item / int(args, GRID);
    const i = item - image * int(args, GRID);
    const firstY = firstTap(args, 0, i);
    tapsY = max(endTap(args, 0, i) - firstY, 0);
    const y = i * int(args, STEP) + int(args, FIRST);
    const line = pointer(args, 0) + <usize>((image * int(args, SOURCE) + y) * width) * pixelBytes;
    const result = pointer(args, 2) + <usize>resultPixel(args, image, i, 0) * pixelBytes;
    if (canSlide && tapsY > 0) {
      const x = line + <usize>firstColumn * pixelBytes;
      if (stride === 1) slide<i8>(x, firstY, firstColumn, width, firstFilter, result, columns);
      else slide<i16>(x, firstY, firstColumn, width, firstFilter, result, columns);
    } else rowOfWindows(args, line + <usize>firstY * lineStep, firstFilter + <usize>firstY * filterLineStep, result);
    if (isSmooth(activation)) activate(activation, result, columns * channels);
  }
}

/** Adds to three neighbouring taps' sums the products of `count` windows with what they read, eight channels at a time. */
function addThreeTaps(x: usize, dy: usize, count: i32, sums: usize): void {
  const nextWindow = windowStep;
  const x1Step = tapStep;
  const x2Step = x1Step + x1Step;
  const pixelBytes: usize = (<usize>channels) << 2;
  for (let c = 0; c < channels; c += 8) {
    let sum = at(sums, c);
    let s00 = v128.load(sum);
    let s01 = v128.load(sum, 16);
    sum += pixelBytes;
    let s10 = v128.load(sum);
    let s11 = v128.load(sum, 16);
    sum += pixelBytes;
    let s20 = v128.load(sum);
    let s21 = v128.load(sum, 16);
    let source = at(x, c);
    let gradient = at(dy, c);
    for (let j = count; j > 0; j--) {
      const d0 = v128.load(gradient);
      const d1 = v128.load(gradient, 16);
      s00 = madd(v128.load(source), d0, s00);
      s01 = madd(v128.load(source, 16), d1, s01);
      s10 = madd(v128.load(source + x1Step), d0, s10);
      s11 = madd(v128.load(source + x1Step, 16), d1, s11);
      s20 = madd(v128.load(source + x2Step), d0, s20);
      s21 = madd(v128.load(source + x2Step, 16), d1, s21);
      source += nextWindow;
      gradient += pixelBytes;
    }
    const lanes = channels - c;
    storeEight(sum, s20, s21, lanes);
    storeEight(sum - pixelBytes, s10, s11, lanes);
    storeEight(sum - 2 * pixelBytes, s00, s01, lanes);
  }
}

function addOneTap(x: usize, dy: usize, count: i32, sums: usize): void {
  const pixelBytes: usize = (<usize>channels) << 2;
  for (let c = 0; c < channels; c += 4) {
    let sum = v128.load(at(sums, c));
    let source = at(x, c);
    let gradient = at(dy, c);
    for (let j = count; j > 0; j--) {
      sum = madd(v128.load(source), v128.load(gradient), sum);
      source += windowStep;
      gradient += pixelBytes;
    }
    storeLanes(at(sums, c), sum, channels - c);
  }
}

/**
 * An item is a part of the rows of dy, with sums of its own: [parts, taps, channels]. Integers: x, dy, sums, rows of a
 * part, rows, channels; and a window.
 */
export function depthwiseGradFilter(args: usize, start: i32, end: i32): void {
  channels = int(args, 5);
  const pixelBytes: usize = (<usize>channels) << 2;
  const partRows = int(args, 3);
  const width = int(args, SOURCE + X);
  const columns = int(args, GRID + X);
  const taps = int(args, TAPS + X);
  tapStep = <usize>int(args, TAP_STEP + X) * pixelBytes;
  windowStep = <usize>int(args, STEP + X) * pixelBytes;
  const sumsBytes = <usize>(int(args, TAPS) * taps) * pixelBytes;
  for (let item = start; item < end; item++) {
    const sums = pointer(args, 2) + <usize>item * sumsBytes;
    memory.fill(sums, 0, sumsBytes);
    const endRow = min((item + 1) * partRows, int(args, 4));
    for (let row = item * partRows; row < endRow; row++) {
      const image = row / int(args, GRID);
      const i = row - image * int(args, GRID);
      const dy = pointer(args, 1) + <usize>(row * columns) * pixelBytes;
      const endY = endTap(args, 0, i);
      for (let ty = firstTap(args, 0, i); ty < endY; ty++) {
        const y = i * int(args, STEP) + int(args, FIRST) + ty * int(args, TAP_STEP);
        const line =
          pointer(args, 0) + <usize>((image * int(args, SOURCE) + y) * width + int(args, FIRST + X)) * pixelBytes;
        for (let tx = 0; tx < taps; tx++) {
          const x = line + <usize>tx * tapStep;
          const sum = sums + <usize>(ty * taps + tx) * pixelBytes;
          const first = firstPosition(args, X, tx);
          const last = endPosition(args, X, tx);
          const commonEnd = tx + 2 < taps ? endPosition(args, X, tx + 2) : 0;
          // windows that all three taps can read, and for each tap what lies before and behind
          if (tx + 2 < taps && first < commonEnd) {
            addThreeTaps(x + <usize>first * windowStep, dy + <usize>first * pixelBytes, commonEnd - first, sum);
            for (let k = 0; k < 3; k++) {
              const start = firstPosition(args, X, tx + k);
              const end = endPosition(args, X, tx + k);
              const from = x + <usize>k * tapStep;
              const to = sum + <usize>k * pixelBytes;
              addOneTap(from + <usize>start * windowStep, dy + <usize>start * pixelBytes, first - start, to);
              addOneTap(from + <usize>commonEnd * windowStep, dy + <usize>commonEnd * pixelBytes, end - commonEnd, to);
            }
            tx += 2;
          } else addOneTap(x + <usize>first * windowStep, dy + <usize>first * pixelBytes, last - first, sum);
        }
      }
    }
  }
}
