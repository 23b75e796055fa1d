/** @file The expression history as JSON: `{ "format": "fer-history", "version": 1, "predictions": [...] }`. */
import { DataError } from '../errors.ts';
import { checkedRows, RowCollector } from './collector.ts';
import { FIELDS, type Prediction, rowOf, valueAt } from './prediction.ts';
import { readTime, writeTime } from './times.ts';

const HEADER = { format: 'fer-history', version: 1 } as const;

/**
 * Predictions as JSON, each as it is in memory but for its time, which is 2026-11-22T06:10:00.000Z.
 * @throws DataError for rows that are no predictions, so that whatever is written can be read
 */
export function formatHistoryJson(predictions: readonly Prediction[]): string {
  const rows = checkedRows('formatHistoryJson', predictions).map((row) => withTime(row, writeTime(row.time)));
  const lines = rows.map((row) => `\n  ${JSON.stringify(row)}`);
  return `${JSON.stringify(HEADER).slice(0, -1)},"predictions":[${lines.join(',')}\n]}\n`;
}

/**
 * Predictions from the text of a JSON file as formatHistoryJson writes it.
 * @throws DataError that names whatever is damaged; nothing of such a file is returned
 */
export function parseHistoryJson(text: string): Prediction[] {
  const rows = new RowCollector('parseHistoryJson');
  for (const [i, row] of predictionsIn(text).entries()) {
    const place = `predictions[${i}]`;
    const stranger = pathsIn(row).find((names) => !isField(names));
    if (stranger) rows.refuse([place, ...stranger].join('.'), 'there is no such field');
    else rows.add(withTime(row, readTime(valueAt(row, ['time']))), (field) => [place, ...field].join('.'));
  }
  return rows.finish();
}

/** @throws DataError if the text is something else than a history */
function predictionsIn(text: string): unknown[] {
  let history: { format?: unknown; version?: unknown; predictions?: unknown } | null;
  try {
    history = JSON.parse(text);
  } catch (error) {
    throw new DataError('parseHistoryJson', `the text is not JSON: ${(error as Error).message}`);
  }
  if (history?.format !== HEADER.format || history.version !== HEADER.version || !Array.isArray(history.predictions)) {
    const expected = JSON.stringify({ ...HEADER, predictions: ['...'] });
    throw new DataError('parseHistoryJson', `the text is JSON, but no history: that begins as ${expected}`);
  }
  return history.predictions;
}

/** The fields of a row, and nothing else, with its time in another form. */
function withTime(row: unknown, time: unknown): unknown {
  return rowOf(FIELDS.map(({ path }) => (path[0] === 'time' ? time : valueAt(row, path))));
}

/** Where the values of a row stand, and those of its boxes and probabilities. */
function pathsIn(row: unknown): string[][] {
  const entriesOf = (value: unknown) => (typeof value === 'object' && value !== null ? Object.entries(value) : []);
  return entriesOf(row).flatMap(([name, value]) => [[name], ...entriesOf(value).map(([key]) => [name, key])]);
}

const isField = (names: readonly string[]): boolean =>
  FIELDS.some(({ path }) => names.every((name, i) => name === path[i]));
