/** @file The last minute of one face: its probabilities, stacked, moving to the left. */
import { EXPRESSION_COLORS } from '@fer/data';
import type { Sight } from '../worker/protocol.ts';
import { colorOf, find, sized } from './dom.ts';

const MINUTE = 60_000;

/** Milliseconds that share one column: the strip is never longer than a minute of these. */
const COLUMN = 200;

interface Column {
  readonly time: number;
  readonly probabilities: readonly number[];
}

export class Strip {
  readonly #figure = find('strip-figure', HTMLElement);
  readonly #canvas = find('strip', HTMLCanvasElement);
  #columns: Column[] = [];

  add({ time, faces }: Sight, labels: readonly string[]): void {
    const [largest] = [...faces].sort((a, b) => b.box.width - a.box.width);
    const last = this.#columns.at(-1);
    if (!largest || (last && time - last.time < COLUMN)) return;
    this.#columns = this.#columns.filter((column) => time - column.time < MINUTE);
    this.#columns.push({ time, probabilities: largest.smoothed });
    this.#figure.hidden = false;
    this.#draw(time, labels);
  }

  clear(): void {
    this.#columns = [];
    this.#figure.hidden = true;
  }

  #draw(now: number, labels: readonly string[]): void {
    const context = sized(this.#canvas);
    if (!context) return;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const scale = width / MINUTE;
    for (const [i, { time, probabilities }] of this.#columns.entries()) {
      const next = this.#columns[i + 1]?.time ?? time + COLUMN;
      const x = width - (now + COLUMN - time) * scale;
      const columnWidth = Math.min(next - time, 3 * COLUMN) * scale + 0.5; // no seams between columns
      let y = 0;
      for (const [c, label] of labels.entries()) {
        const part = (probabilities[c] ?? 0) * height;
        context.fillStyle = colorOf(label, EXPRESSION_COLORS);
        context.fillRect(x, y, columnWidth, part + 0.5);
        y += part;
      }
    }
  }
}
