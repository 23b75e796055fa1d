/** @file Progress on a terminal. */
import type { Callback } from '../callback.ts';
import type { Logs } from '../figures.ts';
import type { Run } from '../run.ts';

/** Where text goes, such as process.stderr. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Of the terminal. */
  readonly columns?: number;
}

export interface ProgressBarOptions {
  /** process.stderr unless given, if there is one. */
  readonly stream?: TextStream;
}

const WIDTH = 20;

const CLEAR_LINE = '\r\x1b[2K';

/** Between two drawings, in milliseconds. */
const INTERVAL = 200;

/** On a terminal a bar with the rate, the time left in the epoch, and the figures; elsewhere a line for each epoch. */
export class ProgressBar implements Callback {
  readonly className = 'ProgressBar';
  readonly #stream: TextStream | undefined;
  #start = 0;
  #lastDrawn = 0;
  /** Batches and examples that a resumed epoch had at its start. */
  #skipped = { batches: 0, examples: 0 };

  constructor({ stream = globalThis.process?.stderr }: ProgressBarOptions = {}) {
    this.#stream = stream;
  }

  onTrainBegin(run: Run): void {
    this.#begin(run);
  }

  onEpochBegin(run: Run): void {
    this.#begin(run);
  }

  #begin({ batch, examples }: Run): void {
    this.#start = performance.now();
    this.#skipped = { batches: batch, examples };
  }

  onBatchEnd(run: Run): void {
    if (!this.#stream?.isTTY || performance.now() - this.#lastDrawn < INTERVAL) return;
    this.#lastDrawn = performance.now();
    const { length } = run.train;
    const filled = Math.round((WIDTH * run.batch) / length);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const left = (this.#seconds / (run.batch - this.#skipped.batches)) * (length - run.batch);
    const parts = [`${run.batch}/${length} ${bar}`, this.#rate(run), `ETA ${clock(left)}`, formatted(run.logs)];
    const line = `${heading(run)}${parts.join('  ')}`;
    // a longer line would wrap, and its first part stay
    this.#stream.write(`${CLEAR_LINE}${line.slice(0, (this.#stream.columns ?? Infinity) - 1)}`);
  }

  onEpochEnd(run: Run): void {
    const { epoch, ...figures } = run.history.at(-1) as Logs;
    const parts = [clock(this.#seconds), this.#rate(run), formatted(figures)];
    this.#stream?.write(`${this.#stream.isTTY ? CLEAR_LINE : ''}${heading(run)}${parts.join('  ')}\n`);
  }

  onTrainEnd(run: Run): void {
    if (run.interrupted && this.#stream?.isTTY) this.#stream.write('\n');
    if (run.stopped !== undefined) this.#stream?.write(`Stopped: ${run.stopped}.\n`);
  }

  get #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  #rate({ examples }: Run): string {
    const rate = (examples - this.#skipped.examples) / this.#seconds;
    return `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} images/s`;
  }
}

const heading = ({ epoch, epochs }: Run) => `Epoch ${epoch + 1}/${epochs}  `;

/** Five digits tell what there is to see. */
function formatted(logs: Logs): string {
  return Object.entries(logs)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`)
    .join('  ');
}

/** Hours, minutes and seconds: 1:02:03 or 2:03. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
