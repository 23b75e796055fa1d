/**
 * @file Compares fer with tfjs on the GPU of a browser: `npx pnpm@10 --filter @fer/bench run gpu [kernels|networks]
 * [--mode webgl2] [--only text]`. Both run in one page of a headless Chromium, with the operands resident, and every result
 * read back within the timing. With --mode or --only the report keeps its other rows, so that it can be made in pieces.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import { type Browser, chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { chromiumOptions } from '../../chromium.ts';
import { commitOf } from '../report.ts';
import { type Case, isNetwork, suites, titleOf } from './cases.ts';
import type * as page from './page.ts';
import { type Row, rowOf, rowsText, saveRows } from './report.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { mode: { type: 'string' }, only: { type: 'string', default: '' } },
});
const [suite = 'kernels'] = positionals;
const cases = suites[suite];
if (!cases) throw new Error(`unknown suite ${suite}; there are ${Object.keys(suites).join(', ')}`);
const modes = (['webgl2', 'webgpu'] as const).filter((mode) => options.mode === undefined || mode === options.mode);
if (modes.length === 0) throw new Error(`--mode must be webgl2 or webgpu but is ${options.mode}`);
const selected = cases.filter((work) => titleOf(work).includes(options.only));
if (selected.length === 0) throw new Error(`no case's title has '${options.only}'`);

async function run(server: ViteDevServer): Promise<void> {
  const commit = commitOf();
  const rows: Row[] = [];
  const engines: Partial<Record<page.Mode, string>> = {};
  for (const mode of modes) {
    // a network's first run must not find what the one before it compiled
    const groups = isNetwork(selected[0] as Case) ? selected.map((work) => [work]) : [selected];
    for (const group of groups) {
      await inBrowser(server, mode, async (tab, compared, version) => {
        if (!engines[mode]) console.log(`\n${compared}`);
        engines[mode] = compared;
        for (const work of group) {
          const row = rowOf(mode, work, await measure(tab, work), commit);
          rows.push(row);
          console.log(rowsText(suite, [row]).split('\n').at(-1));
          saveRows(suite, rows, engines, version);
        }
      });
    }
  }
}

const measure = (tab: Page, work: Case): Promise<page.Measurement> =>
  tab.evaluate((work) => (globalThis as unknown as { bench: typeof page }).bench.measure(work), work);

/** A browser of its own, with a page that has both engines, for as long as it is used. */
async function inBrowser(
  server: ViteDevServer,
  mode: page.Mode,
  use: (tab: Page, compared: string, version: string) => Promise<void>,
): Promise<void> {
  const browser = await chromium.launch(chromiumOptions);
  try {
    const tab = await open(browser, server);
    const compared = await tab.evaluate(
      (mode) => (globalThis as unknown as { bench: typeof page }).bench.start(mode),
      mode,
    );
    await use(tab, compared.join(' and '), browser.version());
  } finally {
    await browser.close();
  }
}

async function open(browser: Browser, server: ViteDevServer): Promise<Page> {
  const tab = await browser.newPage();
  tab.on('console', (message) => message.type() === 'error' && console.error(message.text()));
  tab.on('pageerror', (error) => console.error(error));
  await tab.goto(server.resolvedUrls?.local[0] as string);
  await tab.waitForFunction(() => 'bench' in globalThis);
  return tab;
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
