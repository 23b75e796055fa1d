/** @file fer data duplicates */
import { type Dataset, type Duplicate, duplicates, encodePng, type Image, imageGrid, thumbnail } from '@fer/data';
import { writeAtomically } from '@fer/layers';
import type { Command } from 'commander';
import { percent } from '../figures.ts';
import { damagedOf, share, startBackend } from '../options.ts';
import { Output } from '../output.ts';
import { openSource, partsByUsage } from '../source.ts';
import type { DataOptions } from './data.ts';

interface DuplicatesOptions extends DataOptions {
  readonly similarity: number;
  readonly out?: string;
}

/** What of a part of the data is there already: in itself, or in a part before it. */
interface Repetition {
  readonly part: string;
  readonly among: string;
  readonly images: number;
  readonly duplicates: number;
  /** How many have the label of what they repeat. */
  readonly sameLabel: number;
}

/** Pairs in a row of the picture, and rows for each two parts. */
const COLUMNS = 16;
const ROWS = 3;

export function addDuplicates(command: Command): void {
  command
    .description('find photographs that come more than once')
    .option('--similarity <r>', 'how alike two images are at least, below 1', share, 0.95)
    .option('--out <file>', 'a PNG file to write, with images above what they repeat')
    .action(showDuplicates);
}

async function showDuplicates(options: DuplicatesOptions, command: Command): Promise<void> {
  const output = Output.of(command);
  await startBackend(command);
  const parts = Object.entries(partsByUsage(await openSource(options.data, damagedOf(options)), 'all'));
  const repetitions: Repetition[] = [];
  const rows: Image[][] = [];
  for (const [i, [part, dataset]] of parts.entries()) {
    for (const [among, others] of [[part, dataset] as const, ...parts.slice(0, i)]) {
      output.say(`Comparing ${part} with ${among === part ? 'itself' : among}`);
      const found = await duplicates(dataset, among === part ? undefined : others, options);
      const sameLabel = found.filter((each) => labelOf(dataset, each.index) === labelOf(others, each.original)).length;
      repetitions.push({ part, among, images: dataset.length, duplicates: found.length, sameLabel });
      rows.push(...pairs(found, dataset, others));
    }
  }
  const file = options.out !== undefined && rows.length > 0 ? options.out : undefined;
  if (file !== undefined) await writeAtomically(file, await encodePng(imageGrid(rows)));
  else if (options.out !== undefined) output.say(`No duplicates: '${options.out}' is not drawn`);
  const heading = `${options.data}: images that are at least ${options.similarity} alike`;
  output.result([heading, ...repetitions.map(lineOf)].join('\n'), {
    source: options.data,
    repetitions,
    ...(file !== undefined && { file }),
  });
}

const labelOf = ({ items }: Dataset, index: number) => items[index]?.label;

/** The first images that come again, and below them what they repeat. */
function pairs(found: readonly Duplicate[], dataset: Dataset, others: Dataset): Image[][] {
  return Array.from({ length: Math.min(ROWS, Math.ceil(found.length / COLUMNS)) }, (_, row) => {
    const shown = found.slice(row * COLUMNS, (row + 1) * COLUMNS);
    return [
      shown.map(({ index }) => thumbnail(dataset.image(index))),
      shown.map(({ original }) => thumbnail(others.image(original))),
    ];
  }).flat();
}

function lineOf({ part, among, images, duplicates, sameLabel }: Repetition): string {
  const counted = (of: number, all: number) => `${of.toLocaleString('en')} (${percent(of / Math.max(all, 1))})`;
  const what = among === part ? 'repeat one before them' : `are in ${among} too`;
  return `${part}: of ${images.toLocaleString('en')} images ${counted(duplicates, images)} ${what}, ${counted(sameLabel, duplicates)} of these with its label`;
}
