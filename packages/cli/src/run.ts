/** @file An experiment from its plan to a folder with everything that came of it. */
import { ArgumentError, FerError } from '@fer/core';
import { fit, loadWeights, type Model, type TextStream, writeAtomically } from '@fer/layers';
import { encodePretrained } from '@fer/models';
import { preprocessOf } from './classifier.ts';
import { digestOf } from './digest.ts';
import { type Evaluation, evaluateOn } from './evaluation.ts';
import type { Experiment } from './experiment.ts';
import type { Result } from './figures.ts';
import { modelCard } from './model-card.ts';
import { createNetwork } from './network.ts';
import { writeCurves, writeEvaluation } from './pictures.ts';
import { type PreparedData, prepare } from './prepare.ts';
import { reportPage } from './report-page.ts';
import type { RunFolder } from './run-folder.ts';
import { openSource } from './source.ts';
import { createCallbacks, createOptimizer, Stopwatch } from './training.ts';

/** What config.json holds. */
export interface RunConfig {
  readonly title: string;
  readonly experiment: Experiment;
  readonly backend: string;
  /** What was made smaller than its recipe has it, in words. */
  readonly scaled: readonly string[];
}

/** What config.json holds once the data were read. */
export interface StoredConfig extends RunConfig {
  /** See digestOf. */
  readonly digest: string;
}

export interface RunOptions {
  /** Continues from the folder's last checkpoint, if there is one. */
  readonly resume?: boolean;
  /** What continues the run after Ctrl-C. */
  readonly resumeBy: string;
  /** Live progress. */
  readonly progress: TextStream;
  /** Is told what is done, a line at a time. */
  readonly say: (text: string) => void;
}

/** Weights hardly move in an epoch of fewer. */
const FEW_STEPS = 5;

/** Training was ended by Ctrl-C; its checkpoint is written. */
export class InterruptedError extends FerError {}

/**
 * Trains, evaluates the weights of the epoch that the plan selects on every test part, and writes into the folder:
 * config.json, log.csv, last.safetensors (to resume from) and best.safetensors (those weights), pictures, reports,
 * result.json and the model card.
 * @throws InterruptedError after Ctrl-C, ArgumentError and others for plans that data or network do not allow, and if a run that is
 * resumed began with other data
 */
export async function run(config: RunConfig, folder: RunFolder, options: RunOptions): Promise<Result> {
  const { experiment, title } = config;
  const { data: plan, network, seed } = experiment;
  const dataset = await openSource(plan.source, {
    size: plan.imageSize,
    ...(plan.damaged && { damaged: plan.damaged }),
  });
  const digest = digestOf(dataset);
  if (options.resume) await checkSameData(folder, digest, plan.source);
  const data = prepare(dataset, plan, network.options.inputShape, seed);
  const model = await createNetwork(network, data.classes, seed, options.say);
  const params = model.countParams().total;
  await folder.writeConfig({ ...config, digest } satisfies StoredConfig);
  options.say(`${title} on ${config.backend}: ${network.name}, ${params.toLocaleString('en')} parameters`);
  options.say(`${plan.source}: ${data.split}`);
  const labels = new Set(data.train.labels);
  const unseen = data.classes.filter((_, label) => !labels.has(label));
  if (unseen.length > 0) options.say(`Nothing to learn ${unseen.join(' and ')} from: no training image shows it`);
  const training = await train(model, data, experiment, folder, options);
  await writeCurves(folder, training.epochs, title);
  const tests = await test(model, data, experiment, folder, options);
  const result: Result = { ...training, tests, params, split: data.split };
  const card = modelCard({ ...config, ...data, result });
  await folder.writeText('model-card.md', card);
  await folder.writeText('report.html', await reportPage(folder, title, card));
  const pretrained = { model, labels: data.classes, preprocess: preprocessOf(plan, network), card };
  await writeAtomically(folder.file('best.safetensors'), await encodePretrained(pretrained));
  await folder.writeJson('result.json', result);
  model.dispose();
  return result;
}

/** Other data would be split otherwise, and faces that were trained on be tested. @throws ArgumentError */
async function checkSameData(folder: RunFolder, digest: string, source: string): Promise<void> {
  if (!(await folder.has('config.json'))) return;
  const before = (await folder.readJson('config.json')) as Partial<StoredConfig> | null;
  if (before?.digest !== undefined && before.digest !== digest)
    throw new ArgumentError('resume', `'${folder.path}' began with other data than '${source}' holds now`);
}

/** Leaves the selected epoch's weights in the model. */
async function train(
  model: Model,
  data: PreparedData,
  { training, seed }: Experiment,
  folder: RunFolder,
  { resume = false, resumeBy, progress, say }: RunOptions,
): Promise<Pick<Result, 'epochs' | 'stopped' | 'seconds'>> {
  const { epochs, loss, mixup, ema, selection } = training;
  const batchSize = Math.min(training.batchSize, data.train.length);
  if (batchSize < training.batchSize) say(`Batches are of ${batchSize}: there are no more images to train on`);
  const train = data.train.batch(batchSize, { dropRemainder: true });
  if (train.length < FEW_STEPS)
    say(`An epoch is ${train.length} step${train.length > 1 ? 's' : ''}: of few images smaller batches may learn more`);
  const stopwatch = new Stopwatch();
  const last = folder.file('last.safetensors');
  const files = { log: folder.file('log.csv'), last, best: folder.file('best.safetensors'), progress };
  const optimizer = createOptimizer(training, train.length);
  const history = await fit(model, {
    train,
    validation: data.validation.batch(training.batchSize),
    epochs,
    seed,
    optimizer,
    callbacks: createCallbacks(training, files, stopwatch),
    ...(loss !== undefined && { loss }),
    ...(mixup !== undefined && { mixup }),
    ...(ema !== undefined && { ema }),
    ...(resume && (await folder.has('last.safetensors')) && { resume: last }),
  }).finally(() => optimizer.dispose());
  if (history.interrupted) throw new InterruptedError('train', `interrupted: ${resumeBy} continues where it stopped`);
  if (history.epochs.length === 0) throw new FerError('train', `training failed: ${history.stopped}`);
  if (selection !== 'last') await loadWeights(model, files.best);
  return { epochs: history.epochs, stopped: history.stopped, seconds: stopwatch.seconds };
}

async function test(
  model: Model,
  { tests }: PreparedData,
  { evaluation: { crops } }: Experiment,
  folder: RunFolder,
  { say }: RunOptions,
): Promise<Result['tests']> {
  const results: Record<string, Evaluation> = {};
  for (const [i, [name, dataset]] of Object.entries(tests).entries()) {
    say(`Evaluating on ${name}: ${dataset.length.toLocaleString('en')} images`);
    const { evaluation, probabilities } = await evaluateOn(model, dataset, crops);
    await writeEvaluation(folder, evaluation, { dataset, probabilities }, i === 0 ? '' : `-${name}`);
    results[name] = evaluation;
  }
  return results;
}
