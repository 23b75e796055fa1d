/** @file The last minute of one face: its probabilities, stacked, moving to the left. */
import { EXPRESSION_COLORS } from '@fer/data';
import type { Sight } from '../worker/protocol.ts';
import { colorOf, find, sized } from './dom.ts';

const MINUTE = 60_000;

/** Milliseconds that share one column: the strip is never longer than a minute of these. */
const COLUMN = 200;

/** A face that was not seen for longer leaves a gap. */
const LONGEST_COLUMN = 1000;

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
    const place = (time: number) => Math.round(width - ((now + COLUMN - time) / MINUTE) * width);
    for (const [i, { time, probabilities }] of this.#columns.entries()) {
      const next = this.#columns[i + 1]?.time ?? time + COLUMN;
      const [left, right] = [place(time), place(Math.min(next, time + LONGEST_COLUMN))];
      let top = 0;
      for (const [c, label] of labels.entries()) {
        context.fillStyle = colorOf(label, EXPRESSION_COLORS);
        context.fillRect(left, top, right - left, height - top); // down to the bottom, so that no seams show
        top += (probabilities[c] ?? 0) * height;
      }
    }
  }
}
