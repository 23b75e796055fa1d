/**
 * @file Puts gpu.js' browser build into dist, with its licence. As a dependency it would bring the native packages that its
 * own Node build looks for to everyone who installs fer.
 */
import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bundle = createRequire(import.meta.url).resolve('gpu.js/dist/gpu-browser.min.js');
const target = fileURLToPath(new URL('../dist/', import.meta.url));

await copyFile(bundle, join(target, 'gpu-browser.min.cjs'));
await copyFile(join(dirname(bundle), '../LICENSE'), join(target, 'gpu-browser.LICENSE'));
