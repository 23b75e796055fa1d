/** @file What was measured as tables: one for each suite, and a summary of all. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

/** The columns of the summary: versions of Node, and threads. */
const SETTINGS = [
  [20, 1],
  [24, 1],
  [20, 2],
  [24, 2],
] as const;

/** Between these lines of cpu.md is what is made of all reports. */
const [BEGIN, END] = ['<!-- from the reports -->', '<!-- to here -->'];

/** Of each case and peer the ratios of all reports, side by side, in cpu.md. */
export function saveSummary(suites: readonly string[]): void {
  const reports = SETTINGS.map(([node, threads]) =>
    suites.flatMap((suite) => rowsOfReport(nameOf(suite, node, threads))),
  );
  const rows = [
    ...new Map(
      reports
        .flat()
        .filter(isCompared)
        .map((row) => [keyOf(row), row]),
    ).values(),
  ];
  const cases = [...new Set(reports.flat().map((row) => row.case))];
  rows.sort((a, b) => cases.indexOf(a.case) - cases.indexOf(b.case));
  const ratioOfKey = (row: Row, report: readonly Row[]) => {
    const found = report.find((one) => keyOf(one) === keyOf(row));
    return found ? spreadText(found.ratio, 2) : '';
  };
  const columns: Column<Row>[] = [
    { title: 'work', show: (row) => row.case },
    { title: 'against', show: ({ engine }) => nameOfEngine(engine) },
    ...SETTINGS.map(([node, threads], i) => ({
      title: `Node ${node}, ${threads} thread${threads === 1 ? '' : 's'}`,
      show: (row: Row) => ratioOfKey(row, reports[i] as Row[]),
    })),
  ];
  const file = new URL('cpu.md', RESULTS);
  const [before = '', rest = ''] = readFileSync(file, 'utf8').split(BEGIN);
  const after = rest.split(END)[1] ?? '';
  writeFileSync(file, `${before}${BEGIN}\n${tableOf(columns, rows)}\n${END}${after}`);
}

function rowsOfReport(name: string): readonly Row[] {
  const file = new URL(`${name}.json`, RESULTS);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report).rows : [];
}

/** A peer's name without its version and threads, which differ between the reports. */
const nameOfEngine = (engine: string) =>
  engine.startsWith('fer') ? engine : engine.replace(/ \d+\.\d+\.\d+/, '').replace(/, \d+ threads?( \(.*?\))?/, '');

const keyOf = (row: Row) => `${row.case}|${nameOfEngine(row.engine)}`;

/** All but fer itself, with which the others are compared. */
const isCompared = ({ ratio }: Row) => !(ratio.low === 1 && ratio.high === 1);
