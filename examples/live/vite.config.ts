/** @file How the page is built: into the package of the command that serves it, and from the packages' sources. */
import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
  // what shared memory needs
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
  worker: { format: 'es' }, // one that imports on demand, as the page does
  build: { outDir: '../../packages/cli/dist/page', emptyOutDir: true, target: 'es2022' },
});
