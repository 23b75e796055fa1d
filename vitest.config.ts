import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumOptions } from './chromium.ts';

const chromium = playwright({ launchOptions: chromiumOptions });

const conditions = ['source'];

/** The tests that run on every backend: in Node on the host's, in Chromium on the GPU's. */
const everywhere = ['test/backends/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'node',
          include: [...everywhere, 'test/node/**/*.test.ts'],
          provide: { backends: ['cpu', 'webasm'] },
          testTimeout: 120_000,
        },
      },
      {
        resolve: { conditions: [...conditions, 'browser', 'module', 'import', 'default'] },
        optimizeDeps: {
          include: ['@fer/core > gpu.js/dist/gpu-browser.min.js', '@fer/core > ndarray', '@fer/core > acorn'],
        },
        test: {
          name: 'chromium',
          include: [...everywhere, 'test/browser/**/*.test.ts'],
          provide: { backends: ['webgl2', 'webgpu', 'webgl'] },
          testTimeout: 120_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: chromium,
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
