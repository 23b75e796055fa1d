/** @file The package can be bundled for browsers, and works there as far as there are no files and threads of Node. */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumOptions } from '../../chromium.ts';
import { load } from './bundle/entry.ts';

const warnings: string[] = [];

/** In one file, with whatever is imported later. */
async function bundle(): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      lib: { entry: fileURLToPath(new URL('bundle/entry.ts', import.meta.url)), formats: ['es'] },
      rolldownOptions: { output: { codeSplitting: false }, onwarn: ({ message }) => warnings.push(message) },
    },
  })) as Rollup.RollupOutput[];
  const [chunk] = result[0]?.output ?? [];
  if (!chunk) throw new Error('nothing was bundled');
  return chunk.code;
}

describe('a bundle for browsers', () => {
  let code: string;
  beforeAll(async () => {
    code = await bundle();
  });

  it('imports nothing', () => {
    expect(code).not.toMatch(/^import\b|\bfrom\s*"node:|\brequire\("(?:fs|zlib|worker_threads)"\)/m);
    expect(warnings.filter((warning) => /externalized/.test(warning))).toEqual([]);
  });

  describe.skipIf(!existsSync(chromiumOptions.executablePath))('in Chromium', () => {
    let server: Server;
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      server = createServer(({ url }, response) => {
        const isCode = url === '/bundle.mjs';
        response.setHeader('Content-Type', isCode ? 'text/javascript' : 'text/html');
        response.end(isCode ? code : '<!doctype html>');
      });
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      browser = await chromium.launch(chromiumOptions);
      page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    });
    afterAll(async () => {
      await browser.close();
      server.close();
    });

    it('gives the same batches as Node, and says what needs Node', async () => {
      // as text: an import within a function would be the test runner's
      const inBrowser = await page.evaluate(`import('/bundle.mjs').then(({ load }) => load())`);
      expect(inBrowser).toEqual({
        sums: (await load()).sums,
        refusals: [
          expect.stringContaining('fer2013: reads files, which needs Node'),
          expect.stringContaining('encodePng: PNG files need Node'),
          expect.stringContaining("prefetch: needs Node's worker threads"),
        ],
      });
    });
  });
});
