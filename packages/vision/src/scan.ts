/** @file The windows of one image: which of them a cascade accepts. */
import { type Evaluator, stagesPassed } from './cascade/evaluate.ts';
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

/** Calls `accept` for each window that every stage accepts. Behind one that fails the first stage the next is skipped. */
export function scan(
  evaluator: Evaluator,
  integrals: Integrals,
  window: Size,
  { columns, rows, step }: Grid,
  accept: (x: number, y: number) => void,
): void {
  const { sums, stride } = integrals;
  const stages = evaluator.stageEnds.length;
  for (let y = 0; y < rows; y += step) {
    for (let x = 0; x < columns; x += step) {
      const at = y * stride + x;
      const norm = normOf(integrals, window, at);
      if (norm === 0) continue;
      const passed = stagesPassed(evaluator, sums, at, norm);
      if (passed === stages) accept(x, y);
      else if (passed === 0) x += step;
    }
  }
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
