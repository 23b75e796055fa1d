/** @file Pooling. */
import { int, pointer } from './job';
import { at, storeLanes } from './vector';
import { endTap, FIRST, firstTap, GRID, SOURCE, STEP, X } from './window';

/** Channels of an item of the derivatives: those that a cache line holds. */
const GROUP: i32 = 16;

/** The part of a window that lies inside of the image. */
let firstX: i32 = 0;
let endX: i32 = 0;
let firstY: i32 = 0;
let endY: i32 = 0;

/** Finds that part, and returns the address of its first pixel in an image. */
function enter(args: usize, image: usize, i: i32, j: i32, channels: i32): usize {
  firstY = firstTap(args, 0, i);
  endY = endTap(args, 0, i);
  firstX = firstTap(args, X, j);
  endX = endTap(args, X, j);
  const y = i * int(args, STEP) + int(args, FIRST) + firstY;
  const x = j * int(args, STEP + X) + int(args, FIRST + X) + firstX;
  return at(image, (y * int(args, SOURCE + X) + x) * channels);
}

/** An item is a row of windows. Integers: x, y, channels, whether the average is wanted instead of the largest; and a window. */
export function pool(args: usize, start: i32, end: i32): void {
  const channels = int(args, 2);
  const isAverage = int(args, 3);
  const columns = int(args, GRID + X);
  const lineStep: usize = (<usize>(int(args, SOURCE + X) * channels)) << 2;
  const pixelStep: usize = (<usize>channels) << 2;
  for (let item = start; item < end; item++) {
    const n = item / int(args, GRID);
    const image = at(pointer(args, 0), n * int(args, SOURCE) * int(args, SOURCE + X) * channels);
    for (let j = 0; j < columns; j++) {
      const first = enter(args, image, item - n * int(args, GRID), j, channels);
      const share = f32x4.splat(<f32>1 / <f32>((endY - firstY) * (endX - firstX)));
      const y = at(pointer(args, 1), (item * columns + j) * channels);
      for (let c = 0; c < channels; c += 4) {
        let line = at(first, c);
        let total = isAverage ? f32x4.splat(0) : v128.load(line);
        for (let ty = firstY; ty < endY; ty++) {
          let x = line;
          for (let tx = firstX; tx < endX; tx++) {
            total = isAverage ? f32x4.add(total, v128.load(x)) : f32x4.max(total, v128.load(x));
            x += pixelStep;
          }
          line += lineStep;
        }
        storeLanes(at(y, c), isAverage ? f32x4.mul(total, share) : total, channels - c);
      }
    }
  }
}

/** Adds what a vector of dy gives to the pixels of its window: a share to all of them, or all to the first that equals y. */
function spread(
  x: usize,
  dx: usize,
  dy: v128,
  y: v128,
  isAverage: bool,
  pixelStep: usize,
  lineStep: usize,
  lanes: i32,
): void {
  let open = i32x4.splat(-1);
  for (let ty = firstY; ty < endY; ty++) {
    let offset: usize = 0;
    for (let tx = firstX; tx < endX; tx++) {
      const target = dx + offset;
      if (!isAverage) {
        const isWinner = v128.and(open, f32x4.eq(v128.load(x + offset), y));
        open = v128.andnot(open, isWinner);
        storeLanes(target, f32x4.add(v128.load(target), v128.and(dy, isWinner)), lanes);
      } else storeLanes(target, f32x4.add(v128.load(target), dy), lanes);
      offset += pixelStep;
    }
    x += lineStep;
    dx += lineStep;
  }
}

/**
 * An item is GROUP channels of an image. Integers: x and y (not for the average), dy, dx, channels, whether it is the
 * average's derivative; and a window.
 */
export function poolGrad(args: usize, start: i32, end: i32): void {
  const channels = int(args, 4);
  const isAverage = int(args, 5) !== 0;
  const rows = int(args, GRID);
  const columns = int(args, GRID + X);
  const pixels = int(args, SOURCE) * int(args, SOURCE + X);
  const lineStep: usize = (<usize>(int(args, SOURCE + X) * channels)) << 2;
  const pixelStep: usize = (<usize>channels) << 2;
  const groups = (channels + GROUP - 1) / GROUP;
  for (let item = start; item < end; item++) {
    const n = item / groups;
    const firstChannel = (item - n * groups) * GROUP;
    const endChannel = min(firstChannel + GROUP, channels);
    const image = at(pointer(args, 3), n * pixels * channels);
    const source = pointer(args, 0) - pointer(args, 3);
    for (let p = 0; p < pixels; p++) {
      const pixel = at(image, p * channels);
      for (let c = firstChannel; c < endChannel; c += 4) storeLanes(at(pixel, c), f32x4.splat(0), endChannel - c);
    }
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const dx = enter(args, image, i, j, channels);
        const window = ((n * rows + i) * columns + j) * channels;
        const share = f32x4.splat(isAverage ? <f32>1 / <f32>((endY - firstY) * (endX - firstX)) : 1);
        for (let c = firstChannel; c < endChannel; c += 4) {
          const dy = f32x4.mul(v128.load(at(pointer(args, 2), window + c)), share);
          const y = v128.load(at(pointer(args, 1), isAverage ? 0 : window + c));
          spread(at(dx, c) + source, at(dx, c), dy, y, isAverage, pixelStep, lineStep, endChannel - c);
        }
      }
    }
  }
}
