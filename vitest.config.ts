import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { chromiumOptions } from './chromium.ts';
import { EveryBackend } from './test/everyBackend.ts';
import type { TestedBackend } from './test/vitest.d.ts';

const conditions = ['source'];

/** The tests that run on every backend: in Node on the host's, in Chromium on the GPU's, on simd in both. */
const everywhere = ['test/backends/**/*.test.ts'];

const simd = (threads: number, relaxed: boolean): TestedBackend => ({
  title: `simd ${relaxed ? 'relaxed' : 'plain'}, ${threads} thread${threads === 1 ? '' : 's'}`,
  name: 'simd',
  options: { threads, relaxed },
});

/** Before Node 22 relaxed SIMD is there, but behind a flag. */
const relaxedSimd = Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];

const node: TestProjectConfiguration = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'node',
    include: [...everywhere, 'test/{node,data,layers,models,cli,vision,live}/**/*.test.ts'],
    execArgv: relaxedSimd,
    provide: {
      backends: [
        { title: 'cpu', name: 'cpu' },
        { title: 'webasm', name: 'webasm' },
        ...[1, 2].flatMap((threads) => [simd(threads, false), simd(threads, true)]),
      ],
    },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
};

const chromium: TestProjectConfiguration = {
  resolve: { conditions: [...conditions, 'browser', 'module', 'import', 'default'] },
  // what shared memory needs
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
  test: {
    name: 'chromium',
    include: [...everywhere, 'test/browser/**/*.test.ts'],
    provide: {
      backends: [
        { title: 'webgl2', name: 'webgl2' },
        { title: 'webgl', name: 'webgl' },
        { title: 'webgpu', name: 'webgpu' },
        simd(1, false),
        simd(2, true),
      ],
    },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: chromiumOptions }),
      instances: [{ browser: 'chromium' }],
    },
  },
};

const hasChromium = existsSync(chromiumOptions.executablePath);
if (!hasChromium) {
  const message = `${chromiumOptions.executablePath} does not exist: the tests in Chromium, on webgl2, webgl and webgpu, cannot run`;
  if (process.env.CI) throw new Error(message);
  console.warn(`\n  SKIPPED: ${message}. Set CHROMIUM to run them.\n`);
}

export default defineConfig({
  test: {
    reporters: ['default', new EveryBackend()],
    // all cores: most tests use one
    maxWorkers: '100%',
    projects: hasChromium ? [node, chromium] : [node],
  },
});
