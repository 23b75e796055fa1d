/** @file A session as a picture: what each face showed over time. */
import { ArgumentError, checkInteger } from '@fer/core';
import { type PlotSpec, titleOf } from '../plots/theme.ts';
import { FER2013_CLASSES } from '../sources/classes.ts';
import { EXPRESSION_SCALE, formatDuration, type HistoryPlotOptions, themeOf } from './plots.ts';
import type { ExpressionLabel, Prediction } from './prediction.ts';
import { groupBy, MAX_GAP, summariseHistory } from './summary.ts';

/** Faces that are drawn, each in a panel: those that were seen most. */
const MAX_FACES = 6;

/** Predictions are averaged over the time that so many pixels stand for: more detail cannot be seen. */
const STEP_WIDTH = 3;

/** The widest name of an expression with its square and the space around, in pixels. */
const LEGEND_ENTRY = 80;

const HOUR = 3_600_000;

/** Labels from an hour on: a session may go on for days, where formats of times of day begin anew. */
const HOURS = `floor(time(datum.value) / ${HOUR}) + utcFormat(datum.value, ':%M:%S')`;

/**
 * The probabilities of all expressions over time, stacked, in a panel for each of the six faces that were seen most. Gaps are
 * times at which a face was away.
 * @param predictions Of one session; in any order.
 * @throws DataError for rows that are no predictions; ArgumentError if they are of several sessions, or none
 */
export function historyTimeline(predictions: readonly Prediction[], options: HistoryPlotOptions = {}): PlotSpec {
  const { width = 720 } = options;
  checkInteger('historyTimeline', 'width', width, 1);
  const { frame } = themeOf('historyTimeline', options);
  const [summary, ...others] = summariseHistory(predictions);
  if (!summary || others.length > 0) {
    const message = `predictions must be of one session but are of ${others.length + (summary ? 1 : 0)}`;
    throw new ArgumentError('historyTimeline', message);
  }
  const { session, start, duration, frames, faces } = summary;
  const step = Math.max((duration / width) * STEP_WIDTH, 1);
  const day = new Date(start).toISOString().slice(0, 16).replace('T', ' ');
  const left = faces > MAX_FACES ? `, the ${MAX_FACES} of ${faces} faces that were seen most` : '';
  const subtitle = `${day} UTC, ${formatDuration(duration)}, ${frames === 1 ? '1 frame' : `${frames.toLocaleString('en')} frames`}${left}`;
  return {
    ...frame,
    ...titleOf({ subtitle, ...options }, session),
    description: `The probabilities of seven expressions over ${formatDuration(duration)} of the session ${session}.`,
    data: { values: facesSeenMost(predictions).flatMap((rows) => areasOf(rows, start, step)) },
    mark: { type: 'area', interpolate: 'step-after' },
    width,
    height: 120,
    encoding: {
      row: {
        field: 'face',
        type: 'nominal',
        sort: null,
        header: { title: null, labelOrient: 'top', labelAnchor: 'start' },
      },
      x: {
        field: 'time',
        type: 'temporal',
        scale: { type: 'utc', nice: false },
        axis: {
          title: 'Time since the start',
          ...(duration < HOUR ? { format: '%-M:%S' } : { labelExpr: HOURS }),
          tickMinStep: 1000,
          grid: false,
          labelFlush: true,
        },
      },
      y: {
        field: 'low',
        type: 'quantitative',
        scale: { domain: [0, 1] },
        axis: { title: 'Probability', format: '.0%', tickCount: 3, domain: false },
      },
      y2: { field: 'high' },
      detail: { field: 'part', type: 'nominal' },
      color: {
        field: 'expression',
        type: 'nominal',
        scale: EXPRESSION_SCALE,
        legend: { title: null, orient: 'top', symbolType: 'square', columns: Math.ceil(width / LEGEND_ENTRY) },
      },
    },
  } as PlotSpec;
}

/** Each in the order of time. */
function facesSeenMost(predictions: readonly Prediction[]): Prediction[][] {
  const faces = [...groupBy(predictions, ({ face }) => face)];
  const most = faces.sort(([, a], [, b]) => b.length - a.length).slice(0, MAX_FACES);
  return most.sort(([a], [b]) => a - b).map(([, rows]) => rows.sort((a, b) => a.time - b.time));
}

/** The corner of an area: where in the stack an expression lies from a time on. */
interface Corner {
  readonly face: string;
  readonly expression: ExpressionLabel;
  /** Areas of different parts are not connected. */
  readonly part: number;
  readonly time: number;
  readonly low: number;
  readonly high: number;
}

function areasOf(face: readonly Prediction[], start: number, step: number): Corner[] {
  const steps = [...groupBy(face, ({ time }) => Math.floor((time - start) / step))];
  const corners: Corner[] = [];
  let part = 0;
  for (const [i, [index, rows]] of steps.entries()) {
    const [next, following] = steps[i + 1] ?? [];
    corners.push(...stack(rows, part, index * step));
    const lastTime = rows.at(-1)?.time ?? 0;
    const isLast = next === undefined || ((following?.[0]?.time ?? 0) - lastTime > MAX_GAP && next > index + 1);
    if (isLast) corners.push(...stack(rows, part++, (index + 1) * step));
  }
  return corners;
}

/** The mean of some predictions, the first expression on top. */
function stack(rows: readonly Prediction[], part: number, time: number): Corner[] {
  let low = 0;
  return FER2013_CLASSES.toReversed().map((expression) => {
    const share = rows.reduce((sum, { probabilities }) => sum + probabilities[expression], 0) / rows.length;
    const high = Math.min(low + share, 1); // which rounded probabilities may exceed
    const corner = { face: `Face ${rows[0]?.face}`, expression, part, time, low, high };
    low = high;
    return corner;
  });
}
