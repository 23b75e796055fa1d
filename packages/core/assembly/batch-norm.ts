/**
 * @file Batch normalisation and its derivative by the input: (x - mean) * slope + offset, and for the derivative + dy * scale.
 * A table holds these factors, an array each, repeated from channel to channel until they fill whole vectors.
 */
import { floats, int, pointer } from './job';
import { at, madd } from './vector';

/** Numbers of the parameters that kernels share: the table, the floats that its arrays fill, and those from one to the next. */
const TABLE: usize = 0;
const WIDTH: usize = 1;
const STEP: usize = 2;

/** The table of the forward kernel, as one item. Integers: those named above, channels, moments, gamma, beta; float: epsilon. */
export function batchNormTable(args: usize, _start: i32, _end: i32): void {
  const step: usize = (<usize>int(args, STEP)) << 2;
  const channels = int(args, 3);
  for (let copy = 0; copy < int(args, WIDTH); copy += channels) {
    for (let c = 0; c < channels; c += 4) {
      const moments = at(pointer(args, 4), c);
      const deviation = f32x4.sqrt(f32x4.add(v128.load(at(moments, channels)), floats(args, 0)));
      const row = at(pointer(args, TABLE), copy + c);
      v128.store(row, v128.load(moments));
      v128.store(row + step, f32x4.div(v128.load(at(pointer(args, 5), c)), deviation));
      v128.store(row + 2 * step, v128.load(at(pointer(args, 6), c)));
    }
  }
}

/**
 * The table of the derivative, as one item. Integers: those named above, channels, moments, gamma, the derivatives by gamma
 * and beta; floats: epsilon, and what each row bears of the batch's moments: 1 / rows, or 0 where these are constants.
 */
export function batchNormGradTable(args: usize, _start: i32, _end: i32): void {
  const step: usize = (<usize>int(args, STEP)) << 2;
  const channels = int(args, 3);
  for (let copy = 0; copy < int(args, WIDTH); copy += channels) {
    for (let c = 0; c < channels; c += 4) {
      const moments = at(pointer(args, 4), c);
      const byGamma = at(pointer(args, 6), c);
      const deviation = f32x4.sqrt(f32x4.add(v128.load(at(moments, channels)), floats(args, 0)));
      const scale = f32x4.div(v128.load(at(pointer(args, 5), c)), deviation);
      const borne = f32x4.neg(f32x4.mul(scale, floats(args, 1)));
      const row = at(pointer(args, TABLE), copy + c);
      v128.store(row, v128.load(moments));
      v128.store(row + step, f32x4.div(f32x4.mul(borne, v128.load(byGamma)), deviation));
      v128.store(row + 2 * step, f32x4.mul(borne, v128.load(at(byGamma, channels))));
      v128.store(row + 3 * step, scale);
    }
  }
}

/** An item is as many floats as parameter 4 says, whole widths. Integers: those named above, count, floats of an item, y, x, dy or 0. */
export function batchNorm(args: usize, start: i32, end: i32): void {
  const step: usize = (<usize>int(args, STEP)) << 2;
  const widthBytes: usize = (<usize>int(args, WIDTH)) << 2;
  const y = pointer(args, 5);
  const last = at(y, min(end * int(args, 4), int(args, 3)));
  const toX = pointer(args, 6) - y;
  const dy = pointer(args, 7);
  for (let row = at(y, start * int(args, 4)); row < last; row += widthBytes) {
    let factors = pointer(args, TABLE);
    const rowEnd = min(row + widthBytes, last);
    if (dy === 0) {
      for (let i = row; i < rowEnd; i += 16) {
        const deviation = f32x4.sub(v128.load(i + toX), v128.load(factors));
        v128.store(i, madd(deviation, v128.load(factors + step), v128.load(factors + 2 * step)));
        factors += 16;
      }
    } else {
      for (let i = row; i < rowEnd; i += 16) {
        const deviation = f32x4.sub(v128.load(i + toX), v128.load(factors));
        const shared = madd(deviation, v128.load(factors + step), v128.load(factors + 2 * step));
        v128.store(i, madd(v128.load(i + dy - y), v128.load(factors + 3 * step), shared));
        factors += 16;
      }
    }
  }
}
