/** @file What was measured on GPUs as tables, one for each mode. */
import { existsSync, readFileSync } from 'node:fs';
import { type Column, type Origin, originOf, originText, RESULTS, save, spreadText, tableOf } from '../report.ts';
import { ratioOf, type Spread, spreadOf } from '../statistics.ts';
import { type Case, flopsOf, isNetwork, suites, titleOf } from './cases.ts';
import type { Measurement, Mode } from './page.ts';

export interface Row {
  readonly mode: Mode;
  readonly case: string;
  /** In milliseconds. */
  readonly ours: Spread;
  readonly theirs: Spread;
  readonly samples: number;
  /** How many times faster fer is, in a round. */
  readonly ratio: Spread;
  readonly gflops: number;
  readonly difference: number;
  /** Milliseconds until the first result of a network, ours and theirs. */
  readonly first?: readonly [number, number];
  /** Of the code that was measured. */
  readonly commit: string;
}

export function rowOf(mode: Mode, work: Case, { samples, difference, first }: Measurement, commit: string): Row {
  const [ours, theirs] = [spreadOf(samples[0]), spreadOf(samples[1])];
  return {
    mode,
    case: titleOf(work),
    ours,
    theirs,
    samples: samples[0].length,
    ratio: ratioOf(samples[0], samples[1]),
    gflops: flopsOf(work) / ours.median / 1e6,
    difference,
    ...(isNetwork(work) && { first }),
    commit,
  };
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'work', show: (row) => row.case },
  { title: 'fer, ms (10-90 %)', show: ({ ours }) => spreadText(ours, 1) },
  { title: 'tfjs, ms (10-90 %)', show: ({ theirs }) => spreadText(theirs, 1) },
  { title: 'samples', show: ({ samples }) => `${samples}` },
  { title: 'fer is faster by, in a round (10-90 %)', show: ({ ratio }) => spreadText(ratio, 2) },
  { title: 'GFLOP/s', show: ({ gflops }) => gflops.toFixed(2) },
  { title: 'results differ by', show: ({ difference }) => difference.toExponential(0) },
];

const FIRST: readonly Column<Row>[] = [
  { title: 'first result after ms, fer', show: ({ first }) => first?.[0].toFixed(0) ?? '' },
  { title: 'tfjs', show: ({ first }) => first?.[1].toFixed(0) ?? '' },
];

export const rowsText = (suite: string, rows: readonly Row[]): string =>
  tableOf(suite === 'networks' ? [...COLUMNS, ...FIRST] : COLUMNS, rows);

interface Report extends Origin {
  /** What is compared in each mode. */
  readonly engines: Partial<Record<Mode, string>>;
  readonly rows: readonly Row[];
}

/** Keeps the rows of an earlier report of the same machine that were not measured again. */
export function saveRows(suite: string, measured: readonly Row[], engines: Report['engines'], browser: string): void {
  const origin = originOf(
    `npx pnpm@10 --filter @fer/bench run gpu ${suite}`,
    `Chromium ${browser} with WebGL and WebGPU in software (SwiftShader)`,
  );
  const earlier = reportOf(suite);
  const kept = earlier?.machine === origin.machine ? earlier : { engines: {}, rows: [] };
  const known = [...measured, ...kept.rows];
  const rows = (['webgl2', 'webgpu'] as const).flatMap((mode) =>
    (suites[suite] ?? []).flatMap((work) => known.find((row) => row.mode === mode && row.case === titleOf(work)) ?? []),
  );
  const commits = [...new Set(rows.map(({ commit }) => commit))].join(', ');
  const report: Report = { ...origin, commit: commits, engines: { ...kept.engines, ...engines }, rows };
  save(`gpu-${suite}`, report, textOf(suite, report));
}

function reportOf(suite: string): Report | undefined {
  const file = new URL(`gpu-${suite}.json`, RESULTS);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
}

function textOf(suite: string, report: Report): string {
  const tables = Object.entries(report.engines).map(([mode, compared]) => {
    const rows = report.rows.filter((row) => row.mode === mode);
    return `## ${compared}\n\n${rowsText(suite, rows)}\n`;
  });
  return `# ${suite === 'networks' ? 'Networks' : 'Kernels'} on the GPU

${originText(report)}
The two run by turns, and every time is until the result is read back; compare the ratios, not the milliseconds.

${tables.join('\n')}`;
}
