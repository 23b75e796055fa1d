/** @file fer evaluate */
import { dirname } from 'node:path';
import { ArgumentError } from '@fer/core';
import { type Dataset, duplicates } from '@fer/data';
import type { Command } from 'commander';
import {
  DEFAULT_WEIGHTS,
  firstSize,
  isWeightsFile,
  loadClassifier,
  WEIGHTS_HELP,
  withLabels,
  withoutCrop,
} from '../classifier.ts';
import { digestOf } from '../digest.ts';
import { type Evaluation, evaluateOn } from '../evaluation.ts';
import type { Crops } from '../experiment.ts';
import { crops, DATA_HELP, damagedOf, SKIP_DAMAGED_HELP, startBackend } from '../options.ts';
import { Output } from '../output.ts';
import { reportText, writeEvaluation } from '../pictures.ts';
import { mapAll } from '../prepare.ts';
import { reportPage } from '../report-page.ts';
import type { StoredConfig } from '../run.ts';
import { RunFolder } from '../run-folder.ts';
import { openSource, partsByUsage } from '../source.ts';

interface EvaluateOptions {
  readonly weights: string;
  readonly data: string;
  readonly skipDamaged?: true;
  readonly usage?: string;
  readonly without?: string;
  readonly crops: Crops;
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  fer evaluate --weights runs/a/best.safetensors                     on drawn faces that it has not seen
  fer evaluate --weights runs/a/best.safetensors --data fer2013.csv  on PublicTest, and PrivateTest if it is there
  fer evaluate --weights runs/a/best.safetensors --data fer2013.csv --usage PublicTest --crops 10 --out results
  fer evaluate --data fer2013.csv --usage PublicTest --without Training

Where the data name parts, all but Training are evaluated, each on its own. The images must have the classes of the weights,
in any order. Photographs often come more than once ('fer data duplicates'): what a network has been trained on is no test.`;

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('tell how good weights are: report, confusion matrix, 95 % interval')
    .option('-w, --weights <file>', WEIGHTS_HELP, DEFAULT_WEIGHTS)
    .option('-d, --data <source>', DATA_HELP, 'synthetic:700:2')
    .option('--skip-damaged', SKIP_DAMAGED_HELP)
    .option('--usage <name>', 'the part of the data, such as PublicTest')
    .option('--without <name>', 'leave out photographs that this part of the data has too, such as Training')
    .option('--crops <n>', 'views of each image: 1 or 10', crops, 1 as Crops)
    .option('--out <folder>', 'write report, pictures and report.html there')
    .addHelpText('after', EXAMPLES)
    .action((options: EvaluateOptions, command: Command) => evaluate(options, command));
}

async function evaluate(options: EvaluateOptions, command: Command): Promise<void> {
  const output = Output.of(command);
  const folder = options.out === undefined ? undefined : await folderFor(options.out);
  await startBackend(command);
  const { model, labels, preprocess } = await loadClassifier(options.weights);
  const size = firstSize(preprocess);
  const all = await openSource(options.data, { ...(size !== undefined && { size }), ...damagedOf(options) });
  const { without } = options;
  const wasSeen = await trainedOnPartOf(all, options.weights);
  const results: Record<string, Evaluation> = {};
  const texts: string[] = [];
  for (const [name, whole] of Object.entries(testsOf(all, options.usage))) {
    const part = without === undefined ? whole : await withoutDuplicates(whole, all.usage(without));
    if (part.length === 0) throw new ArgumentError('evaluate', `--without ${without} leaves no image of ${name}`);
    output.say(`Evaluating on ${name}: ${part.length.toLocaleString('en')} images`);
    const dataset = mapAll(withLabels(labels, part), withoutCrop(preprocess));
    const { evaluation, probabilities } = await evaluateOn(model, dataset, options.crops);
    results[name] = evaluation;
    const left = whole.length - part.length;
    const heading = left > 0 ? `${name}, without ${left} images that ${without} has too` : name;
    const warning = wasSeen ? ', of which a part was trained on: report.txt beside the weights is of the others' : '';
    texts.push(`${heading}${warning}\n${reportText(evaluation, labels)}`);
    if (folder) await writeEvaluation(folder, evaluation, { dataset, probabilities }, `-${name}`);
  }
  if (folder) {
    const title = `${options.weights} on ${options.data}`;
    const reports = texts.map((text) => `\`\`\`\n${text}\n\`\`\``);
    await folder.writeText('report.html', await reportPage(folder, title, [`# ${title}`, ...reports].join('\n\n')));
    await folder.writeJson('evaluation.json', results);
  }
  output.result(texts.join('\n\n'), results);
}

/** A run keeps what it was tested on. @throws ArgumentError */
async function folderFor(path: string): Promise<RunFolder> {
  await RunFolder.unused(path);
  return RunFolder.prepared(path);
}

/** Whether the weights are of a run on these very data that chose what to train on, and did not go by the parts that they have. */
async function trainedOnPartOf(data: Dataset, weights: string): Promise<boolean> {
  if (!isWeightsFile(weights)) return false;
  // what lies beside the weights may be none of a run, or no JSON
  const stored = await new RunFolder(dirname(weights)).readJson('config.json').catch(() => null);
  const { digest, experiment } = (stored ?? {}) as Partial<StoredConfig>;
  const keptParts = experiment?.data?.split?.by === 'usage' && data.items.some(({ usage }) => usage !== undefined);
  return !keptParts && digest === digestOf(data);
}

/** The part that was asked for; else all that are not for training; else all there is. */
function testsOf(dataset: Dataset, usage: string | undefined): Record<string, Dataset> {
  if (usage !== undefined) return { [usage]: dataset.usage(usage) };
  const { Training, ...others } = partsByUsage(dataset, 'test');
  return Training && Object.keys(others).length === 0 ? { Training } : others;
}

async function withoutDuplicates(part: Dataset, known: Dataset): Promise<Dataset> {
  const repeated = new Set((await duplicates(part, known)).map(({ index }) => index));
  return part.filter((_, index) => !repeated.has(index));
}
