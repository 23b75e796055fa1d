/** @file scikit-learn's classification report. */
import { ArgumentError, checkInteger } from '@fer/core';
import type { Labels } from './check.ts';
import { accuracy, averageScores, classScores, confusionMatrix, type Scores } from './confusion.ts';

export interface ClassificationReport {
  /** Every class with its scores, in the order of their indices. */
  readonly classes: readonly (Scores & { readonly label: string })[];
  readonly accuracy: number;
  readonly macroAverage: Scores;
  readonly weightedAverage: Scores;
  /** scikit-learn's table. */
  toString(): string;
}

export interface ReportOptions {
  /** The name of every class. */
  readonly classes: readonly string[];
  /** Digits behind the point in the table, 2 unless given. */
  readonly digits?: number;
}

/** Precision, recall and F1 of every class and in the mean, as data and as text (scikit-learn's classification_report). */
export function classificationReport(
  labels: Labels,
  predictions: Labels,
  { classes, digits = 2 }: ReportOptions,
): ClassificationReport {
  if (classes.length === 0) throw new ArgumentError('classificationReport', 'classes must not be empty');
  checkInteger('classificationReport', 'digits', digits, 0, 100);
  const scores = classScores(confusionMatrix(labels, predictions, classes.length));
  const report = {
    classes: scores.map((score, i) => ({ label: classes[i] as string, ...score })),
    accuracy: accuracy(labels, predictions),
    macroAverage: averageScores(scores, 'macro'),
    weightedAverage: averageScores(scores, 'weighted'),
  };
  return { ...report, toString: () => table(report, digits) };
}

function table(report: Omit<ClassificationReport, 'toString'>, digits: number): string {
  const { classes, macroAverage, weightedAverage } = report;
  const width = Math.max(digits, ...[...classes.map(({ label }) => label), 'weighted avg'].map(({ length }) => length));
  const line = (title: string, cells: readonly (string | number)[]) =>
    `${title.padStart(width)} ${cells.map((cell) => ` ${String(cell).padStart(9)}`).join('')}\n`;
  const number = (value: number) => formatFixed(value, digits);
  const scores = (title: string, { precision, recall, f1, support }: Scores) =>
    line(title, [number(precision), number(recall), number(f1), support]);
  const sections = [
    [line('', ['precision', 'recall', 'f1-score', 'support'])],
    classes.map((each) => scores(each.label, each)),
    [
      line('accuracy', ['', '', number(report.accuracy), weightedAverage.support]),
      scores('macro avg', macroAverage),
      scores('weighted avg', weightedAverage),
    ],
  ];
  return sections.map((lines) => lines.join('')).join('\n');
}

/** toFixed, but ties go to the even digit as in Python: 0.125 is 0.12. A tie is an odd multiple of 2^-(digits + 1). */
function formatFixed(value: number, digits: number): string {
  const odd = value * 2 ** (digits + 1);
  const lower = Math.floor(value * 10 ** digits);
  const tie = Number.isInteger(odd) && odd % 2 !== 0;
  return tie && lower % 2 === 0 ? (lower / 10 ** digits).toFixed(digits) : value.toFixed(digits);
}
