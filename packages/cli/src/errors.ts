/** @file How errors are told, and the exit codes: 0 done, 1 failed, 2 called wrongly, 130 ended by Ctrl-C. */
import { ArgumentError } from '@fer/core';
import { CommanderError } from 'commander';
import { InterruptedError } from './run.ts';

const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 128 + 2; // as shells count SIGINT

/** Writes one line, or with --verbose everything. @returns the exit code */
export function reportError(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED; // which has told the user itself
  const isInterrupted = error instanceof InterruptedError;
  process.stderr.write(`fer: ${verbose && !isInterrupted ? inFull(error) : inOneLine(error)}\n`);
  if (isInterrupted) return INTERRUPTED;
  return error instanceof ArgumentError ? MISUSED : FAILED;
}

function inFull(error: unknown): string {
  return error instanceof Error ? `${error.stack}` : `${error}`;
}

/** The first line, and the first of details if there are any. */
function inOneLine(error: unknown): string {
  const [first = '', second, ...others] = (error instanceof Error ? error.message : `${error}`).split(/\s*\n\s*/);
  const more = others.length > 0 ? ` (--verbose shows ${others.length} more)` : '';
  return second ? `${first}: ${second}${more}` : first;
}
