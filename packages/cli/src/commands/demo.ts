/** @file fer demo */
import { ArgumentError } from '@fer/core';
import type { Command } from 'commander';
import { loadClassifier } from '../classifier.ts';
import { startBackend } from '../options.ts';
import { Output } from '../output.ts';
import { drawnFaces, predictFaces, predictionsText } from '../prediction.ts';
import { type RunConfig, run } from '../run.ts';
import { RunFolder } from '../run-folder.ts';
import { runReport } from '../run-report.ts';
import { DEFAULTS, experimentOf } from '../train-options.ts';

/** What two cores do in a minute or two. */
const SMALL = { network: 'mobi-express-net', epochs: 30, batchSize: 32, learningRate: 0.005 } as const;

const TITLE = 'MobiExpressNet on drawn faces';

const EXAMPLES = `
Examples:
  fer demo
  fer demo --out somewhere/else

It needs no data: faces with seven expressions are drawn. fer train does the same with data and options of yours.`;

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('train a network on drawn faces in a minute or two, and show what came of it')
    .option('--out <folder>', 'where to; what an earlier demo left there is replaced', 'runs/demo')
    .addHelpText('after', EXAMPLES)
    .action(({ out }: { out: string }, command: Command) => demo(out, command));
}

async function demo(path: string, command: Command): Promise<void> {
  const output = Output.of(command);
  const backend = await startBackend(command);
  const folder = await folderOfDemo(path);
  const experiment = experimentOf({ ...DEFAULTS, ...SMALL });
  const { progress, say } = output;
  const config = { title: TITLE, experiment, backend, scaled: [] };
  const result = await run(config, folder, { resumeBy: folder.resumeCommand, progress, say });
  const classifier = await loadClassifier(folder.file('best.safetensors'));
  const predictions = await predictFaces(classifier, drawnFaces(), { top: 2, crops: 1 });
  const next = `Next: fer predict face.png --weights ${folder.file('best.safetensors')}, or fer train --help`;
  output.result([runReport(folder, result), '', predictionsText(predictions), '', next].join('\n'), {
    folder: path,
    ...result,
    predictions,
  });
}

/** @throws ArgumentError if a run of another kind is there */
async function folderOfDemo(path: string): Promise<RunFolder> {
  const folder = new RunFolder(path);
  const before = (await folder.has('config.json')) ? ((await folder.readJson('config.json')) as RunConfig) : undefined;
  if (before && before.title !== TITLE)
    throw new ArgumentError('demo', `'${path}' holds the run '${before.title}': choose another folder`);
  return folder;
}
