/** @file The simd backend's worker threads: when they start and end, and what becomes of a job when one dies. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

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

  it('that end are an error of the next operator, which names the reason', async () => {
    const output = await run(`
      import threads from 'node:worker_threads';
      import { syncBuiltinESMExports } from 'node:module';
      const workers = [];
      threads.Worker = class extends threads.Worker {
        constructor(...options) { super(...options); workers.push(this); }
      };
      syncBuiltinESMExports();
      await fer.setBackend('simd', { threads: 2 });
      product();
      await workers[0].terminate();
      await new Promise((resolve) => setTimeout(resolve, 100));
      try { product(); } catch (error) { console.log(error.name, error.message); }`);
    expect(output).toMatch(/BackendError.*a worker thread ended: exit code \d/);
  });
});
