/** @file fer live */
import { type Command, InvalidArgumentError } from 'commander';
import { pageFolder } from '../live/page.ts';
import { serveFolder } from '../live/server.ts';
import { numberOf } from '../options.ts';
import { Output } from '../output.ts';

const EXAMPLES = `
Examples:
  fer live
  fer live --port 0                                   any port that is free

The page finds the faces in a camera's picture, or in a file's, and tells their expressions. It computes in the browser: neither
pictures nor predictions leave the machine. Ctrl-C ends it.`;

export function addLive(program: Command): void {
  program
    .command('live')
    .description('serve the live page: a camera, faces, their expressions over time')
    .option('--port <n>', 'where to serve it', port, 8048)
    .addHelpText('after', EXAMPLES)
    .action((options: { port: number }, command: Command) => live(options.port, command));
}

function port(text: string): number {
  const value = numberOf(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535)
    throw new InvalidArgumentError('It must be an integer from 0 to 65535.');
  return value;
}

/** Until Ctrl-C. */
async function live(port: number, command: Command): Promise<void> {
  const output = Output.of(command);
  const { address, close } = await serveFolder(await pageFolder(), port);
  output.result(`The live page is at ${address}\nCtrl-C ends it.`, { address });
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  await close();
}
