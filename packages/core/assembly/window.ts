/**
 * @file Windows that slide over images, as parameters of a call: nine integers for the vertical axis from number WINDOW on,
 * then nine for the horizontal one. The same description serves both directions of a convolution: tap t of the window at
 * position i of the grid reads the source at i * step + first + t * tapStep, if that is inside, and what the window
 * computes goes to position i * resultStep + resultFirst of the result.
 */
import { int } from './job';

export const WINDOW: usize = 32;

/** Numbers of an axis' parameters; those of the horizontal axis are X higher. */
export const SOURCE: usize = WINDOW;
export const GRID: usize = WINDOW + 1;
export const STEP: usize = WINDOW + 2;
export const FIRST: usize = WINDOW + 3;
export const TAPS: usize = WINDOW + 4;
export const TAP_STEP: usize = WINDOW + 5;
export const RESULT: usize = WINDOW + 6;
export const RESULT_STEP: usize = WINDOW + 7;
export const RESULT_FIRST: usize = WINDOW + 8;
export const X: usize = 9;

/** The number of the source's pixel under tap (ty, tx) of window (image, i, j), or -1 if it is outside of the image. */
export function sourcePixel(args: usize, image: i32, i: i32, j: i32, ty: i32, tx: i32): i32 {
  const y = i * int(args, STEP) + int(args, FIRST) + ty * int(args, TAP_STEP);
  const x = j * int(args, STEP + X) + int(args, FIRST + X) + tx * int(args, TAP_STEP + X);
  const height = int(args, SOURCE);
  const width = int(args, SOURCE + X);
  // unsigned, negative numbers are larger than any size
  return <u32>y < <u32>height && <u32>x < <u32>width ? (image * height + y) * width + x : -1;
}

/** The number of the result's pixel that window (image, i, j) computes. */
export function resultPixel(args: usize, image: i32, i: i32, j: i32): i32 {
  const y = i * int(args, RESULT_STEP) + int(args, RESULT_FIRST);
  const x = j * int(args, RESULT_STEP + X) + int(args, RESULT_FIRST + X);
  return (image * int(args, RESULT) + y) * int(args, RESULT + X) + x;
}

/** Taps of an axis whose source is inside of the image for the window at position i are those from firstTap to endTap. */
export function firstTap(args: usize, axis: usize, i: i32): i32 {
  const start = i * int(args, STEP + axis) + int(args, FIRST + axis);
  const taps = int(args, TAPS + axis);
  const size = int(args, SOURCE + axis);
  let tap = 0;
  while (tap < taps && <u32>(start + tap * int(args, TAP_STEP + axis)) >= <u32>size) tap++;
  return tap;
}

export function endTap(args: usize, axis: usize, i: i32): i32 {
  const start = i * int(args, STEP + axis) + int(args, FIRST + axis);
  const size = int(args, SOURCE + axis);
  let tap = int(args, TAPS + axis);
  while (tap > 0 && <u32>(start + (tap - 1) * int(args, TAP_STEP + axis)) >= <u32>size) tap--;
  return tap;
}

/** Positions of the grid whose source under this tap is inside of the image are those from firstPosition to endPosition. */
export function firstPosition(args: usize, axis: usize, tap: i32): i32 {
  const offset = int(args, FIRST + axis) + tap * int(args, TAP_STEP + axis);
  const step = int(args, STEP + axis);
  return min(max(0, (step - 1 - offset) / step), int(args, GRID + axis));
}

export function endPosition(args: usize, axis: usize, tap: i32): i32 {
  const offset = int(args, FIRST + axis) + tap * int(args, TAP_STEP + axis);
  const step = int(args, STEP + axis);
  const last = int(args, SOURCE + axis) - 1 - offset;
  return last < 0 ? 0 : min(last / step + 1, int(args, GRID + axis));
}
