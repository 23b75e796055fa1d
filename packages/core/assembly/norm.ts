/**
 * @file The statistics of batch normalisation, of arrays [rows, channels]. They are taken of parts of the rows, and those are
 * merged in order: so they do not depend on the threads.
 */
import { floats, int, pointer, scratch } from './job';
import { at, madd, storeLanes } from './vector';

/** Rows of a block, whose sums are taken by themselves: that keeps rounding errors small. */
const BLOCK_ROWS: i32 = 64;

/** Channels of an item of statistics. */
const STRIP: i32 = 256;

/** Numbers of the parameters that all kernels share. */
const STATISTICS: usize = 0;
/** Floats from one statistic to the next. */
const STEP: usize = 1;
const ROWS: usize = 2;
const CHANNELS: usize = 3;
const PART_ROWS: usize = 4;
const ORIGIN: usize = 5;
const X: usize = 6;
/** What statistics are taken of besides x; or what they are merged into. */
const Y: usize = 7;

/** Two statistics of each channel, from sums over blocks of rows: of a term, and of the term times x's deviation. */
abstract class Statistics {
  abstract deviation(x: v128, origin: v128, first: v128): v128;
  abstract term(y: usize, deviation: v128): v128;
  /** The statistics after a block, from what they were and its sums. `share` is 1 / the number of rows up to here. */
  abstract first(before: v128, sum: v128, share: v128): v128;
  abstract second(before: v128, sum: v128, products: v128, share: v128): v128;
}

/**
 * The mean, relative to the origin, and the sum of squared deviations. Blocks are taken about the mean of the rows before
 * (Welford 1962, a block at a time): then what `second` subtracts is small, except for the first block.
 */
class Moments extends Statistics {
  deviation(x: v128, origin: v128, mean: v128): v128 {
    return f32x4.sub(f32x4.sub(x, origin), mean);
  }
  term(_y: usize, deviation: v128): v128 {
    return deviation;
  }
  first(mean: v128, sum: v128, share: v128): v128 {
    return madd(sum, share, mean);
  }
  second(squares: v128, sum: v128, products: v128, share: v128): v128 {
    return f32x4.add(squares, f32x4.sub(products, f32x4.mul(f32x4.mul(sum, sum), share)));
  }
}

/** The sums of dy and of dy times the deviation from the origin, the mean. */
class Gradient extends Statistics {
  deviation(x: v128, mean: v128, _sum: v128): v128 {
    return f32x4.sub(x, mean);
  }
  term(dy: usize, _deviation: v128): v128 {
    return v128.load(dy);
  }
  first(before: v128, sum: v128, _share: v128): v128 {
    return f32x4.add(before, sum);
  }
  second(before: v128, _sum: v128, products: v128, _share: v128): v128 {
    return f32x4.add(before, products);
  }
}

/** Takes a block of rows, `step` bytes apart, into the statistics of its channels. */
function addBlock<S extends Statistics>(
  x: usize,
  y: usize,
  step: usize,
  rows: i32,
  channels: i32,
  origin: usize,
  first: usize,
  second: usize,
  share: v128,
): void {
  const s = changetype<S>(0);
  const end = x + <usize>rows * step;
  const bytes: usize = (<usize>channels) << 2;
  const sums = scratch();
  const products = at(sums, STRIP);
  memory.fill(sums, 0, bytes);
  memory.fill(products, 0, bytes);
  // four rows at a time, so that the sums are loaded less often
  for (; x + 3 * step < end; x += 4 * step) {
    for (let c: usize = 0; c < bytes; c += 16) {
      const origin4 = v128.load(origin + c);
      const first4 = v128.load(first + c);
      const rowX = x + c;
      const rowY = y + c;
      const deviation0 = s.deviation(v128.load(rowX), origin4, first4);
      const deviation1 = s.deviation(v128.load(rowX + step), origin4, first4);
      const deviation2 = s.deviation(v128.load(rowX + 2 * step), origin4, first4);
      const deviation3 = s.deviation(v128.load(rowX + 3 * step), origin4, first4);
      const term0 = s.term(rowY, deviation0);
      const term1 = s.term(rowY + step, deviation1);
      const term2 = s.term(rowY + 2 * step, deviation2);
      const term3 = s.term(rowY + 3 * step, deviation3);
      const sum = f32x4.add(f32x4.add(term0, term1), f32x4.add(term2, term3));
      const product01 = madd(term1, deviation1, f32x4.mul(term0, deviation0));
      const product23 = madd(term3, deviation3, f32x4.mul(term2, deviation2));
      v128.store(sums + c, f32x4.add(v128.load(sums + c), sum));
      v128.store(products + c, f32x4.add(v128.load(products + c), f32x4.add(product01, product23)));
    }
    y += 4 * step;
  }
  for (; x < end; x += step) {
    for (let c: usize = 0; c < bytes; c += 16) {
      const deviation = s.deviation(v128.load(x + c), v128.load(origin + c), v128.load(first + c));
      const term = s.term(y + c, deviation);
      v128.store(sums + c, f32x4.add(v128.load(sums + c), term));
      v128.store(products + c, madd(term, deviation, v128.load(products + c)));
    }
    y += step;
  }
  for (let c: usize = 0; c < bytes; c += 16) {
    const sum = v128.load(sums + c);
    v128.store(first + c, s.first(v128.load(first + c), sum, share));
    v128.store(second + c, s.second(v128.load(second + c), sum, v128.load(products + c), share));
  }
}

/** @param beginsTwice whether the first block is taken about its own mean, too, which a first look at it gives. */
function run<S extends Statistics>(args: usize, start: i32, end: i32, beginsTwice: bool): void {
  const rows = int(args, ROWS);
  const channels = int(args, CHANNELS);
  const partRows = int(args, PART_ROWS);
  const strips = (channels + STRIP - 1) / STRIP;
  const rowStep: usize = (<usize>channels) << 2;
  for (let item = start; item < end; item++) {
    const part = item / strips;
    const channel = (item - part * strips) * STRIP;
    const count = min(STRIP, channels - channel);
    const bytes: usize = (<usize>count) << 2;
    const origin = at(pointer(args, ORIGIN), channel);
    const first = at(pointer(args, STATISTICS), 2 * part * int(args, STEP) + channel);
    const second = at(first, int(args, STEP));
    const firstRow = part * partRows;
    const lastRow = min(firstRow + partRows, rows);
    let x = at(pointer(args, X), firstRow * channels + channel);
    let y = at(pointer(args, Y), firstRow * channels + channel);
    memory.fill(first, 0, bytes);
    if (beginsTwice) {
      const block = min(BLOCK_ROWS, lastRow - firstRow);
      addBlock<S>(x, y, rowStep, block, count, origin, first, second, f32x4.splat(1 / <f32>block));
    }
    memory.fill(second, 0, bytes);
    for (let row = firstRow; row < lastRow; row += BLOCK_ROWS) {
      const block = min(BLOCK_ROWS, lastRow - row);
      const share = f32x4.splat(1 / <f32>(row + block - firstRow));
      addBlock<S>(x, y, rowStep, block, count, origin, first, second, share);
      x += <usize>block * rowStep;
      y += <usize>block * rowStep;
    }
  }
}

/** An item is a strip of channels of a part. Integers: those named above; the origin is x's first row. */
export function channelMomentParts(args: usize, start: i32, end: i32): void {
  run<Moments>(args, start, end, true);
}

/** An item is a strip of channels of a part. Integers: those named above; Y is dy, and the origin the mean. */
export function batchNormGradientParts(args: usize, start: i32, end: i32): void {
  run<Gradient>(args, start, end, false);
}

/**
 * Means and variances from those of parts (Chan, Golub & LeVeque 1979). An item is four channels. Integers: those named
 * above, and the result in place of Y.
 */
export function channelMoments(args: usize, start: i32, end: i32): void {
  const rows = int(args, ROWS);
  const channels = int(args, CHANNELS);
  const partRows = int(args, PART_ROWS);
  const step: usize = (<usize>int(args, STEP)) << 2;
  for (let channel = start * 4; channel < end * 4; channel += 4) {
    let part = at(pointer(args, STATISTICS), channel);
    let mean = f32x4.splat(0);
    let squares = f32x4.splat(0);
    for (let before = 0; before < rows; before += partRows) {
      const count = min(partRows, rows - before);
      const share: f32 = <f32>count / <f32>(before + count);
      const distance = f32x4.sub(v128.load(part), mean);
      const between = f32x4.mul(f32x4.mul(distance, distance), f32x4.splat(share * <f32>before));
      mean = madd(distance, f32x4.splat(share), mean);
      squares = f32x4.add(squares, f32x4.add(v128.load(part + step), between));
      part += 2 * step;
    }
    const y = at(pointer(args, Y), channel);
    const origin = v128.load(at(pointer(args, ORIGIN), channel));
    storeLanes(y, f32x4.add(origin, mean), channels - channel);
    storeLanes(at(y, channels), f32x4.mul(squares, f32x4.splat(1 / <f32>rows)), channels - channel);
  }
}

/**
 * The derivatives by gamma and beta from the sums of parts. An item is four channels. Integers: those named above, with
 * the moments as origin, and the result in place of Y; float: epsilon.
 */
export function batchNormGradParameters(args: usize, start: i32, end: i32): void {
  const channels = int(args, CHANNELS);
  const step: usize = (<usize>int(args, STEP)) << 2;
  for (let channel = start * 4; channel < end * 4; channel += 4) {
    let part = at(pointer(args, STATISTICS), channel);
    let sum = f32x4.splat(0);
    let products = f32x4.splat(0);
    for (let row = 0; row < int(args, ROWS); row += int(args, PART_ROWS)) {
      sum = f32x4.add(sum, v128.load(part));
      products = f32x4.add(products, v128.load(part + step));
      part += 2 * step;
    }
    const y = at(pointer(args, Y), channel);
    const variance = v128.load(at(pointer(args, ORIGIN), channels + channel));
    const deviation = f32x4.sqrt(f32x4.add(variance, floats(args, 0)));
    storeLanes(y, f32x4.div(products, deviation), channels - channel);
    storeLanes(at(y, channels), sum, channels - channel);
  }
}
