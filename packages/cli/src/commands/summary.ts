/** @file fer summary */
import { ArgumentError } from '@fer/core';
import { listModels } from '@fer/models';
import type { Command } from 'commander';
import { openModel } from '../network.ts';
import { collected, startBackend } from '../options.ts';
import { Output } from '../output.ts';

const EXAMPLES = `
Examples:
  fer summary                                         the names of all networks
  fer summary fer-net
  fer summary mobilenet-v2 -o alpha=0.35 -o 'inputShape=[96,96,3]' -o classes=7
  fer summary runs/a/best.safetensors`;

export function addSummary(program: Command): void {
  program
    .command('summary')
    .description('show the layers of a network, with parameters and multiply-accumulates')
    .argument('[model]', 'the name of a network, or a .safetensors file')
    .option('-o, --option <name=value>', 'of the network, as JSON; may be repeated', collected, [])
    .addHelpText('after', EXAMPLES)
    .action((model: string | undefined, { option }: { option: readonly string[] }, command: Command) =>
      summary(model, option, command),
    );
}

async function summary(name: string | undefined, options: readonly string[], command: Command): Promise<void> {
  const output = Output.of(command);
  if (name === undefined) {
    if (options.length > 0) throw new ArgumentError('summary', '--option needs the name of a network');
    output.result(listModels().join('\n'), listModels());
    return;
  }
  await startBackend(command);
  const model = await openModel(name, options);
  const table = model.summary(() => {});
  output.result(`${table}`, table);
}
