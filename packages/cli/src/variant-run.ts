/** @file The runs of a recipe's variants, each in a folder of its own; of a cross-validation one for each fold. */
import { resolve } from 'node:path';
import { ArgumentError } from '@fer/core';
import { type CrossValidation, pool, pooledFigures, roundsOf, writePooled } from './cross-validation.ts';
import type { Experiment } from './experiment.ts';
import { type Figures, figuresOf, type Result } from './figures.ts';
import type { Output } from './output.ts';
import { type RunConfig, run } from './run.ts';
import { RunFolder } from './run-folder.ts';

/** What came of a variant. */
export interface Outcome {
  /** Of a cross-validation, that of its first fold. */
  readonly config: RunConfig;
  readonly split: string;
  readonly figures: Figures;
  readonly validation?: CrossValidation;
}

/**
 * Finds out before the first run, which may take hours, whether there is a folder that another one would stop at.
 * @throws ArgumentError if one holds a run, or with `resume` a run of another experiment
 */
export async function checkFolders(
  root: RunFolder,
  configs: Readonly<Record<string, RunConfig>>,
  resume: boolean,
): Promise<void> {
  for (const [key, config] of Object.entries(configs)) {
    for (const { path, experiment } of runsOf(config, new RunFolder(root.file(key)))) {
      if (resume) await checkSame(experiment, new RunFolder(path));
      else await RunFolder.unused(path);
    }
  }
}

async function checkSame(experiment: Experiment, folder: RunFolder): Promise<void> {
  if (!(await folder.has('config.json'))) return;
  const before = (await folder.readJson('config.json')) as Partial<RunConfig> | null;
  if (JSON.stringify(located(before?.experiment)) !== JSON.stringify(located(experiment)))
    throw new ArgumentError('reproduce', `'${folder.path}' holds a run with other data, scale or options`);
}

/** With the path of its data in full: a folder's name may be written in several ways. */
const located = (experiment: Partial<Experiment> | undefined) =>
  experiment && { ...experiment, data: { ...experiment.data, source: resolve(`${experiment.data?.source}`) } };

/** The experiments of a variant, and where each goes. */
function runsOf({ title, experiment }: RunConfig, folder: RunFolder) {
  const rounds = roundsOf(experiment);
  if (rounds.length === 1) return [{ title, experiment, path: folder.path }];
  return rounds.map((round, i) => ({
    title: `${title}, fold ${i + 1} of ${rounds.length}`,
    experiment: round,
    path: foldPath(folder, i + 1),
  }));
}

const foldPath = (folder: RunFolder, fold: number) => folder.file(`fold-${`${fold}`.padStart(2, '0')}`);

/** Runs what is not done yet. @param folder Checked by checkFolders. */
export async function runVariant(
  config: RunConfig,
  folder: RunFolder,
  resume: boolean,
  output: Output,
): Promise<Outcome> {
  const results: Result[] = [];
  for (const { path, ...one } of runsOf(config, folder))
    results.push(await runOnce({ ...config, ...one }, new RunFolder(path), resume, output));
  const [{ split }] = results as [Result];
  if (results.length === 1) return { config, split, figures: figuresOf(results[0] as Result) };
  const validation = pool(results);
  await writePooled(folder, config.title, validation);
  return { config, split, figures: pooledFigures(validation), validation };
}

async function runOnce(config: RunConfig, folder: RunFolder, resume: boolean, output: Output): Promise<Result> {
  if (resume && (await folder.has('result.json'))) return (await folder.readJson('result.json')) as Result;
  const { progress, say } = output;
  return run(config, folder, { resume, resumeBy: 'the same command with --resume', progress, say });
}

/** What an earlier command left in the folder of a variant, if it is complete. */
export async function storedOutcome(folder: RunFolder): Promise<Outcome | undefined> {
  const isPooled = await folder.has('cross-validation.json');
  const first = isPooled ? new RunFolder(foldPath(folder, 1)) : folder;
  if (!(await first.has('result.json'))) return undefined;
  const config = (await first.readJson('config.json')) as RunConfig;
  const result = (await first.readJson('result.json')) as Result;
  const { split } = result;
  if (!isPooled) return { config, split, figures: figuresOf(result) };
  const validation = (await folder.readJson('cross-validation.json')) as CrossValidation;
  return { config, split, figures: pooledFigures(validation), validation };
}
