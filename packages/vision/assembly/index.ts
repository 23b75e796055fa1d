/**
 * @file Which windows of a row a cascade accepts, four neighbours at a time: AssemblyScript, TypeScript's syntax with
 * WebAssembly's types, compiled by build.mjs. The cascade is a table of numbers, which src/cascade/table.ts writes and
 * describes.
 *
 * Numbers are rounded where OpenCV rounds them: features are float32, the scores of stages float64.
 */

/** In gray levels: windows whose standard deviation is not above are too flat to be anything. */
const MIN_DEVIATION: f64 = 10;

const LANES: i32 = 4;
const VECTOR: usize = 16;

/** Bytes of a table's parts. */
const HEADER: usize = 32;
const STAGE: usize = 16;
const NODE: usize = 80;

/** Whether the next window is skipped. */
let skips: bool = false;

/**
 * Writes the numbers of the windows that every stage accepts to `found`.
 * @param sums where the integral image of the first window begins; those of the others follow
 * @param squares the same of the integral image of squares
 * @param scratch a vector for each node of the largest tree
 * @returns how many they are
 */
export function scanRow(table: usize, sums: usize, squares: usize, count: i32, scratch: usize, found: usize): i32 {
  let end = found;
  skips = false;
  for (let first = 0; first < count; first += LANES) {
    const norms = normsOf(table, sums, squares);
    let windows = i32x4.bitmask(f32x4.gt(norms, f32x4.splat(0)));
    if (count - first < LANES) windows &= (1 << (count - first)) - 1;
    for (windows = classify(table, windows, sums, norms, scratch); windows; windows &= windows - 1) {
      store<i32>(end, first + ctz(windows));
      end += 4;
    }
    sums += VECTOR;
    squares += VECTOR;
  }
  return <i32>((end - found) >> 2);
}

/**
 * One over area times standard deviation of the pixels inside of each window's border, a float32; 0 if they are too flat.
 */
function normsOf(table: usize, sums: usize, squares: usize): v128 {
  const area = f64x2.splat(load<f64>(table, 16));
  const sum = rectangleSums(table, sums);
  const square = rectangleSums(table, squares);
  const low = halfNorms(area, sum, square);
  const high = halfNorms(area, upper(sum), upper(square));
  return v128.shuffle<i32>(low, high, 0, 1, 4, 5);
}

/** Of the first two windows. */
function halfNorms(area: v128, sums: v128, squares: v128): v128 {
  const sum = f64x2.convert_low_i32x4_s(sums);
  const variance = f64x2.sub(f64x2.mul(area, f64x2.convert_low_i32x4_u(squares)), f64x2.mul(sum, sum));
  const norm = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(f64x2.div(f64x2.splat(1), f64x2.sqrt(variance))));
  const isFlat = f64x2.ge(f64x2.mul(area, norm), f64x2.splat(1 / MIN_DEVIATION));
  const hasVariance = f64x2.gt(variance, f64x2.splat(0));
  return f32x4.demote_f64x2_zero(v128.and(norm, v128.andnot(hasVariance, isFlat)));
}

/** Those of the windows that every stage accepts, as bits. They go through a stage together until none of them is left. */
function classify(table: usize, windows: i32, sums: usize, norms: v128, scratch: usize): i32 {
  if (!windows) {
    skips = false; // the last one was not rejected, but flat
    return 0;
  }
  const stages = load<i32>(table, 24);
  let at = table + HEADER;
  for (let stage = 0; stage < stages; stage++) {
    const threshold = f64x2.splat(load<f64>(at));
    const trees = load<i32>(at, 8);
    at += STAGE;
    let low = f64x2.splat(0);
    let high = low;
    for (let tree = 0; tree < trees; tree++) {
      const nodes = load<i32>(at);
      at += 4;
      const leaves = leavesOf(at, nodes, sums, norms, scratch);
      at += <usize>nodes * NODE;
      low = f64x2.add(low, f64x2.promote_low_f32x4(leaves));
      high = f64x2.add(high, f64x2.promote_low_f32x4(upper(leaves)));
    }
    const accepted = i64x2.bitmask(f64x2.ge(low, threshold)) | (i64x2.bitmask(f64x2.ge(high, threshold)) << 2);
    windows = stage === 0 ? withoutSkipped(windows, accepted) : windows & accepted;
    if (!windows) break;
  }
  return windows;
}

/** The windows that the first stage leaves: behind one that it rejects the next is skipped, as in OpenCV. */
function withoutSkipped(windows: i32, accepted: i32): i32 {
  let left = 0;
  for (let bit = 1; bit < 1 << LANES; bit <<= 1) {
    const isSeen = (windows & bit) !== 0 && !skips;
    skips = isSeen && (accepted & bit) === 0;
    if (isSeen && !skips) left |= bit;
  }
  return left;
}

/**
 * The leaf that each window comes to. All of a tree's nodes decide, children before their parents, and whatever lies on the
 * wrong side is dropped.
 */
function leavesOf(tree: usize, nodes: i32, sums: usize, norms: v128, scratch: usize): v128 {
  let result = f32x4.splat(0);
  for (let i = nodes - 1; i >= 0; i--) {
    const node = tree + <usize>i * NODE;
    const feature = f32x4.mul(featureOf(node, sums), norms);
    const isBelow = f32x4.lt(feature, v128.load32_splat(node, 60));
    result = v128.bitselect(follow(node + 64, scratch), follow(node + 72, scratch), isBelow);
    if (nodes > 1) v128.store(scratch + <usize>i * VECTOR, result);
  }
  return result;
}

/** What one side of a node leads to: a leaf, or what the child there came to. */
function follow(side: usize, scratch: usize): v128 {
  const child = load<i32>(side, 4);
  return child === 0 ? v128.load32_splat(side) : v128.load(scratch + <usize>child * VECTOR);
}

/** The weighted sum over a node's rectangles. */
function featureOf(node: usize, sums: usize): v128 {
  const sum = f32x4.add(weigh(node, 0, sums), weigh(node, 1, sums));
  return load<f32>(node, 56) === 0 ? sum : f32x4.add(sum, weigh(node, 2, sums));
}

function weigh(node: usize, i: usize, sums: usize): v128 {
  const sum = f32x4.convert_i32x4_s(rectangleSums(node + i * VECTOR, sums));
  return f32x4.mul(v128.load32_splat(node + i * 4, 48), sum);
}

/** The sum over a rectangle, from where its four corners are. */
function rectangleSums(corners: usize, sums: usize): v128 {
  const upper = i32x4.sub(v128.load(sums + load<u32>(corners)), v128.load(sums + load<u32>(corners, 4)));
  return i32x4.add(i32x4.sub(upper, v128.load(sums + load<u32>(corners, 8))), v128.load(sums + load<u32>(corners, 12)));
}

function upper(lanes: v128): v128 {
  return v128.shuffle<i32>(lanes, lanes, 2, 3, 2, 3);
}
