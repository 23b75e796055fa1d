/** @file A confusion matrix as a picture. */
import { ShapeError } from '@fer/core';
import type { ConfusionMatrix } from '../metrics/confusion.ts';
import { FRAME, INK, type PlotOptions, type PlotSpec, titleOf } from './theme.ts';

export interface ConfusionPlotOptions extends PlotOptions {
  /** The name of every class. */
  readonly classes: readonly string[];
  /** Shares of the actual class instead of counts in the cells. */
  readonly normalise?: boolean;
}

const CELL = 58;

/**
 * Rows are the actual classes, columns the predicted ones. Cells are coloured by their share of the actual class, so
 * that rare classes are seen as well.
 */
export function confusionMatrixPlot(matrix: ConfusionMatrix, options: ConfusionPlotOptions): PlotSpec {
  const { classes, normalise = false } = options;
  if (matrix.length !== classes.length || matrix.some((row) => row.length !== classes.length)) {
    const message = `matrix must be [${classes.length},${classes.length}], as there are ${classes.length} classes`;
    throw new ShapeError('confusionMatrixPlot', `${message}, but has ${matrix.length} rows`);
  }
  const values = matrix.flatMap((row, i) => {
    const total = row.reduce((sum, n) => sum + n, 0);
    return row.map((count, j) => {
      const share = total === 0 ? 0 : count / total;
      const text = normalise ? (100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0) : count.toLocaleString('en');
      return { actual: classes[i], predicted: classes[j], share, text };
    });
  });
  const longest = Math.max(...classes.map(({ length }) => length));
  const axis = { domain: false, labelFontSize: 12, grid: false };
  return {
    ...FRAME,
    ...titleOf(options, normalise ? 'Confusion matrix, % of the actual class' : 'Confusion matrix, number of images'),
    width: { step: CELL },
    height: { step: CELL },
    data: { values },
    encoding: {
      x: {
        field: 'predicted',
        type: 'nominal',
        sort: null,
        axis: { ...axis, title: 'Predicted class', labelAngle: longest * 7 > CELL ? -40 : 0 },
      },
      y: { field: 'actual', type: 'nominal', sort: null, axis: { ...axis, title: 'Actual class' } },
    },
    layer: [
      {
        mark: { type: 'rect', stroke: '#ffffff', strokeWidth: 2, cornerRadius: 3 },
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: ['#f1f5f9', '#2b7bba', '#08306b'], interpolate: 'lab' },
            legend: { title: 'Share of actual class', format: '.0%', gradientLength: 160, tickCount: 5 },
          },
        },
      },
      {
        mark: { type: 'text', fontSize: 13 },
        encoding: {
          text: { field: 'text' },
          color: { condition: { test: 'datum.share > 0.4', value: '#ffffff' }, value: INK },
        },
      },
    ],
  } as PlotSpec;
}
