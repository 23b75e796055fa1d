/** @file A cascade as the table of numbers that the kernel (assembly/index.ts) reads, for integral images of one size. */
import type { Integrals, Step } from '../integral.ts';
import { type Cascade, RECTANGLES, SIDES } from './cascade.ts';

/** OpenCV lowers all stage thresholds by so much. */
const THRESHOLD_SLACK = Math.fround(1e-5);

/** Bytes of a table's parts. */
const HEADER = 32;
const STAGE = 16;
const TREE = 4;
const NODE = 80;

export function tableBytes({ stageSizes, treeSizes, thresholds }: Cascade): number {
  return HEADER + stageSizes.length * STAGE + treeSizes.length * TREE + thresholds.length * NODE;
}

/**
 * Writes a table of `tableBytes` bytes, little-endian and without gaps:
 * - the corners of the rectangle whose deviation normalises a window, its area (float64), the number of stages, 0;
 * - of each stage the threshold (float64), the number of trees, 0;
 * - of each of its trees the number of nodes;
 * - of each of those the corners of three rectangles, their weights and the threshold (float32), and what follows below the
 *   threshold and else: a leaf's value (float32) and 0, or 0 and which of the tree's nodes.
 *
 * What is not named is an int32. A rectangle's corners are four of them: in bytes, from the window's place in the integral image,
 * to be taken as + - - +.
 */
export function writeTable(bytes: DataView, cascade: Cascade, integrals: Integrals, step: Step): void {
  const { width, height, stageSizes, stageThresholds, treeSizes } = cascade;
  const write = writer(bytes);
  const corners = cornersOf(integrals, step);
  write.int32(...corners(1, 1, width - 2, height - 2, false));
  write.float64((width - 2) * (height - 2));
  write.int32(stageSizes.length, 0);
  let [tree, node] = [0, 0];
  stageSizes.forEach((trees, stage) => {
    write.float64(Math.fround((stageThresholds[stage] as number) - THRESHOLD_SLACK));
    write.int32(trees, 0);
    for (const end = tree + trees; tree < end; tree++) {
      const nodes = treeSizes[tree] as number;
      write.int32(nodes);
      const firstLeaf = node + tree; // each tree before has one leaf more than nodes
      for (const last = node + nodes; node < last; node++) writeNode(write, cascade, node, firstLeaf, corners);
    }
  });
}

function writeNode(write: Writer, cascade: Cascade, node: number, firstLeaf: number, corners: Corners): void {
  const { rectangles, weights, tilted, thresholds, left, right, leaves } = cascade;
  const ownWeights = weights.subarray(node * RECTANGLES, (node + 1) * RECTANGLES);
  ownWeights.forEach((weight, i) => {
    const [x = 0, y = 0, width = 0, height = 0] = rectangles.subarray((node * RECTANGLES + i) * SIDES);
    write.int32(...(weight === 0 ? [0, 0, 0, 0] : corners(x, y, width, height, tilted[node] === 1)));
  });
  write.float32(...ownWeights, thresholds[node] as number);
  for (const side of [left, right]) {
    const next = side[node] as number;
    write.float32(next > 0 ? 0 : (leaves[firstLeaf - next] as number));
    write.int32(Math.max(next, 0));
  }
}

type Writer = ReturnType<typeof writer>;

/** Writes numbers one behind the other. */
function writer(bytes: DataView) {
  let at = 0;
  const each = (size: number, set: (at: number, value: number, littleEndian: boolean) => void) => {
    return (...values: readonly number[]) => {
      for (const value of values) {
        set.call(bytes, at, value, true);
        at += size;
      }
    };
  };
  return { int32: each(4, bytes.setInt32), float32: each(4, bytes.setFloat32), float64: each(8, bytes.setFloat64) };
}

type Corners = (x: number, y: number, width: number, height: number, isTilted: boolean) => number[];

function cornersOf({ stride, tiltedOffset, places }: Integrals, step: Step): Corners {
  const at = (x: number, y: number) => 4 * (y * stride + (places[step][x] as number));
  return (x, y, width, height, isTilted) => {
    if (!isTilted) return [at(x, y), at(x + width, y), at(x, y + height), at(x + width, y + height)];
    const [right, left] = [x + width, x - height];
    return [at(x, y), at(left, y + height), at(right, y + width), at(right - height, y + width + height)].map(
      (corner) => 4 * tiltedOffset + corner,
    );
  };
}
