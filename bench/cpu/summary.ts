/** @file Of each case and peer the ratios of all reports, side by side, in docs/results/cpu.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Column, RESULTS, spreadText, tableOf } from '../report.ts';
import { type Row, rowsOfReport } from './report.ts';

/** The columns: versions of Node, and threads. */
const SETTINGS = [
  [20, 1],
  [24, 1],
  [20, 2],
  [24, 2],
] as const;

/** Between these lines is what comes from the reports. */
const [BEGIN, END] = ['<!-- from the reports -->', '<!-- to here -->'];

export function saveSummary(suites: readonly string[]): void {
  const reports = SETTINGS.map(([node, threads]) =>
    suites.flatMap((suite) => rowsOfReport(suite, node, threads)).filter(isCompared),
  );
  const columns: Column<Row>[] = [
    { title: 'work', show: (row) => row.case },
    { title: 'against', show: ({ engine }) => nameOf(engine) },
    ...SETTINGS.map(([node, threads], i) => ({
      title: `Node ${node}, ${threads} thread${threads === 1 ? '' : 's'}`,
      show: (row: Row) => ratioIn(reports[i] as Row[], row),
    })),
  ];
  const file = new URL('cpu.md', RESULTS);
  const [before = '', rest = ''] = readFileSync(file, 'utf8').split(BEGIN);
  const table = tableOf(columns, distinct(reports.flat()));
  writeFileSync(file, `${before}${BEGIN}\n${table}\n${END}${rest.split(END)[1] ?? ''}`);
}

/** All but fer itself, with which the others are compared. */
const isCompared = ({ ratio }: Row) => !(ratio.low === 1 && ratio.high === 1);

/** One of each peer's rows, case by case. */
function distinct(rows: readonly Row[]): Row[] {
  const cases = [...new Set(rows.map((row) => row.case))];
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return [...byKey.values()].sort((a, b) => cases.indexOf(a.case) - cases.indexOf(b.case));
}

function ratioIn(report: readonly Row[], row: Row): string {
  const found = report.find((one) => keyOf(one) === keyOf(row));
  return found ? spreadText(found.ratio, 2) : '';
}

/** A peer's name without its version and threads, which differ between the reports. */
const nameOf = (engine: string) =>
  engine.startsWith('fer') ? engine : engine.replace(/ \d+\.\d+\.\d+/, '').replace(/, \d+ threads?( \(.*?\))?/, '');

const keyOf = (row: Row) => `${row.case}|${nameOf(row.engine)}`;
