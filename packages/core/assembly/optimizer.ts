/** @file Optimizer steps, in place: weights and state are read and written block by block. An item is a block. */
import { BLOCK, floats, int, pointer } from './job';
import { madd } from './vector';

let g: usize = 0;
let w: usize = 0;
/** Where a block begins and ends, in bytes from the start of each array. */
let first: usize = 0;
let last: usize = 0;

/** Parameters of all steps. Integers: count, weights, gradient. Floats: L2 decay, 1 - decoupled decay. */
function enter(args: usize, start: i32, end: i32): void {
  w = pointer(args, 1);
  g = pointer(args, 2);
  first = (<usize>(start * BLOCK)) << 2;
  last = (<usize>min(end * BLOCK, int(args, 0))) << 2;
}

function gradient(args: usize, i: usize): v128 {
  return madd(floats(args, 0), v128.load(w + i), v128.load(g + i));
}

function weights(args: usize, i: usize): v128 {
  return f32x4.mul(floats(args, 1), v128.load(w + i));
}

/** Integers: velocity (or 0), whether Nesterov's; floats: learning rate, momentum. */
export function sgd(args: usize, start: i32, end: i32): void {
  enter(args, start, end);
  const velocity = pointer(args, 3);
  const isNesterov = int(args, 4) !== 0;
  const rate = f32x4.neg(floats(args, 2));
  const momentum = floats(args, 3);
  for (let i = first; i < last; i += 16) {
    const slope = gradient(args, i);
    let step = f32x4.mul(rate, slope);
    if (velocity !== 0) {
      const v = madd(momentum, v128.load(velocity + i), step);
      v128.store(velocity + i, v);
      step = isNesterov ? madd(momentum, v, step) : v;
    }
    v128.store(w + i, f32x4.add(weights(args, i), step));
  }
}

/** Integers: m, v or u, whether it is Adamax; floats: corrected learning rate, beta1, 1 - beta1, beta2, 1 - beta2, epsilon. */
export function adam(args: usize, start: i32, end: i32): void {
  enter(args, start, end);
  const firstMoment = pointer(args, 3);
  const secondMoment = pointer(args, 4);
  const isAdamax = int(args, 5) !== 0;
  const rate = floats(args, 2);
  const beta2 = floats(args, 5);
  const epsilon = floats(args, 7);
  for (let i = first; i < last; i += 16) {
    const slope = gradient(args, i);
    const m = madd(floats(args, 3), v128.load(firstMoment + i), f32x4.mul(floats(args, 4), slope));
    const old = f32x4.mul(beta2, v128.load(secondMoment + i));
    const v = isAdamax ? f32x4.max(old, f32x4.abs(slope)) : madd(floats(args, 6), f32x4.mul(slope, slope), old);
    v128.store(firstMoment + i, m);
    v128.store(secondMoment + i, v);
    const size = f32x4.add(isAdamax ? v : f32x4.sqrt(v), epsilon);
    v128.store(w + i, f32x4.sub(weights(args, i), f32x4.div(f32x4.mul(rate, m), size)));
  }
}

/** Integers: mean square, mean gradient (or 0), velocity (or 0), whether centered; floats: learning rate, momentum, rho, 1 - rho, epsilon. */
export function rmsprop(args: usize, start: i32, end: i32): void {
  enter(args, start, end);
  const meanSquare = pointer(args, 3);
  const meanGradient = pointer(args, 4);
  const velocity = pointer(args, 5);
  const isCentered = int(args, 6) !== 0;
  const rho = floats(args, 4);
  const rest = floats(args, 5);
  for (let i = first; i < last; i += 16) {
    const slope = gradient(args, i);
    const square = madd(rho, v128.load(meanSquare + i), f32x4.mul(rest, f32x4.mul(slope, slope)));
    v128.store(meanSquare + i, square);
    let variance = square;
    if (meanGradient !== 0) {
      const mean = madd(rho, v128.load(meanGradient + i), f32x4.mul(rest, slope));
      v128.store(meanGradient + i, mean);
      // rounding may make it less than nothing
      if (isCentered) variance = f32x4.max(f32x4.sub(square, f32x4.mul(mean, mean)), f32x4.splat(0));
    }
    const size = f32x4.sqrt(f32x4.add(variance, floats(args, 6)));
    let step = f32x4.div(f32x4.mul(floats(args, 2), slope), size);
    if (velocity !== 0) {
      step = madd(floats(args, 3), v128.load(velocity + i), step);
      v128.store(velocity + i, step);
    }
    v128.store(w + i, f32x4.sub(weights(args, i), step));
  }
}
