import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

/** Debian's Chromium with software WebGL2 and WebGPU (SwiftShader), and without calls home. */
const chromium = playwright({
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
      '--ignore-gpu-blocklist',
    ],
  },
});

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
