/** @file Batch normalisation: x is [rows, channels], an item is a part of the rows. */
import { float, int, pointer, scratch } from './job';
import { at, madd, storeLanes } from './vector';

/** Rows whose moments are computed at a time: they stay in the first cache, where they are read twice. */
function rowsAtATime(channels: i32): i32 {
  return max(min(4096 / channels, 64), 4);
}

/**
 * The mean and the sum of squared deviations of each part: [parts, 2, channels]. Groups of a few rows are computed in two
 * passes, and united by the method of Chan, Golub & LeVeque (1983), so that no mean is too large for its variance.
 * Integers: x, moments, rows, channels, rows of a part.
 */
export function moments(args: usize, start: i32, end: i32): void {
  const rows = int(args, 2);
  const channels = int(args, 3);
  const partRows = int(args, 4);
  const step: usize = (<usize>channels) << 2;
  const group = rowsAtATime(channels);
  for (let item = start; item < end; item++) {
    const means = at(pointer(args, 1), item * 2 * channels);
    const squares = at(means, channels);
    const first = item * partRows;
    const last = min(first + partRows, rows);
    for (let row = first; row < last; row += group) {
      const count = min(last - row, group);
      const before = row - first;
      const perCount = f32x4.splat(<f32>1 / <f32>count);
      const share = f32x4.splat(<f32>count / <f32>(before + count));
      const weight = f32x4.splat(<f32>before * (<f32>count / <f32>(before + count)));
      for (let c = 0; c < channels; c += 4) {
        const column = at(pointer(args, 0), row * channels + c);
        let x = column;
        let sum = f32x4.splat(0);
        for (let i = 0; i < count; i++) {
          sum = f32x4.add(sum, v128.load(x));
          x += step;
        }
        let mean = f32x4.mul(sum, perCount);
        let square = f32x4.splat(0);
        x = column;
        for (let i = 0; i < count; i++) {
          const deviation = f32x4.sub(v128.load(x), mean);
          square = madd(deviation, deviation, square);
          x += step;
        }
        if (before > 0) {
          const oldMean = v128.load(at(means, c));
          const delta = f32x4.sub(mean, oldMean);
          mean = madd(delta, share, oldMean);
          square = madd(f32x4.mul(delta, delta), weight, f32x4.add(square, v128.load(at(squares, c))));
        }
        storeLanes(at(means, c), mean, channels - c);
        storeLanes(at(squares, c), square, channels - c);
      }
    }
  }
}

/** [2, channels], means and variances, of the parts' moments. An item is a channel. Integers: moments, result, as above. */
export function uniteMoments(args: usize, start: i32, end: i32): void {
  const rows = int(args, 2);
  const channels = int(args, 3);
  const partRows = int(args, 4);
  for (let c = start; c < end; c++) {
    let part = at(pointer(args, 0), c);
    let mean: f64 = 0;
    let square: f64 = 0;
    for (let before = 0; before < rows; before += partRows) {
      const count = min(partRows, rows - before);
      const share = <f64>count / <f64>(before + count);
      const delta = <f64>load<f32>(part) - mean;
      mean += delta * share;
      square += <f64>load<f32>(at(part, channels)) + delta * delta * <f64>before * share;
      part = at(part, 2 * channels);
    }
    store<f32>(at(pointer(args, 1), c), <f32>mean);
    store<f32>(at(pointer(args, 1), channels + c), <f32>(square / <f64>rows));
  }
}

function inverseDeviation(moments: usize, channels: i32, c: i32, epsilon: f32): v128 {
  const variance = v128.load(at(moments, channels + c));
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))));
}

/** Integers: x, moments, y, rows, channels, rows of a part, gamma, beta; float: epsilon. */
export function batchNorm(args: usize, start: i32, end: i32): void {
  const moments = pointer(args, 1);
  const channels = int(args, 4);
  const beta = pointer(args, 7);
  const scales = scratch();
  for (let c = 0; c < channels; c += 4) {
    const gamma = v128.load(at(pointer(args, 6), c));
    v128.store(at(scales, c), f32x4.mul(gamma, inverseDeviation(moments, channels, c, float(args, 0))));
  }
  const last = min(end * int(args, 5), int(args, 3));
  for (let row = start * int(args, 5); row < last; row++) {
    const x = at(pointer(args, 0), row * channels);
    const y = at(pointer(args, 2), row * channels);
    for (let c = 0; c < channels; c += 4) {
      const deviation = f32x4.sub(v128.load(at(x, c)), v128.load(at(moments, c)));
      storeLanes(at(y, c), madd(deviation, v128.load(at(scales, c)), v128.load(at(beta, c))), channels - c);
    }
  }
}

/**
 * The derivatives by gamma and by beta of each part: [parts, 2, channels]. Integers: x, moments, result, rows, channels, rows
 * of a part, dy; float: epsilon.
 */
export function batchNormGradParameters(args: usize, start: i32, end: i32): void {
  const moments = pointer(args, 1);
  const channels = int(args, 4);
  const step: usize = (<usize>channels) << 2;
  const group = rowsAtATime(channels);
  for (let item = start; item < end; item++) {
    const byGamma = at(pointer(args, 2), item * 2 * channels);
    const byBeta = at(byGamma, channels);
    memory.fill(byGamma, 0, 2 * step);
    const last = min((item + 1) * int(args, 5), int(args, 3));
    for (let row = item * int(args, 5); row < last; row += group) {
      const count = min(last - row, group);
      for (let c = 0; c < channels; c += 4) {
        const mean = v128.load(at(moments, c));
        let x = at(pointer(args, 0), row * channels + c);
        let dy = at(pointer(args, 6), row * channels + c);
        let products = f32x4.splat(0);
        let sum = f32x4.splat(0);
        for (let i = 0; i < count; i++) {
          const d = v128.load(dy);
          sum = f32x4.add(sum, d);
          products = madd(f32x4.sub(v128.load(x), mean), d, products);
          x += step;
          dy += step;
        }
        const scale = inverseDeviation(moments, channels, c, float(args, 0));
        storeLanes(at(byGamma, c), madd(products, scale, v128.load(at(byGamma, c))), channels - c);
        storeLanes(at(byBeta, c), f32x4.add(sum, v128.load(at(byBeta, c))), channels - c);
      }
    }
  }
}

/**
 * Integers: x, moments, dx, rows, channels, rows of a part, gamma, dy, derivatives by gamma and beta; floats: epsilon, and
 * what each row bears of the batch's moments: 1 / rows, or 0 where these are constants.
 */
export function batchNormGradInput(args: usize, start: i32, end: i32): void {
  const moments = pointer(args, 1);
  const channels = int(args, 4);
  const share = f32x4.splat(float(args, 1));
  const scales = scratch();
  const slopes = at(scales, channels + 4);
  const shifts = at(slopes, channels + 4);
  for (let c = 0; c < channels; c += 4) {
    const inverse = inverseDeviation(moments, channels, c, float(args, 0));
    const byGamma = v128.load(at(pointer(args, 8), c));
    const byBeta = v128.load(at(pointer(args, 8), channels + c));
    v128.store(at(scales, c), f32x4.mul(inverse, v128.load(at(pointer(args, 6), c))));
    v128.store(at(slopes, c), f32x4.mul(f32x4.mul(inverse, byGamma), share));
    v128.store(at(shifts, c), f32x4.mul(byBeta, share));
  }
  const last = min(end * int(args, 5), int(args, 3));
  for (let row = start * int(args, 5); row < last; row++) {
    const x = at(pointer(args, 0), row * channels);
    const dy = at(pointer(args, 7), row * channels);
    const dx = at(pointer(args, 2), row * channels);
    for (let c = 0; c < channels; c += 4) {
      const deviation = f32x4.sub(v128.load(at(x, c)), v128.load(at(moments, c)));
      const fromMoments = madd(deviation, v128.load(at(slopes, c)), v128.load(at(shifts, c)));
      const gradient = f32x4.mul(v128.load(at(scales, c)), f32x4.sub(v128.load(at(dy, c)), fromMoments));
      storeLanes(at(dx, c), gradient, channels - c);
    }
  }
}
