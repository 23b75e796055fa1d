/** @file Importing the library costs next to nothing: whatever is heavy waits until a backend is chosen. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const core = join(root, 'packages/core');
const run = promisify(execFile);

/** Watches what the import does, then tells it. */
const program = (url: string) => `
import workers from 'node:worker_threads';
import { syncBuiltinESMExports } from 'node:module';
const opened = [];
workers.Worker = class { constructor() { opened.push('worker'); } };
syncBuiltinESMExports();
globalThis.Worker = workers.Worker;
globalThis.OffscreenCanvas = class { constructor() { opened.push('canvas'); } };
const gpu = { requestAdapter() { opened.push('adapter'); } };
Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
const before = process.getActiveResourcesInfo();
const start = process.cpuUsage();
const core = await import(${JSON.stringify(url)});
const end = process.cpuUsage(start);
await new Promise((later) => setTimeout(later, 20)); // for files to be closed
const resources = process.getActiveResourcesInfo();
let message;
try { core.tensor([1]); } catch (error) { message = error.message; }
const { length: operators } = Object.keys(core);
console.log(JSON.stringify({ start, end, opened, before, resources, operators, backend: core.getBackend() ?? null, message }));
`;

describe("import '@fer/core'", () => {
  let directory: string;
  beforeAll(async () => {
    // compiled as for publication, where neither gpu.js nor anything else but ndarray is installed
    directory = await realpath(await mkdtemp(join(tmpdir(), 'fer-import-')));
    await run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', core, '--outDir', directory]);
    await mkdir(join(directory, 'node_modules'));
    await symlink(await realpath(join(core, 'node_modules/ndarray')), join(directory, 'node_modules/ndarray'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const imported = async () => {
    const code = program(pathToFileURL(join(directory, 'index.js')).href);
    const { stdout } = await run('node', ['--input-type=module', '--eval', code]);
    return JSON.parse(stdout);
  };

  it('starts no worker, opens no device and does without gpu.js', async () => {
    const { opened, before, resources, operators, backend, message } = await imported();
    expect(opened).toEqual([]);
    expect(resources).toEqual(before);
    expect(operators).toBeGreaterThan(80);
    expect(backend).toBeNull();
    expect(message).toBe("backend: none is in use; call `await setBackend('auto')` first");
  });

  it('takes at most 1.5 times the processor time that Node takes to start, some 50 ms', async () => {
    const time = ({ user, system }: NodeJS.CpuUsage): number => user + system;
    const runs = [await imported(), await imported(), await imported()];
    const ratio = Math.min(...runs.map(({ end }) => time(end))) / Math.min(...runs.map(({ start }) => time(start)));
    expect(ratio).toBeLessThan(1.5); // two thirds, tried by hand
  });
});
