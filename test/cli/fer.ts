/** @file The fer command as its users run it: another process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from '@fer/cli';
import { vi } from 'vitest';

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const node = ['--conditions=source', '--import', import.meta.resolve('tsx'), program];
const env = { ...process.env, FER_BACKEND: 'simd', FER_THREADS: '1' };

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param interruptAfter Sends Ctrl-C, once, when this is found on standard error. */
export function fer(args: readonly string[], interruptAfter?: string): Promise<Outcome> {
  return outcomeOf(spawn('node', [...node, ...args], { env }), interruptAfter);
}

/** The same where no file may be larger than so many blocks of 512 or 1,024 bytes: as with a full disk, writing fails midway. */
export function ferInLittleRoom(blocks: number, args: readonly string[]): Promise<Outcome> {
  const limited = `ulimit -f ${blocks}; exec "$@"`;
  return outcomeOf(spawn('sh', ['-c', limited, 'sh', 'node', ...node, ...args], { env }));
}

function outcomeOf(child: ChildProcessWithoutNullStreams, interruptAfter?: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const [stdout, stderr]: [string[], string[]] = [[], []];
    let isInterrupted = false;
    child.stdout.on('data', (data) => stdout.push(String(data)));
    child.stderr.on('data', (data) => {
      stderr.push(String(data));
      if (interruptAfter === undefined || isInterrupted || !stderr.join('').includes(interruptAfter)) return;
      isInterrupted = true;
      child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') }));
  });
}

/** The same in this process, which is quicker: for commands that compute little. */
export async function ferHere(args: readonly string[]): Promise<Outcome> {
  const [stdout, stderr] = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(() => true),
  );
  try {
    const code = await main(['node', 'fer', ...args]);
    const text = (calls: unknown[][] = []) => calls.map(([chunk]) => chunk).join('');
    return { code, stdout: text(stdout?.mock.calls), stderr: text(stderr?.mock.calls) };
  } finally {
    vi.restoreAllMocks();
  }
}

/** A folder for the files of a test. */
export async function temporaryFolder(): Promise<{
  path: string;
  file: (name: string) => string;
  remove: () => Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'fer-cli-'));
  return { path, file: (name) => join(path, name), remove: () => rm(path, { recursive: true }) };
}
