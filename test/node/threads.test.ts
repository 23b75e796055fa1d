/** @file The simd backend's worker threads: when they start and end, and what becomes of a job when one dies. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { FAILURE } from '../../packages/core/src/backend/simd/control.ts';
import { Threads } from '../../packages/core/src/backend/simd/threads.ts';

/** Keeps the workers that are started. */
const WATCH = `
  import threads from 'node:worker_threads';
  import { syncBuiltinESMExports } from 'node:module';
  const workers = [];
  threads.Worker = class extends threads.Worker {
    constructor(...options) { super(...options); workers.push(this); }
  };
  syncBuiltinESMExports();`;

/** Runs a module in a process of its own. */
async function run(program: string): Promise<string> {
  const source = `import * as fer from '@fer/core';\nconst product = () => fer.matMul(fer.ones([512, 512]), fer.ones([512, 512]));\n${program}`;
  const options = ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', source];
  const { stdout } = await promisify(execFile)('node', options, { cwd: import.meta.dirname, timeout: 60_000 });
  return stdout;
}

describe('worker threads', () => {
  it('compute what one thread computes, from the first job on', async () => {
    const output = await run(`
      const results = [];
      for (const threads of [1, 2, 5]) {
        await fer.setBackend('simd', { threads });
        const x = fer.randomNormal([300, 300], new fer.Random(1));
        results.push(fer.sum(fer.matMul(x, x)).dataSync()[0]);
      }
      console.log(new Set(results).size);`);
    expect(output).toBe('1\n');
  });

  it('do not keep a finished process alive, not even while they start', async () => {
    const begin = performance.now();
    await run(`await fer.setBackend('simd', { threads: 3 }); product();`);
    expect(performance.now() - begin).toBeLessThan(20_000);
  });

  it('sleep when there is nothing to do', async () => {
    const output = await run(`
      await fer.setBackend('simd', { threads: 2 });
      product().dataSync();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const start = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const { user, system } = process.cpuUsage(start);
      console.log((user + system) / 1e6);`);
    expect(Number(output)).toBeLessThan(0.2);
  });

  it('that end are an error of the next operator, which names the reason, until the backend is set again', async () => {
    const output = await run(`${WATCH}
      await fer.setBackend('simd', { threads: 2 });
      product();
      await workers[0].terminate();
      await new Promise((resolve) => setTimeout(resolve, 100));
      try { product(); } catch (error) { console.log(error.name, error.message); }
      await fer.setBackend('simd', { threads: 2 });
      console.log(product().dataSync()[0], workers.length);`);
    expect(output).toMatch(/BackendError.*a worker thread ended: exit code \d\n512 2\n/);
  });

  it('are as many as were asked for when the backend is chosen', async () => {
    const output = await run(`${WATCH}
      process.env.FER_BACKEND = 'auto';
      console.log(await fer.setBackend('auto', { threads: 1 }), workers.length);
      console.log(await fer.setBackend('auto', { threads: 3 }), workers.length);`);
    expect(output).toBe('simd 0\nsimd 2\n');
  });

  it('forget a failure that was told', async () => {
    // fields, as its prototype is not used
    class IdleWorker {
      unref = () => {};
      once = () => {};
    }
    const module = process.getBuiltinModule('node:worker_threads');
    vi.spyOn(module, 'Worker').mockImplementation(IdleWorker as never);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const words = new Int32Array(memory.buffer);
    let left = 0;
    const exports = {
      setScratch: () => {},
      claim: () => left--,
      // fails on the caller's thread, and as if it had on a worker's
      failing: () => {
        words[FAILURE] = 1;
        throw new Error('here');
      },
      fine: () => {},
    };
    const threads = new Threads(exports, memory, () => {});
    await threads.start([{ module: {} as WebAssembly.Module, memory, scratch: 0 }]);
    const run = (name: string) => {
      left = 2;
      threads.run(name, 2, 1);
    };
    expect(() => run('failing')).toThrow('the kernel failing failed: Error: here');
    expect(() => run('fine')).not.toThrow();
    vi.restoreAllMocks();
  });
});
