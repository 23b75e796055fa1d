/** @file The windows of one image: which of them a cascade accepts. */
import { addStump, addTree, type Evaluator } from './cascade/evaluate.ts';
import type { Integrals } from './integral.ts';
import type { Size } from './scales.ts';

/** In gray levels: windows whose standard deviation is not above are too flat to be anything. */
const MIN_DEVIATION = 10;

/** Where windows begin: every `step` pixels right and down. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly step: number;
}

/** The windows of a row that no stage has rejected, the first `count` of what the arrays hold. */
export interface Windows {
  count: number;
  /** Where they are in their row, in steps, and in the integral images. */
  readonly columns: Int32Array;
  readonly positions: Int32Array;
  /** One over the standard deviation times the area of each, float32 values. */
  readonly norms: Float64Array;
  /** The sums of the leaves that a stage's trees have led to so far. */
  readonly scores: Float64Array;
}

export function allocateWindows(capacity: number): Windows {
  return {
    count: 0,
    columns: new Int32Array(capacity),
    positions: new Int32Array(capacity),
    norms: new Float64Array(capacity),
    scores: new Float64Array(capacity),
  };
}

/** What scanning needs for images of one size. */
export interface Scanner {
  readonly evaluator: Evaluator;
  readonly integrals: Integrals;
  readonly windows: Windows;
}

/**
 * Calls `accept` for each window that every stage accepts. A row's windows go through the cascade side by side: what a tree
 * needs is read once for all of them.
 */
export function scan(
  { evaluator, integrals, windows }: Scanner,
  window: Size,
  { columns, rows, step }: Grid,
  accept: (x: number, y: number) => void,
): void {
  for (let y = 0; y < rows; y += step) {
    collect(windows, integrals, window, y, columns, step);
    classify(evaluator, integrals.sums, windows);
    for (let i = 0; i < windows.count; i++) accept((windows.columns[i] as number) * step, y);
  }
}

function classify(evaluator: Evaluator, sums: Int32Array, windows: Windows): void {
  const { trees, stageEnds, stageThresholds } = evaluator;
  let tree = 0;
  for (let stage = 0; stage < stageEnds.length && windows.count > 0; stage++) {
    const end = stageEnds[stage] as number;
    for (; tree < end; tree++) {
      const first = trees[tree] as number;
      if ((trees[tree + 1] as number) === first + 1) addStump(evaluator, first, sums, windows);
      else addTree(evaluator, first, sums, windows);
    }
    reject(windows, stageThresholds[stage] as number, stage === 0);
  }
}

/** Keeps the windows that reach a threshold. In the first stage a window behind one that does not is skipped, as in OpenCV. */
function reject(windows: Windows, threshold: number, skips: boolean): void {
  const { columns, positions, norms, scores } = windows;
  let kept = 0;
  let skipped = -1;
  for (let i = 0; i < windows.count; i++) {
    const column = columns[i] as number;
    if (column === skipped) continue;
    if ((scores[i] as number) < threshold) {
      if (skips) skipped = column + 1;
      continue;
    }
    columns[kept] = column;
    positions[kept] = positions[i] as number;
    norms[kept] = norms[i] as number;
    scores[kept] = 0;
    kept++;
  }
  windows.count = kept;
}

/** All windows of a row but for those that are too flat. */
function collect(windows: Windows, integrals: Integrals, window: Size, y: number, columns: number, step: number): void {
  let count = 0;
  for (let x = 0, column = 0; x < columns; x += step, column++) {
    const position = y * integrals.stride + x;
    const norm = normOf(integrals, window, position);
    if (norm === 0) continue;
    windows.columns[count] = column;
    windows.positions[count] = position;
    windows.norms[count] = norm;
    windows.scores[count] = 0;
    count++;
  }
  windows.count = count;
}

/** One over area times standard deviation of the pixels inside of the window's border, a float32; 0 if it is too flat. */
function normOf({ sums, squares, stride }: Integrals, { width, height }: Size, at: number): number {
  const topLeft = at + stride + 1;
  const topRight = topLeft + width - 2;
  const bottomLeft = topLeft + (height - 2) * stride;
  const bottomRight = bottomLeft + width - 2;
  const sum =
    ((sums[topLeft] as number) -
      (sums[topRight] as number) -
      (sums[bottomLeft] as number) +
      (sums[bottomRight] as number)) |
    0;
  const square =
    ((squares[topLeft] as number) -
      (squares[topRight] as number) -
      (squares[bottomLeft] as number) +
      (squares[bottomRight] as number)) >>>
    0;
  const area = (width - 2) * (height - 2);
  const variance = area * square - sum * sum;
  if (variance <= 0) return 0;
  const norm = Math.fround(1 / Math.sqrt(variance));
  return area * norm < 1 / MIN_DEVIATION ? norm : 0;
}
