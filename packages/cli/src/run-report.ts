/** @file What a run says at its end. */
import { percent, type Result } from './figures.ts';
import type { RunFolder } from './run-folder.ts';

const FILES = [
  ['report.html', 'all of it on one page: the card, the figures, the pictures'],
  ['best.safetensors', 'the weights of the best epoch, for fer predict, evaluate and export'],
  ['last.safetensors', 'the checkpoint to resume from'],
  ['curves.png', 'loss and accuracy over the epochs (log.csv has the numbers)'],
  ['confusion.png', 'which classes are taken for which (also normalised)'],
  ['samples.png', 'test images with what they were taken for'],
  ['report.txt', 'precision, recall and F1 of every class'],
  ['model-card.md', 'what was trained, how, and how good it is'],
];

export function runReport(folder: RunFolder, { tests, stopped }: Result): string {
  const width = Math.max(...FILES.map(([name = '']) => name.length)) + folder.path.length + 3;
  return [
    ...Object.entries(tests).map(
      ([name, { images, interval }]) =>
        `${name}: accuracy ${percent(interval.accuracy)} (95 % interval ${percent(interval.lower)} to ${percent(interval.upper)}) on ${images.toLocaleString('en')} images`,
    ),
    ...(stopped === undefined ? [] : [`Training ended early: ${stopped}.`]),
    '',
    ...FILES.map(([name = '', what]) => `${folder.file(name).padEnd(width)}${what}`),
  ].join('\n');
}
