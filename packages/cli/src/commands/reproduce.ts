/** @file fer reproduce */
import { join } from 'node:path';
import { ArgumentError } from '@fer/core';
import { listPretrained } from '@fer/models';
import type { Command } from 'commander';
import { compare, comparisonTable } from '../comparison.ts';
import { type CrossValidation, foldsTable, pool, pooledFigures, roundsOf, writePooled } from '../cross-validation.ts';
import type { Crops, Experiment, NetworkPlan, SplitPlan } from '../experiment.ts';
import { type Figures, figuresOf, type Result } from '../figures.ts';
import { nameOfInit } from '../network.ts';
import { collected, crops, positiveInteger, startBackend } from '../options.ts';
import { Output } from '../output.ts';
import { type DatasetName, findRecipe, type Recipe, recipes, type Variant } from '../recipes/index.ts';
import { type RunConfig, run } from '../run.ts';
import { RunFolder } from '../run-folder.ts';
import { parseScale, type Scale, scaled } from '../scale.ts';
import { isSynthetic, kindOfSource } from '../source.ts';

interface ReproduceOptions {
  readonly data: readonly string[];
  readonly scale: string;
  readonly init?: string;
  readonly folds?: number;
  readonly crops?: Crops;
  readonly out?: string;
  readonly resume?: boolean;
}

const NAME_WIDTH = Math.max(...Object.keys(recipes).map(({ length }) => length));

const EXAMPLES = `
Recipes:
${Object.entries(recipes)
  .map(([name, { title, variants }]) => `  ${name.padEnd(NAME_WIDTH)} ${title}: ${Object.keys(variants).join(', ')}`)
  .join('\n')}

Examples:
  fer reproduce p5 --data fer2013.csv --data CK+48/   all variants, as the paper has them
  fer reproduce p2/a-adam,a-sgd --data fer2013.csv    two variants
  fer reproduce p1 --scale tiny                       on drawn faces: shows that it works
  fer reproduce p3 --data fer2013.csv --scale images=0.43,samples=0.5,epochs=0.2
  fer reproduce fernet --data fer2013.csv --out runs/fernet --resume
  fer reproduce fernet-ckplus --data CK+48/ --init runs/fernet/fer2013/best.safetensors

A scale is full, tiny, one factor for everything, or factors for images, width, samples and epochs. Whatever it made smaller
stands beside the result. Variants whose data are not given are left out; with no data at all, drawn faces take their place.
A cross-validation has a folder for each fold; --resume keeps the folds that are done.`;

export function addReproduce(program: Command): void {
  program
    .command('reproduce')
    .description("run a paper's experiments and lay its figures beside ours")
    .argument('<recipe>', 'a name below, NAME/VARIANT or NAME/VARIANT,VARIANT')
    .option('-d, --data <source>', 'FER2013 or CK+, as for fer train; may be repeated', collected, [])
    .option('--scale <scale>', 'full, tiny, a factor, or name=factor,...', 'full')
    .option(
      '--init <weights>',
      "a file or shipped network to begin with in place of random weights, such as ImageNet's",
    )
    .option('--folds <n>', "of cross-validations, in place of the recipe's", positiveInteger)
    .option('--crops <n>', "1 or 10, in place of the recipe's", crops)
    .option('--out <folder>', 'a folder for the runs (default: runs/RECIPE)')
    .option('--resume', 'continue: variants that are done are kept, the others go on')
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: ReproduceOptions, command: Command) => reproduce(name, options, command));
}

async function reproduce(text: string, options: ReproduceOptions, command: Command): Promise<void> {
  const output = Output.of(command);
  const { name, recipe } = findRecipe(text);
  const { resume = false } = options;
  const sources = await sourcesOf(options.data);
  const { configs, remarks } = plan(recipe, sources, options, await startBackend(command));
  const root = new RunFolder(options.out ?? join('runs', name));
  const figures: Record<string, Figures> = {};
  const validations: Record<string, CrossValidation> = {};
  for (const [key, config] of Object.entries(configs)) {
    const outcome = await runVariant(config, new RunFolder(root.file(key)), resume, output);
    figures[key] = outcome.figures;
    if (outcome.validation) validations[key] = outcome.validation;
  }
  const rows = compare(recipe, figures);
  const tables = [comparisonTable(rows), ...(Object.keys(validations).length > 0 ? [foldsTable(validations)] : [])];
  const report = reportOf(recipe, tables, remarks);
  const data = { rows, validations, remarks };
  await root.writeText('comparison.md', report);
  await root.writeJson('comparison.json', { recipe: name, ...data });
  output.result(`${report}\n\nThis, and a folder for each variant: ${root.path}`, { folder: root.path, ...data });
}

type Sources = Partial<Record<DatasetName, string>>;

/**
 * The variants that can be run, and in words what was left out, replaced or made smaller.
 * @throws ArgumentError if there are none
 */
function plan(
  recipe: Recipe,
  sources: Sources,
  options: ReproduceOptions,
  backend: string,
): { configs: Record<string, RunConfig>; remarks: string[] } {
  const scale = parseScale(options.scale);
  const variants = Object.values(recipe.variants);
  if (options.folds !== undefined && !variants.some(({ experiment }) => experiment.data.split.by === 'fold'))
    throw new ArgumentError('reproduce', '--folds is for cross-validations, which this is none of');
  if (options.init !== undefined && variants.every(({ init }) => init === 'never'))
    throw new ArgumentError('reproduce', '--init has no use here: this begins with random weights');
  const configs: Record<string, RunConfig> = {};
  const leftOut: string[] = [];
  for (const [key, variant] of Object.entries(recipe.variants)) {
    const source = sources[variant.dataset];
    const init = initOf(variant, options.init);
    if (source === undefined) leftOut.push(`${key} was left out: it needs ${variant.dataset} as --data`);
    else if (variant.init === 'always' && init === undefined)
      leftOut.push(`${key} was left out: it needs trained weights as --init`);
    else configs[key] = configOf(variant, source, scale, { ...options, init }, backend);
  }
  if (Object.keys(configs).length === 0) throw new ArgumentError('reproduce', leftOut.join('; '));
  return { configs, remarks: [...leftOut, ...changesOf(configs)] };
}

/** What variants begin with and what was made smaller, each with the variants that it is true of. */
function changesOf(configs: Readonly<Record<string, RunConfig>>): string[] {
  const variants = new Map<string, string[]>();
  for (const [key, { experiment, scaled }] of Object.entries(configs)) {
    const { init } = experiment.network;
    const begins = init === undefined ? [] : [`begins with the weights of ${nameOfInit(init)}`];
    for (const change of [...begins, ...scaled]) variants.set(change, [...(variants.get(change) ?? []), key]);
  }
  const all = Object.keys(configs).length;
  return [...variants].map(([change, keys]) => (keys.length === all ? change : `${keys.join(', ')}: ${change}`));
}

/** What a variant begins with: for those that need trained weights, the shipped ones of its network unless others are given. */
function initOf({ init, experiment }: Variant, given: string | undefined): string | undefined {
  if (init === 'never') return undefined;
  const { name } = experiment.network;
  return given ?? (init === 'always' && (listPretrained() as string[]).includes(name) ? name : undefined);
}

/** What to use for each data set: CK+ where a path holds it, anything else in place of FER2013. */
async function sourcesOf(paths: readonly string[]): Promise<Sources> {
  if (paths.length === 0) return { fer2013: 'synthetic', 'ck-plus': 'synthetic' };
  const entries = await Promise.all(
    paths.map(async (path): Promise<[DatasetName, string]> => {
      const isCkPlus = (await kindOfSource(path)) === 'ck-plus';
      return [isCkPlus ? 'ck-plus' : 'fer2013', path];
    }),
  );
  return Object.fromEntries(entries);
}

function configOf(
  variant: Variant,
  source: string,
  scale: Scale,
  { init, crops, folds }: Pick<ReproduceOptions, 'crops' | 'folds'> & { readonly init: string | undefined },
  backend: string,
): RunConfig {
  const { data, network, evaluation, ...rest } = variant.experiment;
  const full: Experiment = {
    ...rest,
    data: { ...data, source, split: withFolds(data.split, folds) },
    network: { ...network, ...(init !== undefined && { init }) } as NetworkPlan,
    evaluation: crops === undefined ? evaluation : { crops },
  };
  const { experiment, changes } = scaled(full, scale);
  const replaced = isSynthetic(source) ? [`drawn faces in place of ${variant.dataset}`] : [];
  const refolded = full.data.split === data.split ? [] : [`${folds} folds in place of the recipe's`];
  return { title: variant.title, experiment, backend, scaled: [...replaced, ...refolded, ...changes] };
}

const withFolds = (split: SplitPlan, folds: number | undefined): SplitPlan =>
  split.by === 'fold' && folds !== undefined && folds !== split.folds ? { ...split, folds } : split;

/** One run; of a cross-validation one for each fold, in a folder of its own. */
async function runVariant(
  config: RunConfig,
  folder: RunFolder,
  resume: boolean,
  output: Output,
): Promise<{ figures: Figures; validation?: CrossValidation }> {
  const rounds = roundsOf(config.experiment);
  if (rounds.length === 1) return { figures: figuresOf(await runOnce(config, folder.path, resume, output)) };
  const results: Result[] = [];
  for (const [i, experiment] of rounds.entries()) {
    const title = `${config.title}, fold ${i + 1} of ${rounds.length}`;
    const path = folder.file(`fold-${`${i + 1}`.padStart(2, '0')}`);
    results.push(await runOnce({ ...config, title, experiment }, path, resume, output));
  }
  const validation = pool(results);
  await writePooled(folder, config.title, validation);
  return { figures: pooledFigures(validation), validation };
}

async function runOnce(config: RunConfig, path: string, resume: boolean, output: Output): Promise<Result> {
  if (!resume) return run(config, await RunFolder.create(path), output);
  const folder = new RunFolder(path);
  if (await folder.has('config.json')) await checkSame(config, folder);
  if (await folder.has('result.json')) return (await folder.readJson('result.json')) as Result;
  const { progress, say } = output;
  return run(config, folder, { resume, progress, say });
}

/** @throws ArgumentError if the folder's run was another one */
async function checkSame({ experiment }: RunConfig, folder: RunFolder): Promise<void> {
  const before = (await folder.readJson('config.json')) as Partial<RunConfig> | null;
  if (JSON.stringify(before?.experiment) !== JSON.stringify(experiment))
    throw new ArgumentError('reproduce', `'${folder.path}' holds a run with other data or in another scale`);
}

function reportOf({ title, source, notes }: Recipe, tables: readonly string[], remarks: readonly string[]): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n');
  const scaling = remarks.length > 0 ? remarks : ['nothing: this is the full size'];
  return [`# ${title}`, source, ...tables, '## Scaled or replaced', list(scaling), '## Notes', list(notes)].join(
    '\n\n',
  );
}
