/** @file The model card of a run (Mitchell et al. 2019, "Model cards for model reporting"). */
import type { Dataset } from '@fer/data';
import type { Experiment, Selection } from './experiment.ts';
import { percent, type Result } from './figures.ts';
import { nameOfInit } from './network.ts';

export interface CardOptions {
  readonly title: string;
  readonly experiment: Experiment;
  readonly classes: readonly string[];
  readonly train: Dataset;
  readonly split: string;
  readonly backend: string;
  readonly result: Result;
  /** What was made smaller than its recipe has it. */
  readonly scaled: readonly string[];
}

/** In words. */
export const SELECTED: Readonly<Record<Selection, string>> = {
  valAccuracy: 'the epoch with the highest validation accuracy, of several the one with the lowest validation loss',
  valLoss: 'the epoch with the lowest validation loss',
  last: 'the last epoch',
};

export function modelCard({ title, experiment, classes, train, split, backend, result, scaled }: CardOptions): string {
  const { data, network, training, evaluation, seed } = experiment;
  const { epochs: planned, batchSize, optimizer, selection, ...method } = training;
  const { epochs, seconds, stopped } = result;
  const time = seconds.reduce((sum, one) => sum + one, 0);
  return [
    `# ${title}`,
    '',
    `- **Network**: ${network.name}, ${result.params.toLocaleString('en')} parameters, images of ${network.options.inputShape.join(' x ')}; from ${network.init === undefined ? 'random weights' : `the weights of ${nameOfInit(network.init)}`}`,
    `- **Classes**: ${classes.join(', ')}`,
    `- **Data**: ${data.source}: ${split}`,
    `- **Preprocessing**: gray, ${data.imageSize} x ${data.imageSize}, then ${list(data.preprocess)}`,
    `- **Augmentation**: ${list(data.augment)}${data.oversample ? '; images of the smaller classes are repeated' : ''}`,
    `- **Training**: ${epochs.length} of ${planned} epochs, batches of ${Math.min(batchSize, train.length)}, ${json(optimizer)}, ${json(method)}, seed ${seed}, ${time.toFixed(0)} s on ${backend}${stopped ? `; ended because ${stopped}` : ''}`,
    `- **Selection**: ${SELECTED[selection]}`,
    `- **Evaluation**: ${evaluation.crops === 1 ? 'one view of each image' : `the mean over ${evaluation.crops} crops of each image`}`,
    ...(scaled.length > 0 ? [`- **Scaled down**: ${scaled.join('; ')}`] : []),
    '',
    '## Results',
    '',
    '| part | images | accuracy | 95 % interval | macro F1 | weighted F1 |',
    '|---|---|---|---|---|---|',
    ...Object.entries(result.tests).map(([name, { images, interval, report }]) =>
      row(
        name,
        images,
        percent(interval.accuracy),
        `${percent(interval.lower)} to ${percent(interval.upper)}`,
        percent(report.macroAverage.f1),
        percent(report.weightedAverage.f1),
      ),
    ),
    ...Object.entries(result.tests).flatMap(([name, { report }]) => [
      '',
      `### ${name}`,
      '',
      '| class | precision | recall | F1 | images |',
      '|---|---|---|---|---|',
      ...report.classes.map(({ label, precision, recall, f1, support }) =>
        row(label, percent(precision), percent(recall), percent(f1), support),
      ),
    ]),
    '',
    '## Limits',
    '',
    'An expression is not a feeling. The classes are those of the training data, whose labels are partly wrong, whose faces are',
    'not a fair sample of people, and whose expressions are often posed: accuracy differs between groups of people and drops on',
    'other pictures. Not for decisions about people.',
  ].join('\n');
}

const row = (...cells: (string | number)[]) =>
  `| ${cells.map((cell) => `${cell}`.replaceAll('|', '\\|')).join(' | ')} |`;

const json = (value: unknown) => `\`${JSON.stringify(value)}\``;

function list(transforms: Experiment['data']['augment']): string {
  if (transforms.length === 0) return 'none';
  return transforms.map(({ name, options }) => `${name} ${json(options)}`).join(', ');
}
