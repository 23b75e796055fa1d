/** @file What a run or an evaluation leaves to be looked at: pictures, and the report as text. */
import {
  type ConfusionMatrix,
  classScoresPlot,
  confusionMatrixPlot,
  type Dataset,
  predictedClasses,
  sampleGrid,
  trainingCurves,
} from '@fer/data';
import type { Logs } from '@fer/layers';
import type { Evaluation, Probabilities } from './evaluation.ts';
import { percent } from './figures.ts';
import type { RunFolder } from './run-folder.ts';

const SAMPLES = 32;

export async function writeCurves(folder: RunFolder, epochs: readonly Logs[], title: string): Promise<void> {
  await folder.writePlot('curves', trainingCurves(epochs, { title }));
}

/** Images, which are shown as their source holds them, and what they were taken for. */
interface Evaluated {
  readonly dataset: Dataset;
  readonly probabilities: Probabilities;
}

/**
 * report.txt, confusion(-normalised), scores and samples as pictures.
 * @param suffix Tells the files of several parts from each other.
 */
export async function writeEvaluation(
  folder: RunFolder,
  evaluation: Evaluation,
  { dataset, probabilities }: Evaluated,
  suffix = '',
): Promise<void> {
  const { classes } = dataset;
  const { matrix, report } = evaluation;
  const subtitle = `${evaluation.images.toLocaleString('en')} images, accuracy ${percent(report.accuracy)}`;
  await folder.writeText(`report${suffix}.txt`, reportText(evaluation, classes));
  await writeScores(folder, { matrix, report }, subtitle, suffix);
  await folder.writePlot(
    `samples${suffix}`,
    await sampleGrid(samplesOf(dataset, probabilities), { classes, subtitle }),
  );
}

/** confusion(-normalised) and scores. */
export async function writeScores(
  folder: RunFolder,
  { matrix, report }: Pick<Evaluation, 'matrix' | 'report'>,
  subtitle: string,
  suffix = '',
): Promise<void> {
  const classes = report.classes.map(({ label }) => label);
  const normalised = confusionMatrixPlot(matrix, { classes, subtitle, normalise: true });
  await folder.writePlot(`confusion${suffix}`, confusionMatrixPlot(matrix, { classes, subtitle }));
  await folder.writePlot(`confusion-normalised${suffix}`, normalised);
  await folder.writePlot(`scores${suffix}`, classScoresPlot(report, { subtitle }));
}

/** Images from the whole part, evenly. */
function samplesOf({ items }: Dataset, probabilities: Probabilities) {
  const count = Math.min(SAMPLES, items.length);
  const predictions = predictedClasses(probabilities);
  return Array.from({ length: count }, (_, i) => {
    const index = Math.floor((i * items.length) / count);
    const prediction = predictions[index] as number;
    const item = items[index] as (typeof items)[number];
    return { ...item, prediction, probability: probabilities[index]?.[prediction] as number };
  });
}

/** scikit-learn's report, the accuracy's interval, and the confusion matrix in counts and in shares. */
export function reportText({ report, interval, ...evaluation }: Evaluation, classes: readonly string[]): string {
  const { images, crops, matrix, logLoss, calibrationError, seconds } = evaluation;
  return [
    `${report}`,
    `Accuracy ${percent(interval.accuracy)}, 95 % interval ${percent(interval.lower)} to ${percent(interval.upper)}`,
    `Log loss ${logLoss.toFixed(4)}, calibration error ${calibrationError.toFixed(4)}`,
    `${images} images, ${crops === 1 ? 'one view' : `${crops} crops`} each, in ${seconds.toFixed(1)} s`,
    '',
    matrixText(matrix, classes),
  ].join('\n');
}

/** In counts and in shares. */
export function matrixText(matrix: ConfusionMatrix, classes: readonly string[]): string {
  const shares = matrix.map((row) => {
    const total = row.reduce((sum, n) => sum + n, 0) || 1; // a class without images has zeros
    return row.map((n) => ((100 * n) / total).toFixed(1));
  });
  return [
    'Confusion matrix (rows: actual, columns: predicted)',
    cellsText(classes, matrix),
    '',
    'In % of the actual class',
    cellsText(classes, shares),
  ].join('\n');
}

function cellsText(classes: readonly string[], matrix: readonly (readonly (number | string)[])[]): string {
  const width = Math.max(...classes.map(({ length }) => length)) + 2;
  const rows = [['', ...classes], ...matrix.map((row, i) => [classes[i] as string, ...row])];
  return rows.map((row) => row.map((cell) => `${cell}`.padStart(width)).join('')).join('\n');
}
