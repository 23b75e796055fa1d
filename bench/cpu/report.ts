/** @file What was measured of a suite, as a table. */
import { existsSync, readFileSync } from 'node:fs';
import { type Column, type Origin, originOf, originText, RESULTS, save, spreadText, tableOf } from '../report.ts';
import { median, ratioOf, type Spread, spreadOf } from '../statistics.ts';
import { type Case, flopsOf, titleOf } from './cases.ts';

/** An engine's samples of a case, in milliseconds, by rounds. */
export interface Measured {
  readonly engine: string;
  readonly work: Case;
  readonly difference: number;
  readonly rounds: readonly (readonly number[])[];
}

export interface Row {
  readonly case: string;
  readonly engine: string;
  readonly milliseconds: Spread;
  readonly rounds: number;
  readonly samples: number;
  readonly gflops: number;
  /** How many times faster the first engine is, of the rounds' medians. */
  readonly ratio: Spread;
  /** Largest difference of the outputs from the first engine's, relative to the largest output. */
  readonly difference: number;
  /** Its GFLOP/s as a part of those of a product that was measured at the same time. */
  readonly ofProduct?: number;
}

export function rowsOf(measured: readonly Measured[], product: Case): Row[] {
  const rows = measured.map((one): Row => {
    const first = measured.find(({ work }) => work === one.work) as Measured;
    const samples = one.rounds.flat();
    const milliseconds = spreadOf(samples);
    return {
      case: titleOf(one.work),
      engine: one.engine,
      milliseconds,
      rounds: one.rounds.length,
      samples: samples.length,
      gflops: flopsOf(one.work) / milliseconds.median / 1e6,
      ratio: ratioOf(first.rounds.map(median), one.rounds.map(median)),
      difference: one.difference,
    };
  });
  const peak = rows[measured.findIndex(({ work }) => work === product)];
  return peak ? rows.map((row) => ({ ...row, ofProduct: row.gflops / peak.gflops })) : rows;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'work', show: (row) => row.case },
  { title: 'engine', show: ({ engine }) => engine },
  { title: 'ms (10-90 %)', show: ({ milliseconds }) => spreadText(milliseconds, 2) },
  { title: 'rounds, samples', show: ({ rounds, samples }) => `${rounds}, ${samples}` },
  { title: 'GFLOP/s', show: ({ gflops }) => gflops.toFixed(1) },
  { title: 'fer is faster by, in a round (10-90 %)', show: ({ ratio }) => spreadText(ratio, 2) },
  { title: 'output differs by', show: ({ difference }) => difference.toExponential(1) },
];

const OF_PRODUCT: Column<Row> = {
  title: 'of matMul 512',
  show: ({ ofProduct = Number.NaN }) => `${(100 * ofProduct).toFixed(0)} %`,
};

export const rowsText = (rows: readonly Row[]): string =>
  tableOf(rows.some(({ ofProduct }) => ofProduct !== undefined) ? [...COLUMNS, OF_PRODUCT] : COLUMNS, rows);

interface Report extends Origin {
  readonly rows: readonly Row[];
}

const NODE = Number(process.versions.node.split('.')[0]);

const nameOf = (suite: string, node: number, threads: number) => `cpu-${suite}-node${node}-threads${threads}`;

export function saveSuite(suite: string, threads: string, rounds: string, rows: readonly Row[]): void {
  const command = `npx pnpm@10 run bench:cpu ${suite} --threads ${threads} --rounds ${rounds}`;
  const report: Report = { ...originOf(command, `${threads} thread${threads === '1' ? '' : 's'}`), rows };
  const note = "GFLOP/s count what the direct algorithms compute, also where Winograd's takes their place.";
  save(
    nameOf(suite, NODE, Number(threads)),
    report,
    `# ${suite}\n\n${originText(report)} ${note}\n\n${rowsText(rows)}\n`,
  );
}

/** What was measured of a suite with that version of Node and as many threads; nothing if it never was. */
export function rowsOfReport(suite: string, node: number, threads: number): readonly Row[] {
  const file = new URL(`${nameOf(suite, node, threads)}.json`, RESULTS);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report).rows : [];
}
