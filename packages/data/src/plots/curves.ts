/** @file What happened during training. */
import { ArgumentError } from '@fer/core';
import { COLORS, FRAME, type PlotOptions, type PlotSpec, titleOf } from './theme.ts';

/** The figures of one epoch: `epoch`, `loss`, metrics, and the same of the validation part as `valLoss`, ... */
export type EpochFigures = Readonly<Record<string, number>>;

export interface CurvesOptions extends PlotOptions {
  /** What to draw, each in a panel of its own. Loss and accuracy, as far as they are there, unless given. */
  readonly metrics?: readonly string[];
}

/**
 * Training curves: a panel for each metric, with a line for training and one for validation, whose best epoch is marked.
 * @param epochs The figures of each epoch, such as a History's `epochs`.
 */
export function trainingCurves(epochs: readonly EpochFigures[], options: CurvesOptions = {}): PlotSpec {
  const known = [...new Set(epochs.flatMap((figures) => Object.keys(figures)))];
  const metrics = options.metrics ?? ['loss', 'accuracy'].filter((name) => known.includes(name));
  if (epochs.length === 0) throw new ArgumentError('trainingCurves', 'epochs must not be empty');
  for (const name of metrics) {
    if (!known.includes(name)) {
      throw new ArgumentError('trainingCurves', `metrics must be among ${known.join(', ')} but hold ${name}`);
    }
  }
  return {
    ...FRAME,
    ...titleOf(options, 'Training'),
    spacing: 36,
    resolve: { scale: { color: 'shared' } },
    hconcat: metrics.map((name) => panel(epochs, name)),
  } as PlotSpec;
}

interface Point {
  readonly epoch: number;
  readonly value: number;
  readonly part: 'Training' | 'Validation';
}

function panel(epochs: readonly EpochFigures[], name: string) {
  const values = [...points(epochs, name, 'Training'), ...points(epochs, validationName(name), 'Validation')];
  const axis = /accuracy|precision|recall|f1/i.test(name) ? { format: '.2~%' } : {};
  const layer = [
    {
      mark: { type: 'line', strokeWidth: 2.5, strokeJoin: 'round', point: epochs.length === 1 },
      encoding: { color: { field: 'part', type: 'nominal', ...PARTS } },
    },
    ...best(values, name),
  ];
  return {
    width: 360,
    height: 260,
    data: { values },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        // no more ticks than epochs: there is nothing in between
        axis: { title: 'Epoch', tickCount: Math.max(1, Math.min(epochs.length - 1, 8)), grid: false },
        scale: { nice: false, zero: false },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        axis: { title: capitalised(name), tickCount: 6, ...axis },
        scale: { zero: false, padding: 16 },
      },
    },
    layer,
  };
}

const PARTS = {
  scale: { domain: ['Training', 'Validation'], range: [COLORS.blue, COLORS.orange] },
  legend: { title: null, orient: 'top', symbolType: 'stroke', symbolSize: 300 },
};

/** Epochs that ended in NaN leave a gap. */
function points(epochs: readonly EpochFigures[], key: string, part: Point['part']): Point[] {
  return epochs.flatMap((figures, i) => {
    const value = figures[key];
    return value === undefined || !Number.isFinite(value) ? [] : [{ epoch: figures.epoch ?? i + 1, value, part }];
  });
}

/** A dot at the best validation epoch: the lowest loss or error, the highest of anything else. */
function best(values: readonly Point[], name: string): object[] {
  const validation = values.filter(({ part }) => part === 'Validation');
  if (validation.length === 0) return [];
  const sign = /loss|error/i.test(name) ? -1 : 1;
  const { epoch, value } = validation.reduce((a, b) => (sign * b.value > sign * a.value ? b : a));
  const shown = sign > 0 && value <= 1 ? `${(100 * value).toFixed(1)}%` : value.toPrecision(3);
  const all = values.map((point) => point.epoch);
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const place = last > first ? (epoch - first) / (last - first) : 0.5;
  const align = place > 0.75 ? 'right' : place < 0.25 ? 'left' : 'center';
  return [
    {
      data: { values: [{ epoch, value }] },
      mark: {
        type: 'point',
        filled: true,
        size: 70,
        color: COLORS.orange,
        opacity: 1,
        stroke: '#ffffff',
        strokeWidth: 1.5,
      },
    },
    {
      data: { values: [{ epoch, value, text: `best ${shown}, epoch ${epoch}` }] },
      mark: { type: 'text', dy: sign * -14, align, fontSize: 11, fontWeight: 600, color: COLORS.orange },
      encoding: { text: { field: 'text' } },
    },
  ];
}

function validationName(name: string): string {
  return `val${capitalised(name)}`;
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
