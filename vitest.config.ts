import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumOptions } from './chromium.ts';
import { EveryBackend } from './test/everyBackend.ts';

const chromium = playwright({ launchOptions: chromiumOptions });

const conditions = ['source'];

/** The tests that run on every backend: in Node on the host's, in Chromium on the GPU's. */
const everywhere = ['test/backends/**/*.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', new EveryBackend()],
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
        test: {
          name: 'chromium',
          include: [...everywhere, 'test/browser/**/*.test.ts'],
          provide: { backends: ['webgl2', 'webgpu'] },
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
