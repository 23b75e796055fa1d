/** @file Local response normalisation (Krizhevsky et al. 2012). An item is a pixel. */
import { float, floats, int, pointer, scratch } from './job';
import { exp, log } from './math';
import { at, madd, storeLanes } from './vector';

/** The sum of 2 * radius + 1 neighbours of each of four channels. `row` has zeros at both ends. */
function neighbours(row: usize, c: i32, radius: i32): v128 {
  let x = at(row, c);
  let sum = v128.load(x);
  for (let i = 0; i < 2 * radius; i++) {
    x += 4;
    sum = f32x4.add(sum, v128.load(x));
  }
  return sum;
}

/** Writes the squares of a pixel's channels, behind room for `radius` zeros. */
function fillSquares(x: usize, squares: usize, channels: i32, radius: i32): void {
  for (let c = 0; c < channels; c += 4) {
    const v = v128.load(at(x, c));
    storeLanes(at(squares, radius + c), f32x4.mul(v, v), channels - c);
  }
}

/** s^-beta */
function power(s: v128, beta: v128): v128 {
  return exp(f32x4.neg(f32x4.mul(beta, log(s))));
}

/** Integers: x, y, channels, radius; floats: bias, alpha, beta. */
export function localResponseNormalization(args: usize, start: i32, end: i32): void {
  const channels = int(args, 2);
  const radius = int(args, 3);
  const squares = scratch();
  memory.fill(squares, 0, (<usize>(channels + 2 * radius + 4)) << 2);
  for (let pixel = start; pixel < end; pixel++) {
    const x = at(pointer(args, 0), pixel * channels);
    const y = at(pointer(args, 1), pixel * channels);
    fillSquares(x, squares, channels, radius);
    for (let c = 0; c < channels; c += 4) {
      const s = madd(floats(args, 1), neighbours(squares, c, radius), floats(args, 0));
      storeLanes(at(y, c), f32x4.mul(v128.load(at(x, c)), power(s, floats(args, 2))), channels - c);
    }
  }
}

/**
 * dx = dy s^-beta - 2 alpha beta x * the sum of dy x s^(-beta - 1) over the neighbours. Integers: x, dx, channels, radius,
 * dy; floats as above.
 */
export function localResponseNormalizationGrad(args: usize, start: i32, end: i32): void {
  const channels = int(args, 2);
  const radius = int(args, 3);
  const bytes: usize = (<usize>(channels + 2 * radius + 4)) << 2;
  const squares = scratch();
  const terms = squares + bytes;
  memory.fill(squares, 0, 2 * bytes);
  const factor = f32x4.splat(-2 * float(args, 1) * float(args, 2));
  for (let pixel = start; pixel < end; pixel++) {
    const x = at(pointer(args, 0), pixel * channels);
    const dx = at(pointer(args, 1), pixel * channels);
    const dy = at(pointer(args, 4), pixel * channels);
    fillSquares(x, squares, channels, radius);
    for (let c = 0; c < channels; c += 4) {
      const s = madd(floats(args, 1), neighbours(squares, c, radius), floats(args, 0));
      const scaled = f32x4.mul(v128.load(at(dy, c)), power(s, floats(args, 2)));
      const term = f32x4.div(f32x4.mul(scaled, v128.load(at(x, c))), s);
      storeLanes(at(dx, c), scaled, channels - c);
      storeLanes(at(terms, radius + c), term, channels - c);
    }
    for (let c = 0; c < channels; c += 4) {
      const correction = f32x4.mul(factor, f32x4.mul(v128.load(at(x, c)), neighbours(terms, c, radius)));
      storeLanes(at(dx, c), f32x4.add(v128.load(at(dx, c)), correction), channels - c);
    }
  }
}
