/** @file The library works when a bundler has minified it: gpu.js compiles the text of functions. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright';
import { build, type Rollup } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumOptions } from '../../chromium.ts';
import { expectNumbersClose } from '../close.ts';
import { compute } from './bundle/entry.ts';

const entry = fileURLToPath(new URL('bundle/entry.ts', import.meta.url));

/** The program in one file. */
async function bundle(): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      lib: { entry, formats: ['es'] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })) as Rollup.RollupOutput[];
  const [chunk] = result[0]?.output ?? [];
  if (!chunk) throw new Error('nothing was bundled');
  return chunk.code;
}

/** A result of float32 arithmetic in 10 layers; GPUs' exp and log are good to 4e-5. */
const TOLERANCE = 1e-3;

describe('a minified bundle', () => {
  let code: string;
  let expected: number[];
  beforeAll(async () => {
    code = await bundle();
    expected = await compute('webasm');
    expect(expected.length).toBeGreaterThan(80);
    expect(new Set(expected).size).toBeGreaterThan(70);
  });

  it('computes the same on webasm', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fer-bundle-'));
    const file = join(directory, 'bundle.mjs');
    await writeFile(file, code);
    const program = `import { compute } from ${JSON.stringify(pathToFileURL(file))};
      console.log(JSON.stringify(await compute('webasm')));`;
    const { stdout } = await promisify(execFile)('node', ['--input-type=module', '--eval', program]);
    await rm(directory, { recursive: true });
    expectNumbersClose(JSON.parse(stdout), expected, TOLERANCE, 'results');
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

    it.each(['webgl2', 'webgpu'])('computes the same on %s', async (backend) => {
      // as text: an import within a function would be the test runner's
      const results = await page.evaluate(`import('/bundle.mjs').then(({ compute }) => compute('${backend}'))`);
      expectNumbersClose(results as number[], expected, TOLERANCE, 'results');
    });
  });
});
