/** @file Whoever does not plot does not pay for it: bundles for browsers hold what they use alone. */
import { fileURLToPath } from 'node:url';
import { build, type Rollup } from 'vite';
import { expect, it } from 'vitest';

it('a bundle of transforms and metrics is small, without Vega, pngjs or Node', async () => {
  const entry = fileURLToPath(new URL('fixtures/bundle-entry.ts', import.meta.url));
  const [result] = (await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    build: { write: false, minify: true, target: 'es2022', lib: { entry, formats: ['es'] } },
  })) as Rollup.RollupOutput[];
  expect(result?.output).toHaveLength(1);
  const [{ code = '' } = {}] = result?.output ?? [];
  expect(code.length).toBeLessThan(30_000);
  expect(code).toContain('weighted avg');
  expect(code).not.toMatch(/vega|pngjs|resvg|node:/);
});
