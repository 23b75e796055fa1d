/** @file fer history */
import { readFile } from 'node:fs/promises';
import { ArgumentError } from '@fer/core';
import {
  formatDuration,
  historyShares,
  historyTimeline,
  type Prediction,
  parseHistoryCsv,
  parseHistoryJson,
  type SessionSummary,
  summariseHistory,
} from '@fer/data';
import type { Command } from 'commander';
import { percent } from '../figures.ts';
import { naming } from '../naming.ts';
import { Output } from '../output.ts';
import { RunFolder } from '../run-folder.ts';

interface HistoryOptions {
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  fer history sessions.csv                            a table of each session; pictures into sessions-history/
  fer history sessions.json --out pictures --json

The file is what the live page exports: CSV or JSON with a row for each prediction. Of each session the expressions over time
and their shares are drawn, as PNG and SVG. A damaged file is refused as a whole; the message names line and column.`;

export function addHistory(program: Command): void {
  program
    .command('history')
    .description('sum up the expressions of recorded sessions, and draw them over time')
    .argument('<file>', "a history's .csv or .json")
    .option('--out <folder>', "a folder for the pictures (default: beside the file, with '-history' at its end)")
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: HistoryOptions, command: Command) => history(file, options, Output.of(command)));
}

async function history(file: string, { out }: HistoryOptions, output: Output): Promise<void> {
  const predictions = await readHistory(file);
  const summaries = summariseHistory(predictions);
  if (summaries.length === 0) throw new ArgumentError('history', `'${file}' holds no predictions`);
  const folder = await RunFolder.prepared(out ?? file.replace(EXTENSION, '-history'));
  const sessions: (SessionSummary & { readonly pictures: readonly string[] })[] = [];
  for (const [i, summary] of summaries.entries()) {
    output.say(`Drawing session ${i + 1} of ${summaries.length}: ${summary.session}`);
    const name = `${i + 1}${slugOf(summary.session)}`;
    const rows = predictions.filter(({ session }) => session === summary.session);
    await folder.writePlot(`${name}-timeline`, historyTimeline(rows));
    await folder.writePlot(`${name}-shares`, historyShares(summary));
    sessions.push({ ...summary, pictures: [folder.file(`${name}-timeline.png`), folder.file(`${name}-shares.png`)] });
  }
  const texts = sessions.map((session) => [sessionText(session), ...session.pictures].join('\n'));
  output.result(texts.join('\n\n'), { folder: folder.path, sessions });
}

const EXTENSION = /\.(csv|json)$/i;

/** @throws ArgumentError for files that cannot be read or are something else, DataError for damaged ones */
async function readHistory(file: string): Promise<Prediction[]> {
  const [, extension] = EXTENSION.exec(file) ?? [];
  if (extension === undefined) throw new ArgumentError('history', `'${file}' must be a .csv or .json file`);
  const bytes = await readFile(file).catch((error) => {
    throw new ArgumentError('history', `cannot read '${file}': ${error.message}`);
  });
  const text = decodeUtf8(file, bytes);
  try {
    return await (extension.toLowerCase() === 'json' ? parseHistoryJson(text) : parseHistoryCsv(text));
  } catch (error) {
    throw naming(file, error);
  }
}

function decodeUtf8(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ArgumentError('history', `'${file}' is no text in UTF-8`);
  }
}

const MAX_SLUG = 40;

/** What of a session's name any file system can hold, after a dash. */
function slugOf(session: string): string {
  const words = session.normalize('NFC').match(/[\p{L}\p{N}]+/gu) ?? [];
  const text = words.map((word) => `-${word}`).join('');
  return [...text].slice(0, MAX_SLUG).join('');
}

function sessionText(summary: SessionSummary): string {
  const { session, start, duration, frames, faces, models, changesPerMinute, expressions } = summary;
  const count = (n: number, noun: string) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
  const time = new Date(start).toISOString().slice(0, 19).replace('T', ' ');
  const header = ['expression', 'share', 'mean probability', 'longest'];
  const rows = Object.entries(expressions).map(([name, { share, meanProbability, longestRun }]) => [
    name,
    percent(share),
    percent(meanProbability),
    `${(longestRun / 1000).toFixed(1)} s`,
  ]);
  return [
    session,
    `${time} UTC, ${formatDuration(duration)}, ${count(frames, 'frame')}, ${count(faces, 'face')}, by ${models.join(', ')}`,
    ...[header, ...rows].map(([name = '', ...cells]) =>
      [name.padEnd(10), ...cells.map((cell) => cell.padStart(18))].join(''),
    ),
    `${changesPerMinute.toFixed(1)} changes of expression a minute`,
  ].join('\n');
}
