/** @file Compiles the kernel, and embeds it into a TypeScript file, as packages/core/assembly/build.mjs does. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const baseDir = fileURLToPath(new URL('.', import.meta.url));
const target = new URL('../src/kernel.generated.ts', import.meta.url);

/** What browsers compile on a page's own thread without waiting. */
const MAX_BYTES = 4096;

let binary;
const { error, stderr } = await asc.main(
  ['index.ts', '--outFile', 'kernel.wasm', '--baseDir', baseDir, '--enable', 'simd', '--runtime', 'stub', '-O3'].concat(
    ['--noAssert', '--converge', '--importMemory', '--use', 'abort='],
  ),
  {
    writeFile: (_name, contents) => {
      binary = contents;
    },
  },
);
if (error) throw new Error(`${error.message}\n${stderr}`);
if (binary.length > MAX_BYTES) throw new Error(`the kernel has ${binary.length} bytes of at most ${MAX_BYTES}`);
await writeFile(
  target,
  `/** @file Made by assembly/build.mjs: the kernel as a WebAssembly module, in base64. */
export const kernel =
  '${Buffer.from(binary).toString('base64')}';
`,
);
