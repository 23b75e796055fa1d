/** @file Reports in docs/results: figures as JSON, and tables that show them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import type { Spread } from './statistics.ts';

export const RESULTS = new URL('../docs/results/', import.meta.url);

export interface Column<Row> {
  readonly title: string;
  show(row: Row): string;
}

export function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ title }) => title),
    columns.map(() => '---'),
    ...rows.map((row) => columns.map(({ show }) => show(row))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** `12.3 (11.9-14.0)`. */
export const spreadText = ({ median, low, high }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;

/** Where, when and of what a report was made. */
export interface Origin {
  readonly machine: string;
  readonly command: string;
  readonly date: string;
  /** Of the code that was measured; with a + if it has changes that are in none. */
  readonly commit: string;
  /** Of all programs, this one among them, at the end. */
  readonly load: string;
}

export function commitOf(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--', ':(top)packages', ':(top)bench') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
}

/** @param settings What of the machine was used. */
export function originOf(command: string, settings: string): Origin {
  return {
    machine: `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${settings}`,
    command,
    date: new Date().toISOString(),
    commit: commitOf(),
    load: (loadavg()[0] as number).toFixed(1),
  };
}

export const originText = ({ machine, command, commit, date, load }: Origin): string =>
  `${machine}; load average ${load}. Commit ${commit}, ${date.slice(0, 10)}. Made by \`${command}\`.`;

/** Writes `name`.json and `name`.md. */
export function save(name: string, report: Origin, markdown: string): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(new URL(`${name}.json`, RESULTS), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(new URL(`${name}.md`, RESULTS), markdown);
}
