/** @file Depthwise convolutions: vectors of four channels, and four windows at a time that share the loads of the filter. */
import { int, pointer } from './job';
import { activate } from './unary';
import { at, madd, storeLanes } from './vector';
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

/** Steps through the source and the filter, in bytes, and how many taps there are. */
let tapsY: i32 = 0;
let tapsX: i32 = 0;
let lineStep: usize = 0;
let tapStep: usize = 0;
let filterLineStep: usize = 0;
let filterStep: usize = 0;
/** From one window to its right neighbour. */
let windowStep: usize = 0;
let resultStep: usize = 0;

let channels: i32 = 0;
let bias: usize = 0;
let activation: i32 = 0;

function fourWindows(x: usize, filter: usize, y: usize): void {
  const x1Step = windowStep;
  const x2Step = 2 * windowStep;
  const x3Step = 3 * windowStep;
  for (let c = 0; c < channels; c += 4) {
    let s0 = bias === 0 ? f32x4.splat(0) : v128.load(at(bias, c));
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let line = at(x, c);
    let filterLine = at(filter, c);
    for (let ty = tapsY; ty > 0; ty--) {
      let source = line;
      let weights = filterLine;
      for (let tx = tapsX; tx > 0; tx--) {
        const w = v128.load(weights);
        s0 = madd(v128.load(source), w, s0);
        s1 = madd(v128.load(source + x1Step), w, s1);
        s2 = madd(v128.load(source + x2Step), w, s2);
        s3 = madd(v128.load(source + x3Step), w, s3);
        source += tapStep;
        weights += filterStep;
      }
      line += lineStep;
      filterLine += filterLineStep;
    }
    const lanes = channels - c;
    const target = at(y, c);
    storeLanes(target, activate(activation, s0), lanes);
    storeLanes(target + resultStep, activate(activation, s1), lanes);
    storeLanes(target + 2 * resultStep, activate(activation, s2), lanes);
    storeLanes(target + 3 * resultStep, activate(activation, s3), lanes);
  }
}

/** One window, of whose columns `columns` are inside of the image. */
function oneWindow(x: usize, filter: usize, y: usize, columns: i32): void {
  for (let c = 0; c < channels; c += 4) {
    let sum = bias === 0 ? f32x4.splat(0) : v128.load(at(bias, c));
    let line = at(x, c);
    let filterLine = at(filter, c);
    for (let ty = tapsY; ty > 0; ty--) {
      let source = line;
      let weights = filterLine;
      for (let tx = columns; tx > 0; tx--) {
        sum = madd(v128.load(source), v128.load(weights), sum);
        source += tapStep;
        weights += filterStep;
      }
      line += lineStep;
      filterLine += filterLineStep;
    }
    storeLanes(at(y, c), activate(activation, sum), channels - c);
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
  for (let item = start; item < end; item++) {
    const image = item / int(args, GRID);
    const i = item - image * int(args, GRID);
    const firstY = firstTap(args, 0, i);
    tapsY = max(endTap(args, 0, i) - firstY, 0);
    const y = i * int(args, STEP) + int(args, FIRST) + firstY * int(args, TAP_STEP);
    const line = pointer(args, 0) + <usize>((image * int(args, SOURCE) + y) * width) * pixelBytes;
    const filter = firstFilter + <usize>firstY * filterLineStep;
    let result = pointer(args, 2) + <usize>resultPixel(args, image, i, 0) * pixelBytes;
    let j = 0;
    while (j < columns) {
      const firstX = firstTap(args, X, j);
      tapsX = max(endTap(args, X, j) - firstX, 0);
      const x = line + <usize>(j * int(args, STEP + X) + int(args, FIRST + X)) * pixelBytes;
      if (
        tapsX === allTapsX &&
        j + 4 <= columns &&
        endTap(args, X, j + 3) === allTapsX &&
        firstTap(args, X, j + 3) === 0
      ) {
        fourWindows(x, filter, result);
        result += 4 * resultStep;
        j += 4;
      } else {
        oneWindow(x + <usize>firstX * tapStep, filter + <usize>firstX * filterStep, result, tapsX);
        result += resultStep;
        j++;
      }
    }
  }
}

/** Adds to three neighbouring taps' sums the products of `count` windows with what they read. */
function addThreeTaps(x: usize, dy: usize, count: i32, sums: usize): void {
  const x1Step = tapStep;
  const x2Step = 2 * tapStep;
  const pixelBytes: usize = (<usize>channels) << 2;
  for (let c = 0; c < channels; c += 4) {
    const sum = at(sums, c);
    let s0 = v128.load(sum);
    let s1 = v128.load(sum + pixelBytes);
    let s2 = v128.load(sum + 2 * pixelBytes);
    let source = at(x, c);
    let gradient = at(dy, c);
    for (let j = count; j > 0; j--) {
      const d = v128.load(gradient);
      s0 = madd(v128.load(source), d, s0);
      s1 = madd(v128.load(source + x1Step), d, s1);
      s2 = madd(v128.load(source + x2Step), d, s2);
      source += windowStep;
      gradient += pixelBytes;
    }
    const lanes = channels - c;
    storeLanes(sum, s0, lanes);
    storeLanes(sum + pixelBytes, s1, lanes);
    storeLanes(sum + 2 * pixelBytes, s2, lanes);
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
