/** @file FER2013 (Goodfellow et al. 2013, "Challenges in representation learning") as Kaggle publishes it: one CSV file. */
import ndarray from 'ndarray';
import type Papa from 'papaparse';
import { Dataset, type Item } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { FER2013_CLASSES } from './classes.ts';
import { DamageLog, type SourceOptions } from './damage.ts';
import { readLines } from './files.ts';

const USAGES = ['Training', 'PublicTest', 'PrivateTest'];

const SIDE = 48;
const PIXELS = SIDE * SIDE;

/** Images share buffers of this many. */
const IMAGES_PER_BLOCK = 1024;

/** A row of FER2013 takes 9.3 kB at most: 2304 numbers of three digits, and spaces between them. */
const MAX_LINE = 2 ** 14;

/**
 * FER2013: 48x48 gray faces of seven expressions, with the `usage` of each (Training, PublicTest, PrivateTest).
 * @param path Of a CSV file with the columns emotion, pixels and Usage, in any order. It is read in pieces: memory holds the pixels alone.
 * @throws DataError for rows with another number of pixels, a value outside 0..255, an unknown label or usage, unless
 * they are skipped; ArgumentError if the file cannot be read.
 */
export async function fer2013(path: string, options: SourceOptions = {}): Promise<Dataset> {
  const { default: papa } = await import('papaparse');
  const log = new DamageLog('fer2013', path, options.damaged);
  const items: Item[] = [];
  let columns: Columns | undefined;
  let block = new Uint8Array();
  let reported = 0;
  for await (const { number, text, done, total } of readLines('fer2013', path, MAX_LINE)) {
    if (done !== reported) options.onProgress?.({ done, total });
    reported = done;
    if (!columns) {
      columns = findColumns(papa, path, text);
      continue;
    }
    if (text.trim() === '') continue;
    const offset = (items.length % IMAGES_PER_BLOCK) * PIXELS;
    if (offset === 0) block = new Uint8Array(IMAGES_PER_BLOCK * PIXELS);
    const row = readRow(papa, columns, text, block.subarray(offset, offset + PIXELS));
    if (typeof row === 'string') log.add(`line ${number}`, row);
    else items.push({ image: ndarray(block, [SIDE, SIDE, 1], [SIDE, 1, 1], offset), ...row });
  }
  log.settle(items.length);
  return new Dataset({ classes: FER2013_CLASSES, items, damaged: log.items });
}

/** Where the fields of a row are. */
interface Columns {
  readonly emotion: number;
  readonly pixels: number;
  readonly usage: number;
  readonly count: number;
}

/** A line is a record: no field of this format can hold a line feed, and damage in one line must not reach the next. */
function splitLine(papa: typeof Papa, text: string): { fields: string[]; problem: string | undefined } {
  const { data, errors } = papa.parse<string[]>(text.replace(/\r$/, ''), { delimiter: ',', newline: '\n' });
  return { fields: data[0]?.map((field) => field.trim()) ?? [], problem: errors[0]?.message };
}

function findColumns(papa: typeof Papa, path: string, text: string): Columns {
  const byteOrderMark = /^\u00ef\u00bb\u00bf/; // UTF-8's, read as Latin-1
  const names = splitLine(papa, text.slice(0, MAX_LINE).replace(byteOrderMark, '')).fields.map((name) =>
    name.toLowerCase(),
  );
  const [emotion, pixels, usage] = ['emotion', 'pixels', 'usage'].map((name) => names.indexOf(name));
  if (emotion === undefined || pixels === undefined || usage === undefined || Math.min(emotion, pixels, usage) < 0) {
    const came = text.length > 60 ? `${text.slice(0, 60)}...` : text;
    throw new DataError(
      'fer2013',
      `line 1 of ${path} must name the columns emotion, pixels and Usage but is '${came.trim()}'`,
    );
  }
  return { emotion, pixels, usage, count: names.length };
}

/** Writes the pixels into `image`. @returns label and usage, or what is wrong. */
function readRow(
  papa: typeof Papa,
  columns: Columns,
  text: string,
  image: Uint8Array,
): { label: number; usage: string } | string {
  if (text.length > MAX_LINE) return `longer than ${MAX_LINE} bytes`;
  const { fields, problem } = splitLine(papa, text);
  if (problem) return problem;
  if (fields.length !== columns.count) return `${fields.length} fields instead of ${columns.count}`;
  const [emotion, usage] = [fields[columns.emotion] as string, fields[columns.usage] as string];
  if (!/^[0-6]$/.test(emotion)) return `the label must be from 0 to 6 but is '${emotion}'`;
  if (!USAGES.includes(usage)) return `the usage must be one of ${USAGES.join(', ')} but is '${usage}'`;
  return readPixels(fields[columns.pixels] as string, image) ?? { label: Number(emotion), usage };
}

const SPACE = 0x20;
const ZERO = 0x30;

/** Integers from 0 to 255 between spaces. @returns what is wrong, if something is. */
function readPixels(text: string, image: Uint8Array): string | undefined {
  let count = 0;
  let value = -1; // no digit yet
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : SPACE;
    if (code === SPACE) {
      if (value >= 0) image[count++] = value; // beyond its end nothing is written
      value = -1;
      continue;
    }
    const digit = code - ZERO;
    value = 10 * Math.max(value, 0) + digit;
    if (!(digit >= 0 && digit <= 9 && value <= 255)) {
      const word = text
        .slice(text.lastIndexOf(' ', i) + 1)
        .split(' ', 1)[0]
        ?.slice(0, 20);
      return `pixel ${count} must be an integer from 0 to 255 but is '${word}'`;
    }
  }
  return count === image.length ? undefined : `${count} pixels instead of ${image.length}`;
}
