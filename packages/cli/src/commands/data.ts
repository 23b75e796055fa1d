/** @file fer data */

import type { Description } from '@fer/data';
import { writeAtomically } from '@fer/layers';
import type { Command } from 'commander';
import { DATA_HELP, damagedOf, positiveInteger, SKIP_DAMAGED_HELP } from '../options.ts';
import { Output } from '../output.ts';
import { kindOfSource, openSource } from '../source.ts';
import { addDuplicates } from './duplicates.ts';

export interface DataOptions {
  readonly data: string;
  readonly skipDamaged?: true;
}

interface PreviewOptions extends DataOptions {
  readonly out: string;
  readonly perClass: number;
}

const EXAMPLES = `
Examples:
  fer data describe --data fer2013.csv                counts of classes, parts and sizes
  fer data describe --data faces/ --skip-damaged      goes on where files are damaged, and lists them
  fer data preview --data CK+48/ --out ck.png         the first images of each class
  fer data duplicates --data fer2013.csv              photographs that PublicTest shares with Training`;

export function addData(program: Command): void {
  const data = program.command('data').description('look at data').addHelpText('after', EXAMPLES);
  withSource(data.command('describe').description('count classes, parts, people, sizes and damaged items'))
    .action((options: DataOptions, command: Command) => describe(options, Output.of(command)))
    .addHelpText('after', EXAMPLES);
  withSource(data.command('preview').description('draw the first images of each class'))
    .option('--out <file>', 'the PNG file to write', 'preview.png')
    .option('--per-class <n>', 'images of each class', positiveInteger, 8)
    .addHelpText('after', EXAMPLES)
    .action((options: PreviewOptions, command: Command) => preview(options, Output.of(command)));
  addDuplicates(withSource(data.command('duplicates')).addHelpText('after', EXAMPLES));
}

const withSource = (command: Command) =>
  command.option('-d, --data <source>', DATA_HELP, 'synthetic').option('--skip-damaged', SKIP_DAMAGED_HELP);

async function describe(options: DataOptions, output: Output): Promise<void> {
  const kind = await kindOfSource(options.data);
  const dataset = await openSource(options.data, damagedOf(options));
  const description = dataset.describe();
  const text = descriptionText(options.data, kind, dataset.classes, description);
  output.result(text, { source: options.data, kind, ...description });
}

function descriptionText(source: string, kind: string, names: readonly string[], description: Description): string {
  const { items, classes, usages, subjects, shapes, bytes, damaged } = description;
  const counts = (numbers: Readonly<Record<string, number>>, keys: readonly string[] = Object.keys(numbers)) =>
    keys.map((key) => `${key} ${(numbers[key] ?? 0).toLocaleString('en')}`).join(', ');
  return [
    `${source} (${kind}): ${items.toLocaleString('en')} images, ${(bytes / 2 ** 20).toFixed(1)} MB of pixels`,
    `classes: ${counts(classes, names)}`,
    `sizes: ${counts(shapes)}`,
    ...(Object.keys(usages).length > 0 ? [`parts: ${counts(usages)}`] : []),
    ...(subjects > 0 ? [`people: ${subjects.toLocaleString('en')}`] : []),
    ...damaged.map(({ where, reason }) => `damaged: ${where}: ${reason}`),
  ].join('\n');
}

async function preview(options: PreviewOptions, output: Output): Promise<void> {
  const dataset = await openSource(options.data, damagedOf(options));
  await writeAtomically(options.out, await dataset.preview({ perClass: options.perClass }));
  output.result(`${options.out}: rows are ${dataset.classes.join(', ')}`, {
    file: options.out,
    classes: dataset.classes,
  });
}
