/**
 * @file The derivative by the filter of a convolution of 3 x 3 taps, by the transposed algorithm of winograd.ts: G^T S G,
 * S being the sum over tiles of (A dy A^T) * (B^T d B), which again is 16 matrix products.
 */
import { BLOCK, int, pointer, scratch } from './job';
import { COLUMNS, ROWS, tileOfColumns } from './tile';
import { at, storeLanes } from './vector';
import { GRID, X } from './window';
import { CHANNELS, column, ITEM_TILES, image, inside, locate, POINTS, row, TILES, transformImage } from './winograd';

/** A row of A dy A^T, from a row (two columns) of A dy. */
function gradientRow(left: v128, right: v128, y: usize, step: usize): void {
  v128.store(y, left);
  v128.store(y + step, f32x4.add(left, right));
  v128.store(y + 2 * step, f32x4.sub(left, right));
  v128.store(y + 3 * step, f32x4.neg(right));
}

/** A dy A^T of a tile, as panels of 8 channels: `y` is the first point's first panel. */
function transformGradient(args: usize, tile: i32, y: usize, panelStep: usize, pointStep: usize): void {
  locate(args, tile);
  const n = int(args, 8);
  const height = int(args, GRID);
  const width = int(args, GRID + X);
  const pixelBytes: usize = (<usize>n) << 2;
  const hasLine = inside(row + 1, height);
  const hasColumn = inside(column + 1, width);
  const hasBoth = v128.and(hasLine, hasColumn);
  // what is outside is read within the image, and masked
  const nextColumn = column + 1 < width ? pixelBytes : 0;
  const nextLine = row + 1 < height ? <usize>width * pixelBytes : 0;
  let x = pointer(args, 6) + <usize>((image * height + row) * width + column) * pixelBytes;
  for (let c = 0; c < n; c += 4) {
    const d00 = v128.load(x);
    const d01 = v128.and(hasColumn, v128.load(x + nextColumn));
    const d10 = v128.and(hasLine, v128.load(x + nextLine));
    const d11 = v128.and(hasBoth, v128.load(x + nextLine + nextColumn));
    const target = y + <usize>(c / COLUMNS) * panelStep + ((<usize>(c & (COLUMNS - 1))) << 2);
    gradientRow(d00, d01, target, pointStep);
    gradientRow(f32x4.add(d00, d10), f32x4.add(d01, d11), target + 4 * pointStep, pointStep);
    gradientRow(f32x4.sub(d00, d10), f32x4.sub(d01, d11), target + 8 * pointStep, pointStep);
    gradientRow(f32x4.neg(d10), f32x4.neg(d11), target + 12 * pointStep, pointStep);
    x += 16;
  }
}

/**
 * The sums S [16, channels, n] of parts of the tiles. An item is a slice of the channels of a part. Integers as for
 * winograd(), but: 6 dy, 7 sums, 9 tiles of a part, 10 channels of a slice.
 */
export function winogradGradientSums(args: usize, start: i32, end: i32): void {
  const channels = int(args, CHANNELS);
  const blockTiles = int(args, ITEM_TILES);
  const n = int(args, 8);
  const partTiles = int(args, 9);
  const slice = int(args, 10);
  const slices = (channels + slice - 1) / slice;
  const rowBytes: usize = (<usize>n) << 2;
  const zeroBytes: usize = ((<usize>channels) << 4) + 16;
  const fourBytes: usize = (<usize>blockTiles) << 4;
  const panelBytes: usize = (<usize>blockTiles) << 5;
  const imagesStep = <usize>((slice + 3) / 4) * fourBytes;
  const gradientsStep = <usize>((n + COLUMNS - 1) / COLUMNS) * panelBytes;
  const images = scratch();
  const gradients = images + <usize>POINTS * imagesStep;
  const zeros = gradients + <usize>POINTS * gradientsStep;
  memory.fill(zeros, 0, zeroBytes);
  for (let item = start; item < end; item++) {
    const part = item / slices;
    const firstChannel = (item - part * slices) * slice;
    const sliceChannels = min(slice, channels - firstChannel);
    const sums = pointer(args, 7) + <usize>(part * POINTS * channels + firstChannel) * rowBytes;
    const first = part * partTiles;
    const last = min(first + partTiles, int(args, TILES));
    for (let block = first; block < last; block += blockTiles) {
      const count = min(blockTiles, last - block);
      for (let t = 0; t < count; t++) {
        const image = images + ((<usize>t) << 4);
        transformImage(args, block + t, firstChannel, sliceChannels, zeros, image, fourBytes, imagesStep);
        transformGradient(args, block + t, gradients + ((<usize>t) << 5), panelBytes, gradientsStep);
      }
      for (let point = 0; point < POINTS; point++) {
        for (let channel = 0; channel < sliceChannels; channel += ROWS) {
          const a = images + <usize>point * imagesStep + <usize>(channel / ROWS) * fourBytes;
          const y = sums + <usize>(point * channels + channel) * rowBytes;
          const rows = sliceChannels - channel;
          for (let c = 0; c < n; c += COLUMNS) {
            const b = gradients + <usize>point * gradientsStep + <usize>(c / COLUMNS) * panelBytes;
            tileOfColumns(a, count, b, at(y, c), rowBytes, block !== first, rows, n - c);
          }
        }
      }
    }
  }
}

/** G^T S G, [16, count] to [9, count]. An item is a block. Integers: S, result, count. */
export function winogradGradient(args: usize, start: i32, end: i32): void {
  const count = int(args, 2);
  const step: usize = (<usize>count) << 2;
  const half = f32x4.splat(0.5);
  const last = min(end * BLOCK, count);
  const lines = scratch();
  for (let i = start * BLOCK; i < last; i += 4) {
    for (let p: usize = 0; p < 4; p++) {
      const s = at(pointer(args, 0), i) + 4 * p * step;
      const s1 = v128.load(s + step);
      const s2 = v128.load(s + 2 * step);
      const mean = f32x4.mul(half, f32x4.add(s1, s2));
      const line = lines + 48 * p;
      v128.store(line, f32x4.add(v128.load(s), mean));
      v128.store(line, f32x4.mul(half, f32x4.sub(s1, s2)), 16);
      v128.store(line, f32x4.add(mean, v128.load(s + 3 * step)), 32);
    }
    for (let column: usize = 0; column < 3; column++) {
      const line = lines + 16 * column;
      const s1 = v128.load(line, 48);
      const s2 = v128.load(line, 96);
      const mean = f32x4.mul(half, f32x4.add(s1, s2));
      const y = at(pointer(args, 1), i) + column * step;
      storeLanes(y, f32x4.add(v128.load(line), mean), count - i);
      storeLanes(y + 3 * step, f32x4.mul(half, f32x4.sub(s1, s2)), count - i);
      storeLanes(y + 6 * step, f32x4.add(mean, v128.load(line, 144)), count - i);
    }
  }
}
