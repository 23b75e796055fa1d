/** @file The fer command. */
import { readFileSync } from 'node:fs';
import type { BackendName } from '@fer/core';
import { Command, Option } from 'commander';
import { addBench } from './commands/bench.ts';
import { addData } from './commands/data.ts';
import { addDemo } from './commands/demo.ts';
import { addEvaluate } from './commands/evaluate.ts';
import { addExport } from './commands/export.ts';
import { addHistory } from './commands/history.ts';
import { addLive } from './commands/live.ts';
import { addPredict } from './commands/predict.ts';
import { addReproduce } from './commands/reproduce.ts';
import { addSummary } from './commands/summary.ts';
import { addTrain } from './commands/train.ts';
import { reportError } from './errors.ts';

/** Those that run in Node. */
const BACKENDS: readonly (BackendName | 'auto')[] = ['auto', 'simd', 'webgpu', 'headlessgl', 'webasm', 'cpu'];

const EXAMPLES = `
Examples:
  fer demo                                            trains on drawn faces and shows what came of it
  fer train --data fer2013.csv                        trains on FER2013
  fer predict face.png --weights runs/a/best.safetensors
  fer help train                                      all options of a command

Exit codes: 0 done, 1 failed, 2 called wrongly, 130 ended by Ctrl-C. Results go to standard output; what is going on goes to
standard error if that is a terminal.`;

/** Runs a command. @param argv As process.argv. @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(argv);
    return 0;
  } catch (error) {
    return reportError(error, program.opts<{ verbose?: boolean }>().verbose ?? false);
  }
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

function createProgram(): Command {
  const program = new Command('fer')
    .description('Trains, evaluates and uses networks that recognise facial expressions.')
    .version(version())
    .addOption(new Option('--backend <name>', 'wins over FER_BACKEND').choices(BACKENDS).default('auto'))
    .option('--json', 'print the result as JSON')
    .option('--verbose', 'tell more: progress without a terminal, and where errors come from')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'fer: ')) })
    .showHelpAfterError(false)
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  const commands = [
    addDemo,
    addTrain,
    addEvaluate,
    addLive,
    addPredict,
    addHistory,
    addReproduce,
    addSummary,
    addBench,
    addData,
    addExport,
  ];
  for (const add of commands) add(program);
  return program;
}
