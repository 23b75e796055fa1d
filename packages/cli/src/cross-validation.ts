/** @file Rounds of a cross-validation, and what they come to together. */
import { type ClassificationReport, type ConfusionMatrix, classificationReport } from '@fer/data';
import type { Evaluation } from './evaluation.ts';
import type { Experiment } from './experiment.ts';
import { type Figures, formatFigure, percent, type Result, reportFigures } from './figures.ts';
import { matrixText, writeScores } from './pictures.ts';
import type { RunFolder } from './run-folder.ts';
import { markdownTable } from './table.ts';

export interface CrossValidation {
  /** Of each fold. */
  readonly accuracies: readonly number[];
  /** Of these. */
  readonly mean: number;
  /** The standard deviation between them, of a sample: n - 1. */
  readonly deviation: number;
  /** Of all folds' tests together: [actual][predicted]. */
  readonly matrix: ConfusionMatrix;
  readonly report: ClassificationReport;
}

/** All rounds, if the experiment is one of a cross-validation; else itself. */
export function roundsOf(experiment: Experiment): Experiment[] {
  const { split } = experiment.data;
  if (split.by !== 'fold') return [experiment];
  return Array.from({ length: split.folds }, (_, i) => ({
    ...experiment,
    data: { ...experiment.data, split: { ...split, fold: i + 1 } },
  }));
}

/** @param results Of the folds: two at least. */
export function pool(results: readonly Result[]): CrossValidation {
  const tests = results.map(({ tests }) => tests.test as Evaluation);
  const [first] = tests as [Evaluation];
  const accuracies = tests.map(({ report }) => report.accuracy);
  const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;
  const squares = accuracies.reduce((sum, accuracy) => sum + (accuracy - mean) ** 2, 0);
  const matrix = first.matrix.map((row, i) =>
    row.map((_, j) => tests.reduce((sum, test) => sum + (test.matrix[i]?.[j] ?? 0), 0)),
  );
  const classes = first.report.classes.map(({ label }) => label);
  const pairs = matrix.flatMap((row, i) => row.flatMap((count, j) => new Array<[number, number]>(count).fill([i, j])));
  const labels = pairs.map(([actual]) => actual);
  const predictions = pairs.map(([, predicted]) => predicted);
  return {
    accuracies,
    mean,
    deviation: Math.sqrt(squares / (accuracies.length - 1)),
    matrix,
    report: classificationReport(labels, predictions, { classes, digits: 4 }),
  };
}

/** As figuresOf has them, the accuracy being the folds' mean. */
export function pooledFigures({ mean, deviation, report }: CrossValidation): Figures {
  return {
    ...reportFigures(report),
    accuracy: mean,
    'deviation of accuracy': deviation,
    'pooled accuracy': report.accuracy,
  };
}

/** cross-validation.json, report.txt, and pictures of all folds' tests together. */
export async function writePooled(folder: RunFolder, title: string, pooled: CrossValidation): Promise<void> {
  const { accuracies, mean, deviation, matrix, report } = pooled;
  const classes = report.classes.map(({ label }) => label);
  const subtitle = `${accuracies.length} folds, accuracy ${percent(mean)} ± ${percent(deviation)}`;
  await writeScores(folder, pooled, subtitle);
  await folder.writeText('report.txt', [title, subtitle, '', `${report}`, '', matrixText(matrix, classes)].join('\n'));
  await folder.writeJson('cross-validation.json', pooled);
}

/** The accuracy of each fold, as a Markdown table: a column for each cross-validation, by its name. */
export function foldsTable(all: Readonly<Record<string, CrossValidation>>): string {
  const validations = Object.values(all);
  const folds = Math.max(...validations.map(({ accuracies }) => accuracies.length));
  const rowOf = (name: string, figure: (one: CrossValidation) => number | undefined) => [
    name,
    ...validations.map((one) => formatFigure('accuracy', figure(one))),
  ];
  return markdownTable(
    ['fold', ...Object.keys(all)],
    [
      ...Array.from({ length: folds }, (_, i) => rowOf(`${i + 1}`, ({ accuracies }) => accuracies[i])),
      rowOf('mean', ({ mean }) => mean),
      rowOf('deviation', ({ deviation }) => deviation),
    ],
  );
}
