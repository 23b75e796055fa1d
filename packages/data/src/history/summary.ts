/** @file What the history of a session comes to. */
import { FER2013_CLASSES } from '../sources/classes.ts';
import { checkedRows } from './collector.ts';
import type { ExpressionLabel, Prediction } from './prediction.ts';

export interface SessionSummary {
  readonly session: string;
  /** The time of the first frame. */
  readonly start: number;
  /** Milliseconds from the first frame to the last. */
  readonly duration: number;
  readonly frames: number;
  readonly faces: number;
  readonly predictions: number;
  /** The names of all networks, in the order of their first use. */
  readonly models: readonly string[];
  /** How often the label of a face became another, per minute that faces were seen. 0 if none was seen for any time. */
  readonly changesPerMinute: number;
  readonly expressions: Readonly<Record<ExpressionLabel, ExpressionSummary>>;
}

export interface ExpressionSummary {
  /** The part of all predictions that have this label. */
  readonly share: number;
  /** The longest time that a face had this label in all of its frames, in milliseconds from the first of them to the last. */
  readonly longestRun: number;
  readonly meanProbability: number;
}

/** In milliseconds: a face that was not seen for longer was away, and what is known of it ends there. */
export const MAX_GAP = 2000;

/**
 * A summary of each session, in the order of their first frames. The predictions may be in any order.
 * @throws DataError for rows that are no predictions
 */
export function summariseHistory(predictions: readonly Prediction[]): SessionSummary[] {
  const rows = checkedRows('summariseHistory', predictions).sort((a, b) => a.time - b.time);
  return [...groupBy(rows, ({ session }) => session).values()].map(summarise);
}

/** Rows by something that they share, in the order in which it first comes up. */
export function groupBy<K>(rows: readonly Prediction[], keyOf: (row: Prediction) => K): Map<K, Prediction[]> {
  const groups = new Map<K, Prediction[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

/** One face's rows, cut wherever it was away. */
function appearances(face: readonly Prediction[]): Prediction[][] {
  const result: Prediction[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const row of face) {
    if (row.time - last > MAX_GAP) result.push([]);
    result.at(-1)?.push(row);
    last = row.time;
  }
  return result;
}

/** @param rows Of one session, in the order of their times; at least one. */
function summarise(rows: readonly Prediction[]): SessionSummary {
  const [first, last] = [rows[0], rows.at(-1)] as [Prediction, Prediction];
  const faces = [...groupBy(rows, ({ face }) => face).values()];
  const parts = faces.flatMap(appearances);
  const seen = parts.reduce((sum, part) => sum + lengthOf(part), 0);
  const runs = parts.flatMap(runsOf);
  const changes = runs.length - parts.length;
  return {
    session: first.session,
    start: first.time,
    duration: last.time - first.time,
    frames: new Set(rows.map(({ time }) => time)).size,
    faces: faces.length,
    predictions: rows.length,
    models: [...new Set(rows.map(({ model }) => model))],
    changesPerMinute: seen === 0 ? 0 : changes / (seen / 60_000),
    expressions: Object.fromEntries(
      FER2013_CLASSES.map((label) => [label, summariseExpression(label, rows, runs)]),
    ) as Record<ExpressionLabel, ExpressionSummary>,
  };
}

function summariseExpression(
  label: ExpressionLabel,
  rows: readonly Prediction[],
  runs: readonly (readonly Prediction[])[],
): ExpressionSummary {
  const own = runs.filter(([first]) => first?.label === label);
  return {
    share: own.reduce((sum, { length }) => sum + length, 0) / rows.length,
    longestRun: own.reduce((longest, run) => Math.max(longest, lengthOf(run)), 0),
    meanProbability: rows.reduce((sum, { probabilities }) => sum + probabilities[label], 0) / rows.length,
  };
}

/** Rows that follow each other with the same label. */
function runsOf(rows: readonly Prediction[]): Prediction[][] {
  const runs: Prediction[][] = [];
  for (const row of rows) {
    const run = runs.at(-1);
    if (run?.[0]?.label === row.label) run.push(row);
    else runs.push([row]);
  }
  return runs;
}

/** Milliseconds from the first row to the last. */
const lengthOf = (rows: readonly Prediction[]): number => (rows.at(-1)?.time ?? 0) - (rows[0]?.time ?? 0);
