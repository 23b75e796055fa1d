/** @file How well each class is recognised. */
import type { ClassificationReport } from '../metrics/report.ts';
import { COLORS, FRAME, type PlotOptions, type PlotSpec, titleOf } from './theme.ts';

const SCORES = { precision: 'Precision', recall: 'Recall', f1: 'F1' } as const;

/** Bars of precision, recall and F1 for every class, with the number of its images. */
export function classScoresPlot(report: Omit<ClassificationReport, 'toString'>, options: PlotOptions = {}): PlotSpec {
  const values = report.classes.flatMap(({ label, support, ...scores }) =>
    Object.entries(SCORES).map(([key, score]) => ({
      class: `${label}\nn = ${support.toLocaleString('en')}`,
      score,
      value: scores[key as keyof typeof SCORES],
    })),
  );
  const order = Object.values(SCORES);
  const accuracy = `Accuracy ${(100 * report.accuracy).toFixed(1)}%, macro F1 ${(100 * report.macroAverage.f1).toFixed(1)}%`;
  return {
    ...FRAME,
    ...titleOf({ subtitle: accuracy, ...options }, 'Scores by class'),
    width: { step: 22 },
    height: 260,
    data: { values },
    mark: { type: 'bar', cornerRadiusEnd: 2 },
    encoding: {
      x: {
        field: 'class',
        type: 'nominal',
        sort: null,
        scale: { paddingInner: 0.25 },
        axis: {
          title: 'Class',
          labelAngle: 0,
          labelExpr: "split(datum.value, '\\n')",
          labelFontSize: 12,
          domain: false,
        },
      },
      xOffset: { field: 'score', sort: order, scale: { paddingInner: 0.08 } },
      y: {
        field: 'value',
        type: 'quantitative',
        scale: { domain: [0, 1] },
        axis: { title: 'Score', format: '.0%', tickCount: 6, domain: false },
      },
      color: {
        field: 'score',
        type: 'nominal',
        sort: order,
        scale: { domain: order, range: [COLORS.blue, COLORS.orange, COLORS.green] },
        legend: { title: null, orient: 'top', symbolType: 'square' },
      },
    },
  } as PlotSpec;
}
