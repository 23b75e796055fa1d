/** @file Depthwise convolutions: vectors of four channels, and four windows at a time that share the loads of the filter. */
import { int, pointer } from './job';
import { activateSmooth, bound, isSmooth } from './unary';
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
  if (isSmooth(activation)) v = activateSmooth(activation, v);
  else if (activation >= 0) v = bound(activation, v);
  storeLanes(y, v, lanes);
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
  // windows of three taps that overlap need six pixels instead of twelve
  const overlap = columns === 3 && nextTap === step1;
  for (let c = 0; c < channels; c += 4) {
    let s0 = bias === 0 ? f32x4.splat(0) : v128.load(at(bias, c));
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let line = at(x, c);
    let filterLine = at(filter, c);
    for (let ty = rows; ty > 0; ty--) {
      if (overlap) {
        const w0 = v128.load(filterLine);
        const w1 = v128.load(filterLine + nextWeight);
        const w2 = v128.load(filterLine + 2 * nextWeight);
        s0 = madd(v128.load(line), w0, s0);
        let p = v128.load(line + step1);
        s0 = madd(p, w1, s0);
        s1 = madd(p, w0, s1);
        p = v128.load(line + step2);
        s0 = madd(p, w2, s0);
        s1 = madd(p, w1, s1);
        s2 = madd(p, w0, s2);
        p = v128.load(line + step3);
        s1 = madd(p, w2, s1);
        s2 = madd(p, w1, s2);
        s3 = madd(p, w0, s3);
        p = v128.load(line + step2 + step2);
        s2 = madd(p, w2, s2);
        s3 = madd(p, w1, s3);
        s3 = madd(v128.load(line + step2 + step3), w2, s3);
      } else {
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
  // windows that lie inside of the image from the first tap to the last
  const firstInside = firstPosition(args, X, 0);
  const endInside = endPosition(args, X, allTapsX - 1);
  for (let item = start; item < end; item++) {
    const image = item / int(args, GRID);
    const i = item - image * int(args, GRID);
    const firstY = firstTap(args, 0, i);
    tapsY = max(endTap(args, 0, i) - firstY, 0);
    const y = i * int(args, STEP) + int(args, FIRST) + firstY * int(args, TAP_STEP);
    const line = pointer(args, 0) + <usize>((image * int(args, SOURCE) + y) * width) * pixelBytes;
    const filter = firstFilter + <usize>firstY * filterLineStep;
    let result = pointer(args, 2) + <usize>resultPixel(args, image, i, 0) * pixelBytes;
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
