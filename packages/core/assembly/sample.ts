/** @file Images sampled between their pixels: resizing and affine transformations, and their derivatives. */
import { float, int, pointer } from './job';
import { at, madd, storeLanes } from './vector';

/** Four pixels of an image by their numbers, -1 for none, and their weights: what a sample is made of. */
let pixel0: i32 = 0;
let pixel1: i32 = 0;
let pixel2: i32 = 0;
let pixel3: i32 = 0;
let weight0: f32 = 0;
let weight1: f32 = 0;
let weight2: f32 = 0;
let weight3: f32 = 0;

/** Along one axis: two neighbouring pixels and the weight of the second. */
let tap0: i32 = 0;
let tap1: i32 = 0;
let fraction: f32 = 0;

function combine(y0: i32, y1: i32, fractionY: f32, x0: i32, x1: i32, fractionX: f32, width: i32): void {
  pixel0 = y0 < 0 || x0 < 0 ? -1 : y0 * width + x0;
  pixel1 = y0 < 0 || x1 < 0 ? -1 : y0 * width + x1;
  pixel2 = y1 < 0 || x0 < 0 ? -1 : y1 * width + x0;
  pixel3 = y1 < 0 || x1 < 0 ? -1 : y1 * width + x1;
  weight0 = (1 - fractionY) * (1 - fractionX);
  weight1 = (1 - fractionY) * fractionX;
  weight2 = fractionY * (1 - fractionX);
  weight3 = fractionY * fractionX;
}

/** Target pixel i lies at (i + 0.5) * in / out - 0.5 (half-pixel centres), in integers, which have no rounding errors. */
function resizeAxis(i: i32, inSize: i32, outSize: i32, isNearest: bool): void {
  const numerator = (2 * <i64>i + 1) * inSize;
  const denominator = 2 * <i64>outSize;
  if (isNearest) {
    tap0 = tap1 = <i32>(numerator / denominator);
    fraction = 0;
    return;
  }
  const centred = max<i64>(numerator - outSize, 0);
  const whole = centred / denominator;
  tap0 = <i32>whole;
  tap1 = min(tap0 + 1, inSize - 1);
  fraction = <f32>(centred - whole * denominator) / <f32>denominator;
}

enum Fill {
  Nearest,
  Constant,
  Reflect,
}

/** The pixel of the image that stands at i, or -1 for none. */
function inside(i: i32, size: i32, fill: i32): i32 {
  if (<u32>i < <u32>size) return i;
  if (fill === Fill.Constant) return -1;
  if (fill === Fill.Nearest) return i < 0 ? 0 : size - 1;
  // of d c b a | a b c d | d c b a, everything repeats after twice the image
  const period = 2 * size;
  const j = ((i % period) + period) % period;
  return j < size ? j : period - 1 - j;
}

function affineAxis(position: f32, size: i32, isNearest: bool, fill: i32): void {
  // far away it makes no difference where
  const start = Mathf.floor(isNearest ? position + 0.5 : position);
  const first = <i32>max(min(start, <f32>1e9), <f32>-1e9);
  tap0 = inside(first, size, fill);
  tap1 = isNearest ? tap0 : inside(first + 1, size, fill);
  fraction = isNearest ? 0 : position - start;
}

/**
 * Parameters of both kinds. Integers: source, target, channels, heights and widths of both, whether the nearest pixel is
 * taken, fill mode, matrices (0 when resizing); float: what fills.
 */
const MATRICES: usize = 9;

/** Finds the pixels and weights of target pixel (y, x) of image n. */
function locate(args: usize, n: i32, y: i32, x: i32): void {
  const inHeight = int(args, 3);
  const inWidth = int(args, 4);
  const isNearest = int(args, 7) !== 0;
  const fill = int(args, 8);
  const matrices = pointer(args, MATRICES);
  const matrix = at(matrices, n * 6);
  if (matrices === 0) resizeAxis(y, inHeight, int(args, 5), isNearest);
  else {
    affineAxis(
      load<f32>(matrix, 12) * <f32>x + load<f32>(matrix, 16) * <f32>y + load<f32>(matrix, 20),
      inHeight,
      isNearest,
      fill,
    );
  }
  const y0 = tap0;
  const y1 = tap1;
  const fractionY = fraction;
  if (matrices === 0) resizeAxis(x, inWidth, int(args, 6), isNearest);
  else {
    affineAxis(
      load<f32>(matrix) * <f32>x + load<f32>(matrix, 4) * <f32>y + load<f32>(matrix, 8),
      inWidth,
      isNearest,
      fill,
    );
  }
  combine(y0, y1, fractionY, tap0, tap1, fraction, inWidth);
}

function weighted(image: usize, pixel: i32, channels: i32, c: i32, weight: f32, fill: v128): v128 {
  const value = pixel < 0 ? fill : v128.load(at(image, pixel * channels + c));
  return f32x4.mul(value, f32x4.splat(weight));
}

/** An item is a row of the target. */
export function sample(args: usize, start: i32, end: i32): void {
  const channels = int(args, 2);
  const outHeight = int(args, 5);
  const outWidth = int(args, 6);
  const fill = f32x4.splat(float(args, 0));
  const isNearest = int(args, 7) !== 0;
  for (let item = start; item < end; item++) {
    const n = item / outHeight;
    const image = at(pointer(args, 0), n * int(args, 3) * int(args, 4) * channels);
    for (let x = 0; x < outWidth; x++) {
      locate(args, n, item - n * outHeight, x);
      const target = at(pointer(args, 1), (item * outWidth + x) * channels);
      for (let c = 0; c < channels; c += 4) {
        let value = weighted(image, pixel0, channels, c, weight0, fill);
        if (!isNearest) {
          value = f32x4.add(value, weighted(image, pixel1, channels, c, weight1, fill));
          value = f32x4.add(value, weighted(image, pixel2, channels, c, weight2, fill));
          value = f32x4.add(value, weighted(image, pixel3, channels, c, weight3, fill));
        }
        storeLanes(at(target, c), value, channels - c);
      }
    }
  }
}

function give(image: usize, pixel: i32, channels: i32, c: i32, weight: f32, gradient: v128): void {
  if (pixel < 0) return;
  const target = at(image, pixel * channels + c);
  storeLanes(target, madd(gradient, f32x4.splat(weight), v128.load(target)), channels - c);
}

/** The derivative: every sample gives its pixels their shares. An item is an image; the source is dx, the target dy. */
export function sampleGrad(args: usize, start: i32, end: i32): void {
  const channels = int(args, 2);
  const outHeight = int(args, 5);
  const outWidth = int(args, 6);
  const pixels = int(args, 3) * int(args, 4);
  for (let n = start; n < end; n++) {
    const image = at(pointer(args, 0), n * pixels * channels);
    memory.fill(image, 0, (<usize>(pixels * channels)) << 2);
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        locate(args, n, y, x);
        const target = at(pointer(args, 1), ((n * outHeight + y) * outWidth + x) * channels);
        for (let c = 0; c < channels; c += 4) {
          const gradient = v128.load(at(target, c));
          give(image, pixel0, channels, c, weight0, gradient);
          give(image, pixel1, channels, c, weight1, gradient);
          give(image, pixel2, channels, c, weight2, gradient);
          give(image, pixel3, channels, c, weight3, gradient);
        }
      }
    }
  }
}
