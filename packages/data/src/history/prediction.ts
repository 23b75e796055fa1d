/** @file A row of the expression history: what one network thought of one face at one moment. */
import { FER2013_CLASSES } from '../sources/classes.ts';

/** FER2013's seven expressions. */
export type ExpressionLabel = (typeof FER2013_CLASSES)[number];

/** A history is an array of these. Session, time and face tell any two rows apart. */
export interface Prediction {
  /** When the frame was taken: milliseconds since 1970 in UTC, the same for all faces of a frame. */
  readonly time: number;
  /** The name of the session: up to 100 characters, no control characters. */
  readonly session: string;
  /** Tells the faces of a session apart, from 0: a face keeps its number for as long as it is followed. */
  readonly face: number;
  /** In pixels of the frame, from its top left corner. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** What was shown. It need not be the most probable label of this one frame: it may be smoothed over time. */
  readonly label: ExpressionLabel;
  /** Of this frame; they add up to 1. */
  readonly probabilities: Readonly<Record<ExpressionLabel, number>>;
  /** The name of the network. Like a session's name. */
  readonly model: string;
}

/** What a field must be. */
interface Rule {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

/** The end of the year 9999, until which times have one form. */
const LAST_TIME = Date.UTC(10000, 0) - 1;

const MAX_NAME = 100;

/** Line breaks among them; and halves of surrogate pairs, which no file in UTF-8 can hold. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/** Probabilities may be rounded to two digits. */
const SUM_TOLERANCE = 0.035;

const TIME: Rule = {
  expected: 'a time from 1970 to 9999 (in milliseconds; in files as 2026-11-22T06:10:00.000Z)',
  holds: (value) => isCount(value) && value <= LAST_TIME,
};
const NAME: Rule = {
  expected: `text of 1 to ${MAX_NAME} characters, none of them a control character`,
  holds: (value) => typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME && !FORBIDDEN.test(value),
};
const COUNT: Rule = { expected: 'an integer from 0', holds: isCount };
const FINITE: Rule = { expected: 'a finite number', holds: Number.isFinite };
const SIZE: Rule = { expected: 'a number above 0', holds: (value) => Number.isFinite(value) && (value as number) > 0 };
const PROBABILITY: Rule = {
  expected: 'a number from 0 to 1',
  holds: (value) => typeof value === 'number' && value >= 0 && value <= 1,
};
const LABEL: Rule = {
  expected: `one of ${FER2013_CLASSES.join(', ')}`,
  holds: (value) => (FER2013_CLASSES as readonly unknown[]).includes(value),
};

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Where a value stands in a Prediction: its last part is also the name of its column. */
interface Field {
  readonly path: readonly [string] | readonly [string, string];
  readonly rule: Rule;
}

/** All of a row, in the order of the columns. */
export const FIELDS: readonly Field[] = [
  { path: ['time'], rule: TIME },
  { path: ['session'], rule: NAME },
  { path: ['face'], rule: COUNT },
  { path: ['box', 'x'], rule: FINITE },
  { path: ['box', 'y'], rule: FINITE },
  { path: ['box', 'width'], rule: SIZE },
  { path: ['box', 'height'], rule: SIZE },
  { path: ['label'], rule: LABEL },
  ...FER2013_CLASSES.map((label): Field => ({ path: ['probabilities', label], rule: PROBABILITY })),
  { path: ['model'], rule: NAME },
];

/** What is wrong with a row. */
export interface Problem {
  readonly field: Field['path'];
  readonly reason: string;
}

/** The first thing that is wrong with what should be a row, if anything is. */
export function problemOf(row: unknown): Problem | undefined {
  for (const { path, rule } of FIELDS) {
    const value = valueAt(row, path);
    if (!rule.holds(value)) return { field: path, reason: `must be ${rule.expected} but is ${shown(value)}` };
  }
  const { probabilities } = row as Prediction;
  const sum = FER2013_CLASSES.reduce((total, label) => total + probabilities[label], 0);
  if (Math.abs(sum - 1) <= SUM_TOLERANCE) return undefined;
  return { field: ['probabilities', 'neutral'], reason: `all probabilities must add up to 1 but to ${sum.toFixed(3)}` };
}

type Fields = Record<string, unknown>;

export function valueAt(row: unknown, [name, key]: Field['path']): unknown {
  const value = (row as Fields | null | undefined)?.[name];
  return key === undefined ? value : (value as Fields | null | undefined)?.[key];
}

const SHOWN = 40;

function shown(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}

/** The reverse: a row of the values of all fields, which may be anything. */
export function rowOf(values: readonly unknown[]): unknown {
  const row: Fields = { box: {}, probabilities: {} };
  for (const [i, { path }] of FIELDS.entries()) {
    const [name, key] = path;
    if (key === undefined) row[name] = values[i];
    else (row[name] as Fields)[key] = values[i];
  }
  return row;
}
