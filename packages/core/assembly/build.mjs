/**
 * @file Compiles the kernels: once for every engine with SIMD and threads, once with relaxed SIMD. The modules are embedded
 * into one TypeScript file, so that they load wherever the package does, with no path and no bundler plug-in.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const baseDir = fileURLToPath(new URL('.', import.meta.url));
const target = new URL('../src/backend/simd/modules.generated.ts', import.meta.url);

/** @returns the module, in base64. */
async function compile(features) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      'index.ts',
      '--outFile',
      'simd.wasm',
      '--baseDir',
      baseDir,
      '--enable',
      features,
      '--runtime',
      'stub',
      '-O3',
      '--noAssert',
    ]
      .concat(['--converge', '--importMemory', '--sharedMemory', '--maximumMemory', '65536', '--memoryBase', '2048'])
      .concat(['--use', 'abort=', '--disableWarning', '112']),
    {
      writeFile: (_name, contents) => {
        binary = contents;
      },
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return Buffer.from(binary).toString('base64');
}

const plain = await compile('simd,threads');
const relaxed = await compile('simd,threads,relaxed-simd');
await writeFile(
  target,
  `/** @file Made by assembly/build.mjs: the kernels as WebAssembly modules, in base64. */
export const plain =
  '${plain}';
export const relaxed =
  '${relaxed}';
`,
);
