/** @file Rows as they are read or written: each is checked, and one that is damaged spoils them all. */
import { type DamagedItem, DataError } from '../errors.ts';
import { type Prediction, problemOf } from './prediction.ts';

/** With more than this, the text is not what it is taken for. */
const MAX_DAMAGED = 1000;

/** Tells where a row stands, or one of its fields. */
export type Where = (field: readonly string[]) => string;

export class RowCollector {
  readonly #rows: Prediction[] = [];
  readonly #damaged: DamagedItem[] = [];
  /** Where each row stands, by what tells it from all others. */
  readonly #seen = new Map<string, string>();

  constructor(private readonly operator: string) {}

  add(row: unknown, where: Where): void {
    const problem = problemOf(row);
    if (problem) this.refuse(where(problem.field), problem.reason);
    else this.#addPrediction(row as Prediction, where([]));
  }

  #addPrediction(row: Prediction, here: string): void {
    const key = `${row.time} ${row.face} ${row.session}`;
    const earlier = this.#seen.get(key);
    if (earlier === undefined) {
      this.#seen.set(key, here);
      this.#rows.push(row);
    } else this.refuse(here, `session, time and face are those of ${earlier}`);
  }

  /** @throws DataError if there is too much */
  refuse(where: string, reason: string): void {
    this.#damaged.push({ where, reason });
    if (this.#damaged.length > MAX_DAMAGED) this.finish();
  }

  /** @throws DataError if anything was refused */
  finish(): Prediction[] {
    const { length } = this.#damaged;
    if (length === 0) return this.#rows;
    const count = length > MAX_DAMAGED ? `more than ${MAX_DAMAGED}` : length === 1 ? 'one' : length;
    throw new DataError(this.operator, `${count} of the rows ${length === 1 ? 'is' : 'are'} damaged`, this.#damaged);
  }
}

/** Rows that were not read from a file. @throws DataError unless all are predictions */
export function checkedRows(operator: string, predictions: readonly unknown[]): Prediction[] {
  const rows = new RowCollector(operator);
  for (const [i, row] of predictions.entries()) rows.add(row, (field) => [`predictions[${i}]`, ...field].join('.'));
  return rows.finish();
}
