/**
 * @file Compares engines in Node: `pnpm bench:cpu <suite> [--threads 1]`. Each engine runs in a process of its own with the
 * same number of threads; outputs are compared before anything is timed; the engines take turns, round after round. With
 * `--only <words>` the cases whose title has these words are measured, and nothing is written.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Case, networkOf, suites, titleOf } from './cases.ts';
import type { Reply, Request } from './engine.ts';
import { macs } from './networks.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    out: { type: 'string' },
    only: { type: 'string' },
  },
});
const [suite = 'kernels'] = positionals;
const cases = suites[suite];
if (!cases) throw new Error(`unknown suite ${suite}; there are ${Object.keys(suites).join(', ')}`);

const engines: Record<string, { file: string; env?: Record<string, string> }[]> = {
  kernels: [{ file: 'fer' }, { file: 'tfjs' }],
  inference: [
    { file: 'fer' },
    { file: 'tfjs' },
    { file: 'tfjs', env: { TFJS_FOLDED: '1' } },
    { file: 'onnxruntime', env: { ORT_BACKEND: 'web' } },
    { file: 'onnxruntime', env: { ORT_BACKEND: 'node' } },
  ],
  training: [{ file: 'fer' }, { file: 'tfjs', env: { TFJS_BACKEND: 'cpu' } }, { file: 'jax' }],
};

/** An engine's process, and its answers one after another. */
class Peer {
  description = '';
  readonly #process: ChildProcess;
  #answer: ((reply: Reply) => void) | undefined;
  readonly ready: Promise<void>;

  constructor({ file, env = {} }: { file: string; env?: Record<string, string> }) {
    const threads = { FER_THREADS: options.threads, BENCH_THREADS: options.threads };
    this.#process = fork(new URL(`${file}.ts`, import.meta.url), {
      env: { ...process.env, ...threads, ...env },
      execArgv: ['--conditions=source', '--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (reply: Reply) => this.#answer?.(reply));
    this.#process.on('exit', (code) => this.#answer?.({ error: `${file} ended with code ${code}` }));
    this.ready = this.#next().then((reply) => {
      if ('description' in reply) this.description = reply.description;
    });
  }

  #next(): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#answer = (reply) => ('error' in reply ? reject(new Error(reply.error)) : resolve(reply));
    });
  }

  ask(request: Request): Promise<Reply> {
    const reply = this.#next();
    this.#process.send(request);
    return reply;
  }

  stop(): void {
    this.#answer = undefined;
    this.#process.kill();
  }
}

interface Row {
  case: string;
  engine: string;
  medianMs: number;
  spreadMs: [number, number];
  samples: number;
  /** How many times faster the first engine is. */
  ratio: number;
  /** Largest difference of the outputs from the first engine's, relative to the largest output. */
  difference: number;
  gflops: number;
}

async function measure(work: Case): Promise<Row[]> {
  const peers: { peer: Peer; output: number[]; samples: number[] }[] = [];
  for (const engine of engines[suite] ?? []) {
    const peer = new Peer(engine);
    await peer.ready;
    const reply = await peer.ask({ prepare: work, seed: 1 });
    if ('output' in reply && reply.output) peers.push({ peer, output: reply.output, samples: [] });
    else peer.stop();
  }
  const slow = (peer: Peer) => work.kind === 'training' && peer.description.startsWith('tfjs');
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const { peer, samples } of peers) {
      if (slow(peer) && round > 0) continue; // one step takes up to a minute
      const warmup = slow(peer) ? 0 : round === 0 ? 60 : 2;
      const reply = await peer.ask({
        time: {
          warmup: work.kind === 'training' ? Math.min(warmup, 5) : warmup,
          milliseconds: 400,
          iterations: slow(peer) ? 1 : 3,
        },
      });
      if ('samples' in reply) samples.push(...reply.samples);
    }
  }
  for (const { peer } of peers) peer.stop();
  return rowsOf(work, peers);
}

function rowsOf(work: Case, peers: { peer: Peer; output: number[]; samples: number[] }[]): Row[] {
  const [first] = peers;
  if (!first) return [];
  const medianOf = (samples: number[]) => [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] as number;
  return peers.map(({ peer, output, samples }) => {
    const sorted = [...samples].sort((a, b) => a - b);
    const quantile = (q: number) => sorted[Math.floor((sorted.length - 1) * q)] as number;
    const scale = first.output.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const difference =
      first.output.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (output[i] as number))), 0) / scale;
    const medianMs = medianOf(samples);
    return {
      case: titleOf(work),
      engine: peer.description,
      medianMs,
      spreadMs: [quantile(0.1), quantile(0.9)],
      samples: samples.length,
      ratio: medianMs / medianOf(first.samples),
      difference,
      gflops: flopsOf(work) / medianMs / 1e6,
    };
  });
}

function flopsOf(work: Case): number {
  if (work.kind === 'matMul') return 2 * work.size ** 3;
  if (work.kind === 'inference' || work.kind === 'training') {
    // the two derivatives of a product cost as much as the product each
    return 2 * macs(networkOf(work.network)) * work.batch * (work.kind === 'training' ? 3 : 1);
  }
  const [batch, height, width, channels] = work.input;
  const pixels = (batch * height * width) / work.strides ** 2;
  return 2 * pixels * channels * (work.kind === 'depthwise' ? 9 : work.kernelSize ** 2 * work.filters);
}

function tableOf(rows: Row[]): string {
  const lines = rows.map(({ case: title, engine, medianMs, spreadMs, ratio, difference, gflops }) =>
    [
      title,
      engine,
      medianMs.toFixed(2),
      spreadMs.map((ms) => ms.toFixed(2)).join('-'),
      gflops.toFixed(1),
      `${ratio.toFixed(2)}x`,
      difference.toExponential(1),
    ].join(' | '),
  );
  const head = 'work | engine | median ms | 10-90 % | GFLOP/s | fer is faster by | output differs by';
  return [head, head.replace(/[^|]+/g, '---'), ...lines].map((line) => `| ${line} |`).join('\n');
}

const rows: Row[] = [];
for (const work of cases.filter((work) => titleOf(work).includes(options.only ?? ''))) {
  const measured = await measure(work);
  console.log(tableOf(measured), '\n');
  rows.push(...measured);
}
if (options.only === undefined) save(rows);

function save(rows: Row[]): void {
  const machine = `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${options.threads} thread${options.threads === '1' ? '' : 's'}`;
  const folder = new URL('../../docs/results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const name = options.out ?? `cpu-${suite}-node${process.versions.node.split('.')[0]}-threads${options.threads}`;
  const command = `pnpm --filter @fer/bench run cpu ${suite} --threads ${options.threads}`;
  writeFileSync(
    new URL(`${name}.json`, folder),
    `${JSON.stringify({ machine, command, date: new Date().toISOString(), rows }, null, 2)}\n`,
  );
  writeFileSync(
    new URL(`${name}.md`, folder),
    `# ${suite}\n\n${machine}. Made by \`${command}\`.\n\n${tableOf(rows)}\n`,
  );
}
