/** @file fer reproduce */
import { join } from 'node:path';
import { ArgumentError } from '@fer/core';
import type { Command } from 'commander';
import { compare, comparisonTable } from '../comparison.ts';
import type { Crops, Experiment, NetworkPlan } from '../experiment.ts';
import type { Result } from '../figures.ts';
import { collected, crops, startBackend } from '../options.ts';
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
  readonly crops?: Crops;
  readonly out?: string;
  readonly resume?: boolean;
}

const EXAMPLES = `
Recipes:
${Object.entries(recipes)
  .map(([name, { title, variants }]) => `  ${name.padEnd(10)} ${title}: ${Object.keys(variants).join(', ')}`)
  .join('\n')}

Examples:
  fer reproduce p5 --data fer2013.csv --data CK+48/   all variants, as the paper has them
  fer reproduce p2/a-adam --data fer2013.csv          one variant
  fer reproduce p1 --scale tiny                       on drawn faces: shows that it works
  fer reproduce p3 --data fer2013.csv --scale images=0.43,samples=0.5,epochs=0.2
  fer reproduce fernet --data fer2013.csv --out runs/fernet --resume

A scale is full, tiny, one factor for everything, or factors for images, width, samples and epochs. Whatever it made smaller
stands beside the result. Variants whose data are not given are left out; with no data at all, drawn faces take their place.`;

export function addReproduce(program: Command): void {
  program
    .command('reproduce')
    .description("run a paper's experiments and lay its figures beside ours")
    .argument('<recipe>', 'a name below, or NAME/VARIANT')
    .option('-d, --data <source>', 'FER2013 or CK+, as for fer train; may be repeated', collected, [])
    .option('--scale <scale>', 'full, tiny, a factor, or name=factor,...', 'full')
    .option('--init <file>', "weights to begin with, in place of random ones, such as ImageNet's")
    .option('--crops <n>', "1 or 10, in place of the recipe's", crops)
    .option('--out <folder>', 'a folder for the runs (default: runs/RECIPE)')
    .option('--resume', 'continue: variants that are done are kept, the others go on')
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: ReproduceOptions, command: Command) => reproduce(name, options, command));
}

async function reproduce(text: string, options: ReproduceOptions, command: Command): Promise<void> {
  const output = Output.of(command);
  const { name, recipe } = findRecipe(text);
  const scale = parseScale(options.scale);
  const sources = await sourcesOf(options.data);
  const backend = await startBackend(command);
  const root = new RunFolder(options.out ?? join('runs', name));
  const results: Record<string, Result> = {};
  const remarks: string[] = [];
  for (const [key, variant] of Object.entries(recipe.variants)) {
    const source = sources[variant.dataset];
    if (source === undefined) {
      remarks.push(`${key} was left out: it needs ${variant.dataset} as --data`);
      continue;
    }
    const { config, changes } = configOf(variant, source, scale, options, backend);
    remarks.push(...changes.map((change) => `${key}: ${change}`));
    results[key] = await runVariant(config, root.file(key), options.resume ?? false, output);
  }
  if (Object.keys(results).length === 0) throw new ArgumentError('reproduce', remarks.join('; '));
  const rows = compare(recipe, results);
  const report = reportOf(recipe, comparisonTable(rows), remarks);
  await root.writeText('comparison.md', report);
  await root.writeJson('comparison.json', { recipe: name, rows, remarks });
  output.result(`${report}\n\nThis, and a folder for each variant: ${root.path}`, { folder: root.path, rows, remarks });
}

/** What to use for each data set: CK+ where a path holds it, anything else in place of FER2013. */
async function sourcesOf(paths: readonly string[]): Promise<Partial<Record<DatasetName, string>>> {
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
  { init, crops }: ReproduceOptions,
  backend: string,
): { config: RunConfig; changes: readonly string[] } {
  const { data, network, evaluation, ...rest } = variant.experiment;
  const full: Experiment = {
    ...rest,
    data: { ...data, source },
    network: { ...network, ...(init !== undefined && { init }) } as NetworkPlan,
    evaluation: crops === undefined ? evaluation : { crops },
  };
  const { experiment, changes } = scaled(full, scale);
  const replaced = isSynthetic(source) ? [`drawn faces in place of ${variant.dataset}`] : [];
  const all = [...replaced, ...changes];
  return { config: { title: variant.title, experiment, backend, scaled: all }, changes: all };
}

async function runVariant(config: RunConfig, path: string, resume: boolean, output: Output): Promise<Result> {
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

function reportOf({ title, source, notes }: Recipe, table: string, remarks: readonly string[]): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n');
  const scaling = remarks.length > 0 ? remarks : ['nothing: this is the full size'];
  return [`# ${title}`, source, table, '## Scaled or replaced', list(scaling), '## Notes', list(notes)].join('\n\n');
}
