/** @file How much there was of each expression in a session, as a picture. */
import { checkInteger } from '@fer/core';
import { type PlotSpec, titleOf } from '../plots/theme.ts';
import { FER2013_CLASSES } from '../sources/classes.ts';
import { EXPRESSION_SCALE, type HistoryPlotOptions, themeOf } from './plots.ts';
import type { SessionSummary } from './summary.ts';

/** Bars for the share of each expression among the labels, with its mean probability as a line across. */
export function historyShares(summary: SessionSummary, options: HistoryPlotOptions = {}): PlotSpec {
  const { width = 720 } = options;
  checkInteger('historyShares', 'width', width, 1);
  const { frame, palette } = themeOf('historyShares', options);
  const values = FER2013_CLASSES.map((expression) => {
    const { share, meanProbability } = summary.expressions[expression];
    return {
      expression,
      share,
      meanProbability,
      end: Math.max(share, meanProbability),
      text: `${(100 * share).toFixed(1)}%`,
    };
  });
  const subtitle = 'Bars: part of all predictions with this label. Lines: its mean probability.';
  return {
    ...frame,
    ...titleOf({ subtitle, ...options }, summary.session),
    description: `Of the session ${summary.session}: ${values.map(({ expression, text }) => `${expression} ${text}`).join(', ')}.`,
    width,
    height: { step: 34 },
    data: { values },
    encoding: {
      y: {
        field: 'expression',
        type: 'nominal',
        sort: null,
        axis: { title: null, labelFontSize: 12, labelColor: palette.ink, domain: false },
      },
      x: {
        field: 'share',
        type: 'quantitative',
        scale: { domain: [0, 1] },
        axis: { title: 'Share', format: '.0%', tickCount: 5, domain: false },
      },
    },
    layer: [
      {
        mark: { type: 'bar', cornerRadiusEnd: 2, height: { band: 0.7 } },
        encoding: { color: { field: 'expression', type: 'nominal', scale: EXPRESSION_SCALE, legend: null } },
      },
      {
        mark: { type: 'tick', color: palette.ink, thickness: 2, height: { band: 0.85 } },
        encoding: { x: { field: 'meanProbability', type: 'quantitative' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 8, color: palette.ink, fontSize: 12 },
        encoding: { x: { field: 'end', type: 'quantitative' }, text: { field: 'text' } },
      },
    ],
  } as PlotSpec;
}
