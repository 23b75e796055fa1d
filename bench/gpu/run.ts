/**
 * @file Compares fer with tfjs on the GPU of a browser: `npx pnpm@10 --filter @fer/bench run gpu [kernels|networks]
 * [--mode webgl2] [--only text]`. Both run in one page of a headless Chromium, with the operands resident, and every result
 * read back within the timing. With --mode or --only the report keeps its other rows, so that it can be made in pieces.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import { type Browser, chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { chromiumOptions } from '../../chromium.ts';
import { type Case, flopsOf, isNetwork, suites, titleOf } from './cases.ts';
import type * as page from './page.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { mode: { type: 'string' }, only: { type: 'string' } },
});
const [suite = 'kernels'] = positionals;
const cases = suites[suite];
if (!cases) throw new Error(`unknown suite ${suite}; there are ${Object.keys(suites).join(', ')}`);
const allModes = ['webgl2', 'webgpu'] as const;
const modes = allModes.filter((mode) => !options.mode || mode === options.mode);
const selected = cases.filter((work) => titleOf(work).includes(options.only ?? ''));

interface Row {
  mode: page.Mode;
  case: string;
  /** Medians and 10-90 % spreads in milliseconds. */
  ours: [median: number, low: number, high: number];
  theirs: [median: number, low: number, high: number];
  samples: number;
  /** How many times faster fer is. */
  ratio: number;
  gflops: number;
  difference: number;
  /** Milliseconds until the first result of a network, ours and theirs. */
  first?: readonly [number, number];
}

function quantiles(samples: readonly number[]): Row['ours'] {
  const sorted = [...samples].sort((a, b) => a - b);
  return [0.5, 0.1, 0.9].map((q) => sorted[Math.round((sorted.length - 1) * q)]) as Row['ours'];
}

async function measure(tab: Page, mode: page.Mode, work: Case): Promise<Row> {
  const { samples, difference, first } = await tab.evaluate(
    (work) => (globalThis as unknown as { bench: typeof page }).bench.measure(work),
    work,
  );
  const [ours, theirs] = [quantiles(samples[0]), quantiles(samples[1])];
  const gflops = flopsOf(work) / ours[0] / 1e6;
  return {
    mode,
    case: titleOf(work),
    ours,
    theirs,
    samples: samples[0].length,
    ratio: theirs[0] / ours[0],
    gflops,
    difference,
    ...(isNetwork(work) && { first }),
  };
}

const columns = [
  'work',
  'fer ms (10-90 %)',
  'tfjs ms (10-90 %)',
  'fer is faster by',
  'GFLOP/s',
  'results differ by',
  ...(suite === 'networks' ? ['first result after ms, fer', 'tfjs'] : []),
];
const time = ([median, low, high]: Row['ours']) => `${median.toFixed(1)} (${low.toFixed(1)}-${high.toFixed(1)})`;
const lineOf = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const lineOfRow = ({ case: title, ours, theirs, ratio, gflops, difference, first }: Row) =>
  lineOf([
    title,
    time(ours),
    time(theirs),
    `${ratio.toFixed(2)}x`,
    gflops.toFixed(2),
    difference.toExponential(0),
    ...(first ?? []).map((milliseconds) => milliseconds.toFixed(0)),
  ]);
const tableOf = (rows: readonly Row[]) =>
  [lineOf(columns), lineOf(columns.map(() => '---')), ...rows.map(lineOfRow)].join('\n');

async function run(server: ViteDevServer): Promise<void> {
  const rows: Row[] = [];
  const engines: Record<string, string> = {};
  let browser = await chromium.launch(chromiumOptions);
  for (const mode of modes) {
    let [tab, compared] = await open(browser, server, mode);
    engines[mode] = compared;
    console.log(`\n${compared}\n${tableOf([])}`);
    for (const [i, work] of selected.entries()) {
      // a network's first run must not find what the one before it compiled
      if (isNetwork(work) && i > 0) {
        await browser.close();
        browser = await chromium.launch(chromiumOptions);
        [tab] = await open(browser, server, mode);
      }
      const row = await measure(tab, mode, work);
      rows.push(row);
      console.log(lineOfRow(row));
      write(rows, engines, browser.version());
    }
    await tab.close();
  }
  await browser.close();
}

/** A page with both engines, and what they are. */
async function open(browser: Browser, server: ViteDevServer, mode: page.Mode): Promise<[Page, string]> {
  const tab = await browser.newPage();
  tab.on('console', (message) => message.type() === 'error' && console.error(message.text()));
  tab.on('pageerror', (error) => console.error(error));
  await tab.goto(server.resolvedUrls?.local[0] as string);
  await tab.waitForFunction(() => 'bench' in globalThis);
  const compared = await tab.evaluate(
    (mode) => (globalThis as unknown as { bench: typeof page }).bench.start(mode),
    mode,
  );
  return [tab, compared.join(' and ')];
}

interface Report {
  machine: string;
  command: string;
  date: string;
  engines: Record<string, string>;
  rows: Row[];
}

function write(measured: readonly Row[], engines: Record<string, string>, version: string): void {
  const folder = new URL('../../docs/results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const file = new URL(`gpu-${suite}.json`, folder);
  const earlier = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
  const known = [...measured, ...(earlier?.rows ?? [])];
  const titles = (cases as readonly Case[]).map(titleOf);
  const rowsOf = (mode: page.Mode) =>
    titles.flatMap((title) => known.find((row) => row.mode === mode && row.case === title) ?? []);
  const report: Report = {
    machine: `${cpus()[0]?.model}, ${cpus().length} cores, Chromium ${version} with SwiftShader, Node ${process.version}`,
    command: `npx pnpm@10 --filter @fer/bench run gpu ${suite}`,
    date: new Date().toISOString(),
    engines: { ...earlier?.engines, ...engines },
    rows: allModes.flatMap(rowsOf),
  };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  const tables = allModes
    .filter((mode) => mode in report.engines)
    .map((mode) => `## ${report.engines[mode]}\n\n${tableOf(rowsOf(mode))}\n`);
  writeFileSync(
    new URL(`gpu-${suite}.md`, folder),
    `# ${suite === 'networks' ? 'Networks' : 'Kernels'} on the GPU\n\n${report.machine}. Made by \`${report.command}\`.
The two run by turns, beside other work on the machine: compare the ratios, not the milliseconds.\n\n${tables.join('\n')}`,
  );
}

await setBackend('auto'); // for the networks whose operations are counted
const server = await createServer({
  root: fileURLToPath(new URL('.', import.meta.url)),
  configFile: false,
  logLevel: 'error',
  resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
  // a file that changes meanwhile must not reload the page
  server: { hmr: false, watch: null, fs: { allow: [fileURLToPath(new URL('../..', import.meta.url))] } },
});
await server.listen();
try {
  await run(server);
} finally {
  await server.close();
}
