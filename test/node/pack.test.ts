/** @file The packages as they are published: packed, installed into an empty project, run and type-checked there. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const vite = join(root, 'node_modules/vite/bin/vite.js');

async function run(cwd: string, command: string, ...parameters: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, parameters, { cwd, maxBuffer: 2 ** 26 }).catch((error) => {
    throw new Error(`${command} ${parameters.join(' ')}\n${error.stdout}${error.stderr}`);
  });
  return stdout;
}

const manifestOf = async (directory: string) => JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));

/** Copies the workspace, so that building does not disturb other tests. The WebAssembly was compiled by the installation. */
async function copyWorkspace(target: string): Promise<string[]> {
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'tsconfig.base.json'])
    await cp(join(root, file), join(target, file));
  await symlink(join(root, 'node_modules'), join(target, 'node_modules'));
  const packages: string[] = [];
  for (const name of await readdir(join(root, 'packages'))) {
    if ((await manifestOf(join(root, 'packages', name))).private) continue;
    packages.push(await copyPackage(join('packages', name), target));
  }
  await copyPackage('examples/live', target);
  return packages;
}

async function copyPackage(path: string, target: string): Promise<string> {
  const [from, to] = [join(root, path), join(target, path)];
  const skipped = ['node_modules', 'dist'];
  await cp(from, to, { recursive: true, filter: (file) => !skipped.includes(basename(file)) });
  await symlink(join(from, 'node_modules'), join(to, 'node_modules'));
  return to;
}

/** An empty project with the tarballs installed. */
async function createProject(directory: string, tarballs: Record<string, string>): Promise<void> {
  await mkdir(directory, { recursive: true });
  const dependencies = Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`]));
  const manifest = { private: true, type: 'module', dependencies };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  await run(directory, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline');
}

/**
 * The milliseconds that `time` measures, in starts of Node, which tell how busy and how fast the machine is: other tests
 * run at the same time. The least busy of `times` moments count, for both.
 */
async function inStartsOfNode(times: number, time: () => Promise<number>): Promise<number> {
  const tested: number[] = [];
  const started: number[] = [];
  for (let i = 0; i < times; i++) {
    tested.push(await time());
    const start = performance.now();
    await run(root, 'node', '--eval', '');
    started.push(performance.now() - start);
  }
  return Math.min(...tested) / Math.min(...started);
}

const startProgram = `
import { setBackend } from '@fer/core';
const start = performance.now();
await setBackend('simd');
console.log(performance.now() - start);
`;

const program = `
import { availableBackends, matMul, Parameter, relu, setBackend, sum, tensor } from '@fer/core';
const results = {};
for (const backend of ['webasm', 'simd']) {
  await setBackend(backend);
  const x = tensor([[1, -2], [3, 4]]);
  const w = new Parameter(tensor([[1, 0.5], [-1, 2]]));
  const loss = sum(relu(matMul(x, w)));
  loss.backward();
  results[backend] = [await loss.item(), await w.grad.array()];
}
console.log(JSON.stringify(results)); // and the program ends by itself
`;

const dataProgram = `
import { setBackend } from '@fer/core';
import { brightness, flip, syntheticFaces } from '@fer/data';
await setBackend('cpu');
const batches = syntheticFaces({ seed: 1, count: 3, size: 8 }).map(flip()).map(brightness({ factor: 0.5 })).batch(2);
const read = async (from) => {
  const values = [];
  for await (const { images } of from.epoch(0)) values.push(...(await images.data()));
  return values;
};
console.log(JSON.stringify({ ahead: await read(batches.prefetch()), here: await read(batches) })); // and the program ends by itself
`;

const trainingProgram = `
import { ones, setBackend, tensor } from '@fer/core';
import { Dense, fit, Sequential, SGD } from '@fer/layers';
await setBackend('simd');
const train = { x: ones([4, 3]), y: tensor([0, 1, 0, 1], [4], 'int32') };
const losses = [];
for (const workers of [undefined, 2]) {
  const model = new Sequential([new Dense({ units: 2 })], { inputShape: [3] });
  const { epochs } = await fit(model, { train, epochs: 1, optimizer: new SGD({ learningRate: 0.1 }), ...(workers && { workers }) });
  losses.push(epochs[0].loss);
}
console.log(JSON.stringify(losses)); // and the program ends by itself
`;

const typedProgram = `
import { conv2d, grad, Parameter, setBackend, sum, type Tensor, tensor } from '@fer/core';
const name: 'webgpu' | 'webgl2' | 'webgl' | 'headlessgl' | 'webasm' | 'cpu' | 'simd' = await setBackend('auto');
const x: Tensor = tensor(new Float32Array(48), [1, 4, 4, 3]);
const filter = new Parameter(tensor(new Float32Array(27), [3, 3, 3, 1]));
conv2d(x, filter, { strides: 2, padding: 'same', activation: 'relu' });
const derivative: Tensor = grad((y: Tensor) => sum(y))(x);
const pixel: number = (await x.ndarray()).get(0, 1, 2, 0);
using scoped = tensor([name.length, pixel, derivative.rank]);
// @ts-expect-error there is no such padding
conv2d(x, filter, { padding: 'full' });
// @ts-expect-error a filter is needed
conv2d(x);
console.log(scoped.shape);
`;

describe('the packed packages', () => {
  let directory: string;
  let project: string;
  let tarballs: Record<string, string>;
  beforeAll(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'fer-pack-')));
    project = join(directory, 'project');
    tarballs = {};
    const workspace = join(directory, 'workspace');
    const packages = await copyWorkspace(workspace);
    await mkdir(join(workspace, 'packages/core/dist'));
    await run(workspace, 'node', 'packages/core/scripts/embed-gpujs.mjs');
    for (const source of packages) await run(source, 'node', tsc, '-p', '.');
    // after the compiler, as the command's package does it: neither may take the other's files away
    await run(workspace, 'node', vite, 'build', 'examples/live');
    for (const source of packages) {
      const packed = await run(
        source,
        'npx',
        '--yes',
        'pnpm@10',
        'pack',
        '--config.ignore-scripts=true',
        '--json',
        '--pack-destination',
        directory,
      );
      const { name, filename } = JSON.parse(packed);
      tarballs[name] = filename;
    }
    await createProject(project, tarballs);
  }, 300_000);
  afterAll(() => rm(directory, { recursive: true }));

  it('are all there', () => {
    expect(Object.keys(tarballs)).toContain('@fer/core');
  });

  it('hold what they promise: compiled code, its types and sources, and the licence', async () => {
    for (const name of Object.keys(tarballs)) {
      const files = await readdir(join(project, 'node_modules', name), { recursive: true });
      expect(files).toEqual(
        expect.arrayContaining(['package.json', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']),
      );
      expect(files.filter((file) => file.includes('test') || file.includes('assembly'))).toEqual([]);
    }
  });

  it('bring no native code', async () => {
    const files = await readdir(join(project, 'node_modules'), { recursive: true });
    expect(files.length).toBeGreaterThan(1000);
    expect(files.filter((file) => /\.(node|so|dylib|dll)$|binding\.gyp$/.test(file))).toEqual([]);
  });

  it('compute, on gpu.js and on simd', async () => {
    await writeFile(join(project, 'index.js'), program);
    const expected = [
      12.5,
      [
        [1, 3],
        [-2, 4],
      ],
    ];
    expect(JSON.parse(await run(project, 'node', 'index.js'))).toEqual({ webasm: expected, simd: expected });
  });

  it('start simd, on all threads, in at most 1.5 times what Node takes to start, some 50 ms', async () => {
    await writeFile(join(project, 'start.js'), startProgram);
    const ratio = await inStartsOfNode(20, async () => Number(await run(project, 'node', 'start.js')));
    expect(ratio).toBeLessThan(1.5);
  });

  it('classify a picture from the command line in under a second, or 20 starts of Node', async () => {
    const picture = join(root, 'test/vision/fixtures/astronaut.png');
    const ratio = await inStartsOfNode(4, async () => {
      const start = performance.now();
      const output = await run(project, 'node', 'node_modules/@fer/cli/dist/main.js', 'predict', picture, '--json');
      expect(JSON.parse(output)[0].classes).toHaveLength(3);
      return performance.now() - start;
    });
    expect(ratio).toBeLessThan(20);
  });

  it('compute batches in worker threads', async () => {
    await writeFile(join(project, 'data.js'), dataProgram);
    const { ahead, here } = JSON.parse(await run(project, 'node', 'data.js'));
    expect(ahead).toHaveLength(3 * 64);
    expect(ahead).toEqual(here);
  });

  it('train in worker threads', async () => {
    await writeFile(join(project, 'training.js'), trainingProgram);
    const [here, there] = JSON.parse(await run(project, 'node', 'training.js'));
    expect(there).toBeCloseTo(here, 6);
  });

  it.each([
    ['train', trainingProgram],
    ['read ahead', dataProgram],
  ])('%s in worker threads of a program that is given as a text', async (_, text) => {
    expect(Object.keys(JSON.parse(await run(project, 'node', '--input-type=module', '--eval', text)))).toHaveLength(2);
  });

  it('serve the live page', async () => {
    const command = spawn('node', ['node_modules/@fer/cli/dist/main.js', 'live', '--port', '0', '--json'], {
      cwd: project,
    });
    const ended = new Promise((resolve) => command.once('close', resolve));
    try {
      const output: string = await new Promise((resolve, reject) => {
        command.stdout.once('data', (data) => resolve(`${data}`));
        command.stderr.once('data', (data) => reject(new Error(`${data}`)));
      });
      const { address } = JSON.parse(output);
      const page = await (await fetch(address)).text();
      const [, script] = /<script type="module"[^>]* src="\.\/([^"]+)"/.exec(page) ?? [];
      expect((await fetch(`${address}${script}`)).status).toBe(200);
    } finally {
      command.kill('SIGINT');
    }
    expect(await ended).toBe(0);
  });

  it('have types that a strict consumer can use', async () => {
    await writeFile(join(project, 'consumer.ts'), typedProgram);
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2023,esnext.disposable,dom',
      '--types',
      '',
    ];
    await run(project, 'node', tsc, ...options, 'consumer.ts');
  });
});
