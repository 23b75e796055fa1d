/** @file fer evaluate */
import type { Dataset } from '@fer/data';
import type { Command } from 'commander';
import { DEFAULT_WEIGHTS, firstSize, loadClassifier, WEIGHTS_HELP, withLabels, withoutCrop } from '../classifier.ts';
import { type Evaluation, evaluateOn } from '../evaluation.ts';
import type { Crops } from '../experiment.ts';
import { crops, DATA_HELP, damagedOf, SKIP_DAMAGED_HELP, startBackend } from '../options.ts';
import { Output } from '../output.ts';
import { reportText, writeEvaluation } from '../pictures.ts';
import { mapAll } from '../prepare.ts';
import { RunFolder } from '../run-folder.ts';
import { openSource } from '../source.ts';

interface EvaluateOptions {
  readonly weights: string;
  readonly data: string;
  readonly skipDamaged?: true;
  readonly usage?: string;
  readonly crops: Crops;
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  fer evaluate --weights runs/a/best.safetensors                     on drawn faces that it has not seen
  fer evaluate --weights runs/a/best.safetensors --data fer2013.csv  on PublicTest, and PrivateTest if it is there
  fer evaluate --weights runs/a/best.safetensors --data fer2013.csv --usage PublicTest --crops 10 --out results

Where the data name parts, all but Training are evaluated, each on its own. The images must have the classes of the weights,
in any order.`;

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('tell how good weights are: report, confusion matrix, 95 % interval')
    .option('-w, --weights <file>', WEIGHTS_HELP, DEFAULT_WEIGHTS)
    .option('-d, --data <source>', DATA_HELP, 'synthetic:700:2')
    .option('--skip-damaged', SKIP_DAMAGED_HELP)
    .option('--usage <name>', 'the part of the data, such as PublicTest')
    .option('--crops <n>', 'views of each image: 1 or 10', crops, 1 as Crops)
    .option('--out <folder>', 'write report and pictures there')
    .addHelpText('after', EXAMPLES)
    .action((options: EvaluateOptions, command: Command) => evaluate(options, command));
}

async function evaluate(options: EvaluateOptions, command: Command): Promise<void> {
  const output = Output.of(command);
  const folder = options.out === undefined ? undefined : await RunFolder.prepared(options.out);
  await startBackend(command);
  const { model, labels, preprocess } = await loadClassifier(options.weights);
  const size = firstSize(preprocess);
  const all = await openSource(options.data, { ...(size !== undefined && { size }), ...damagedOf(options) });
  const results: Record<string, Evaluation> = {};
  const texts: string[] = [];
  for (const [name, part] of Object.entries(partsOf(all, options.usage))) {
    output.say(`Evaluating on ${name}: ${part.length.toLocaleString('en')} images`);
    const dataset = mapAll(withLabels(labels, part), withoutCrop(preprocess));
    const { evaluation, probabilities } = await evaluateOn(model, dataset, options.crops);
    results[name] = evaluation;
    texts.push(`${name}\n${reportText(evaluation, labels)}`);
    if (folder) await writeEvaluation(folder, evaluation, { dataset, probabilities }, `-${name}`);
  }
  await folder?.writeJson('evaluation.json', results);
  output.result(texts.join('\n\n'), results);
}

/** The one that was asked for; else all that are not for training; else all there is. */
function partsOf(dataset: Dataset, usage: string | undefined): Record<string, Dataset> {
  if (usage !== undefined) return { [usage]: dataset.usage(usage) };
  const usages = [...new Set(dataset.items.map((item) => item.usage))];
  const tests = usages.filter((name) => name !== 'Training');
  const parts = tests.length > 0 ? tests : usages;
  return Object.fromEntries(parts.map((name) => [name ?? 'test', dataset.filter((item) => item.usage === name)]));
}
