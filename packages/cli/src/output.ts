/** @file Where commands write: results to standard output, what is going on to standard error. */

import type { TextStream } from '@fer/layers';
import type { Command } from 'commander';

export class Output {
  constructor(
    private readonly json: boolean,
    private readonly verbose: boolean,
  ) {}

  /** By the options of all commands. */
  static of(command: Command): Output {
    const { json = false, verbose = false } = command.optsWithGlobals<{ json?: boolean; verbose?: boolean }>();
    return new Output(json, verbose);
  }

  /** What a command found out: as text, or with --json as one document. */
  result(text: string, data: unknown): void {
    process.stdout.write(`${this.json ? JSON.stringify(data, null, 2) : text}\n`);
  }

  /** What it is doing, for whoever watches. */
  readonly say = (text: string): void => {
    this.progress.write(`${text}\n`);
  };

  /** Standard error if it is a terminal, or with --verbose; else nowhere. */
  get progress(): TextStream {
    const isWatched = this.verbose || (process.stderr.isTTY && !this.json);
    return isWatched ? process.stderr : { write: () => {} };
  }
}
