/** @file fer reproduce */
import { basename, join } from 'node:path';
import { ArgumentError } from '@fer/core';
import { listPretrained } from '@fer/models';
import type { Command } from 'commander';
import { comparisonReport } from '../comparison.ts';
import type { Crops, Experiment, NetworkPlan, SplitPlan } from '../experiment.ts';
import { collected, crops, positiveInteger, startBackend } from '../options.ts';
import { Output } from '../output.ts';
import { type DatasetName, findRecipe, type Recipe, recipes, type Variant } from '../recipes/index.ts';
import type { RunConfig } from '../run.ts';
import { RunFolder } from '../run-folder.ts';
import { parseScale, type Scale, scaled } from '../scale.ts';
import { kindOfSource, type SourceKind } from '../source.ts';
import { checkFolders, type Outcome, runVariant, storedOutcome } from '../variant-run.ts';

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
A cross-validation has a folder for each fold; --resume keeps the folds that are done. The comparison has all variants that are
in the folder, whichever were run last.`;

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
  const { name, recipe, chosen } = findRecipe(text);
  const { resume = false } = options;
  const sources = await sourcesOf(options.data);
  const { configs, leftOut } = plan(recipe, chosen, sources, options, await startBackend(command));
  const root = new RunFolder(options.out ?? join('runs', name));
  await checkFolders(root, configs, resume);
  const outcomes: Record<string, Outcome> = {};
  for (const key of Object.keys(recipe.variants)) {
    const folder = new RunFolder(root.file(key));
    const config = configs[key];
    const outcome = config ? await runVariant(config, folder, resume, output) : await storedOutcome(folder);
    if (outcome) outcomes[key] = outcome;
  }
  const missing = Object.entries(leftOut).flatMap(([key, reason]) => (outcomes[key] ? [] : [reason]));
  const { report, ...data } = comparisonReport(recipe, outcomes, missing);
  await root.writeText('comparison.md', report);
  await root.writeJson('comparison.json', { recipe: name, ...data });
  output.result(`${report}\n\nThis, and a folder for each variant: ${root.path}`, { folder: root.path, ...data });
}

interface Source {
  readonly path: string;
  readonly kind: SourceKind;
}

type Sources = Partial<Record<DatasetName, Source>>;

/** What to use for each data set: CK+ where a path holds it, drawn faces for both, anything else in place of FER2013. */
async function sourcesOf(paths: readonly string[]): Promise<Sources> {
  const sources: Sources = {};
  for (const path of paths.length > 0 ? paths : ['synthetic']) {
    const kind = await kindOfSource(path);
    for (const name of datasetsOf(kind)) {
      const before = sources[name];
      if (before) throw new ArgumentError('reproduce', `'${before.path}' and '${path}' would both be ${name}`);
      sources[name] = { path, kind };
    }
  }
  return sources;
}

function datasetsOf(kind: SourceKind): DatasetName[] {
  if (kind === 'synthetic') return ['fer2013', 'ck-plus'];
  return kind === 'ck-plus' ? ['ck-plus'] : ['fer2013'];
}

/**
 * The chosen variants that can be run, and why the others cannot.
 * @throws ArgumentError if there are none
 */
function plan(
  { variants }: Recipe,
  chosen: readonly string[],
  sources: Sources,
  options: ReproduceOptions,
  backend: string,
): { configs: Record<string, RunConfig>; leftOut: Record<string, string> } {
  const scale = parseScale(options.scale);
  const all = chosen.map((key) => [key, variants[key] as Variant] as const);
  if (options.folds !== undefined && !all.some(([, { experiment }]) => experiment.data.split.by === 'fold'))
    throw new ArgumentError('reproduce', '--folds is for cross-validations, which this is none of');
  if (options.init !== undefined && all.every(([, { init }]) => init === 'never'))
    throw new ArgumentError('reproduce', '--init has no use here: this begins with random weights');
  const configs: Record<string, RunConfig> = {};
  const leftOut: Record<string, string> = {};
  for (const [key, variant] of all) {
    const source = sources[variant.dataset];
    const init = initOf(variant, options.init);
    if (source === undefined) leftOut[key] = `${key} was left out: it needs ${variant.dataset} as --data`;
    else if (variant.init === 'always' && init === undefined)
      leftOut[key] = `${key} was left out: it needs trained weights as --init`;
    else configs[key] = configOf(variant, source, scale, { ...options, init }, backend);
  }
  if (Object.keys(configs).length === 0) throw new ArgumentError('reproduce', Object.values(leftOut).join('; '));
  return { configs, leftOut };
}

/** What a variant begins with: for those that need trained weights, the shipped ones of its network unless others are given. */
function initOf({ init, experiment }: Variant, given: string | undefined): string | undefined {
  if (init === 'never') return undefined;
  const { name } = experiment.network;
  return given ?? (init === 'always' && (listPretrained() as string[]).includes(name) ? name : undefined);
}

function configOf(
  variant: Variant,
  source: Source,
  scale: Scale,
  { init, crops, folds }: Pick<ReproduceOptions, 'crops' | 'folds'> & { readonly init: string | undefined },
  backend: string,
): RunConfig {
  const { data, network, evaluation, ...rest } = variant.experiment;
  const full: Experiment = {
    ...rest,
    data: { ...data, source: source.path, split: withFolds(data.split, folds) },
    network: { ...network, ...(init !== undefined && { init }) } as NetworkPlan,
    evaluation: crops === undefined ? evaluation : { crops },
  };
  const { experiment, changes } = scaled(full, scale);
  const replaced = [
    ...standIn(source, variant.dataset),
    ...(full.data.split === data.split ? [] : [`${folds} folds in place of the recipe's`]),
    ...(full.evaluation.crops === evaluation.crops
      ? []
      : [`views of a test image: ${crops} in place of ${evaluation.crops}`]),
  ];
  return { title: variant.title, experiment, backend, scaled: [...replaced, ...changes] };
}

function standIn({ path, kind }: Source, dataset: DatasetName): string[] {
  if (kind === 'synthetic') return [`drawn faces in place of ${dataset}`];
  return kind === 'ck-plus' || kind === 'fer2013' ? [] : [`the images of '${basename(path)}' in place of fer2013.csv`];
}

const withFolds = (split: SplitPlan, folds: number | undefined): SplitPlan =>
  split.by === 'fold' && folds !== undefined && folds !== split.folds ? { ...split, folds } : split;
