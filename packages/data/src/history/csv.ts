/** @file The expression history as CSV (RFC 4180): a line for each prediction, which spreadsheets can open. */
import { DataError } from '../errors.ts';
import { checkedRows, RowCollector, type Where } from './collector.ts';
import { FIELDS, type Prediction, rowOf, valueAt } from './prediction.ts';
import { readTime, writeTime } from './times.ts';

const COLUMNS = FIELDS.map(({ path }) => path.at(-1) as string);

/** Numbers as JavaScript writes them, and spreadsheets. */
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/**
 * Texts that a spreadsheet would take for a formula, at their beginning or, where it divides lines at semicolons, after one:
 * they get an apostrophe in front. So do texts that have one there already, so that exactly these lose it again.
 * Source: OWASP, "CSV Injection".
 */
const FORMULA = /(^|;)(?=[\s"]*[=+\-@＝＋－＠'])/g;
const APOSTROPHE = /(^|;)'/g;

const BYTE_ORDER_MARK = /^\ufeff/;

/**
 * Predictions as CSV: the columns time, session, face, x, y, width, height, label, one for each expression, and model.
 * @throws DataError for rows that are no predictions, so that whatever is written can be read
 */
export async function formatHistoryCsv(predictions: readonly Prediction[]): Promise<string> {
  const { default: papa } = await import('papaparse');
  const data = checkedRows('formatHistoryCsv', predictions).map((row) =>
    FIELDS.map(({ path }) => writeValue(path, valueAt(row, path))),
  );
  return `${papa.unparse([COLUMNS, ...data], { newline: '\r\n' })}\r\n`;
}

/**
 * Predictions from the text of a CSV file as formatHistoryCsv writes it, its columns in any order.
 * @throws DataError that names line and column of whatever is damaged; nothing of such a file is returned
 */
export async function parseHistoryCsv(text: string): Promise<Prediction[]> {
  const { default: papa } = await import('papaparse');
  // no field can hold a line break, so each line is read by itself: damage in one does not reach the next
  const split = (line: string) => papa.parse<string[]>(line, { delimiter: ',', newline: '\n' });
  const [header = '', ...lines] = text.replace(BYTE_ORDER_MARK, '').split(/\r\n|\n|\r/);
  const order = findColumns(split(header).data[0] ?? [], header);
  const rows = new RowCollector('parseHistoryCsv');
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    const where: Where = (path) => `line ${i + 2}${path.length > 0 ? `, column ${path.at(-1)}` : ''}`;
    const { data, errors } = split(line);
    const [fields = []] = data;
    if (errors[0]) rows.refuse(where([]), errors[0].message);
    else if (fields.length !== order.length) rows.refuse(where([]), `${fields.length} fields, not ${order.length}`);
    else rows.add(rowOf(order.map((column, i) => readValue(COLUMNS[i], fields[column] as string))), where);
  }
  return rows.finish();
}

function writeValue([name]: readonly string[], value: unknown): unknown {
  if (name === 'time') return writeTime(value as number);
  return typeof value === 'string' ? value.replace(FORMULA, "$1'") : value;
}

/** Where each field of a row stands. @throws DataError unless all columns are there, and no others */
function findColumns(names: readonly string[], header: string): number[] {
  const order = COLUMNS.map((name) => names.indexOf(name));
  if (names.length === COLUMNS.length && !order.includes(-1)) return order;
  const came = header.length > 60 ? `${header.slice(0, 60)}...` : header;
  throw new DataError('parseHistoryCsv', `line 1 must name the columns ${COLUMNS.join(', ')} but is '${came}'`);
}

function readValue(name: string | undefined, text: string): unknown {
  if (name === 'time') return readTime(text);
  if (name === 'session' || name === 'model') return text.replace(APOSTROPHE, '$1');
  return NUMBER.test(text) ? Number(text) : text;
}
