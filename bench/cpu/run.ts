/**
 * @file Compares engines in Node: `npx pnpm@10 run bench:cpu <suite> [--threads 1]`, with `all` for each suite. Each engine runs in a
 * process of its own with the same number of threads; outputs are compared before anything is timed; the engines take turns,
 * round after round. With `--only <words>` the cases whose title has these words are measured, and nothing is written.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import { type Case, flopsOf, suites, titleOf } from './cases.ts';
import type { Reply, Request } from './engine.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '12' },
    only: { type: 'string' },
  },
});
const [name = 'kernels'] = positionals;
if (name !== 'all' && !suites[name])
  throw new Error(`unknown suite ${name}; there are ${Object.keys(suites).join(', ')} and all`);

/** The process of an engine, and what it runs if not the case that is compared. */
interface Entrant {
  file: string;
  env?: Record<string, string>;
  work?: Case;
}

/** What training is measured by: as fast as products get with these threads, at the same time. */
const gemm: Case = { kind: 'matMul', size: 512 };

const entrants: Record<string, Entrant[]> = {
  kernels: [{ file: 'fer' }, { file: 'tfjs' }],
  inference: [
    { file: 'fer' },
    { file: 'tfjs' },
    { file: 'tfjs', env: { TFJS_FOLDED: '1' } },
    { file: 'onnxruntime', env: { ORT_BACKEND: 'web' } },
    { file: 'onnxruntime', env: { ORT_BACKEND: 'node' } },
  ],
  training: [
    { file: 'fer' },
    // what more threads gain, by turns with one
    ...(options.threads === '1' ? [] : [{ file: 'fer', env: { FER_THREADS: '1' } }]),
    { file: 'tfjs', env: { TFJS_BACKEND: 'cpu' } },
    { file: 'jax' },
    { file: 'fer', work: gemm },
  ],
};

/** An engine's process, and its answers one after another. */
class Peer {
  description = '';
  readonly #process: ChildProcess;
  #answer: ((reply: Reply) => void) | undefined;
  readonly ready: Promise<void>;

  constructor({ file, env = {} }: Entrant) {
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
  gflops: number;
  /** How many times faster the first engine is. */
  ratio: number;
  /** Largest difference of the outputs from the first engine's, relative to the largest output. */
  difference: number;
  /** Its GFLOP/s as a part of those of `gemm`, where that is measured. */
  ofGemm?: number;
}

/** An engine that is measured. */
interface Measured {
  peer: Peer;
  work: Case;
  output: number[];
  difference: number;
  samples: number[];
}

/** The largest difference of outputs that compute the same, relative to the largest output. */
const TOLERANCE = 1e-3;

async function measure(suite: string, work: Case): Promise<Row[]> {
  const measured: Measured[] = [];
  for (const entrant of entrants[suite] ?? []) {
    const peer = new Peer(entrant);
    await peer.ready;
    const own = entrant.work ?? work;
    const reply = await peer.ask({ prepare: own });
    if (!('output' in reply && reply.output)) peer.stop();
    else {
      const { output } = reply;
      const expected = measured.find((one) => one.work === own)?.output ?? output;
      const difference = differenceOf(output, expected);
      if (!(difference < TOLERANCE))
        throw new Error(`${titleOf(own)}: the output of ${peer.description} differs by ${difference}`);
      measured.push({ peer, work: own, output, difference, samples: [] });
    }
  }
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const one of measured) await time(one, round);
  }
  for (const { peer } of measured) peer.stop();
  return rowsOf(measured);
}

async function time({ peer, work, samples }: Measured, round: number): Promise<void> {
  const isSlow = work.kind === 'training' && peer.description.startsWith('tfjs'); // a step takes up to a minute
  if (isSlow && round > 0) return;
  // V8 compiles a WebAssembly function again once much was done in it
  const warmup = round > 0 ? 2 : 'batch' in work && work.batch > 1 ? 8 : 60;
  const settings = { warmup: isSlow ? 0 : warmup, iterations: 1 };
  const reply = await peer.ask({ time: { ...settings, milliseconds: 400 } });
  if ('samples' in reply) samples.push(...reply.samples);
}

function rowsOf(measured: readonly Measured[]): Row[] {
  const rows = measured.map((one): Row => {
    const first = measured.find(({ work }) => work === one.work) as Measured;
    const quantile = quantilesOf(one.samples);
    const medianMs = quantile(0.5);
    return {
      case: titleOf(one.work),
      engine: one.peer.description,
      medianMs,
      spreadMs: [quantile(0.1), quantile(0.9)],
      samples: one.samples.length,
      gflops: flopsOf(one.work) / medianMs / 1e6,
      ratio: medianMs / quantilesOf(first.samples)(0.5),
      difference: one.difference,
    };
  });
  const peak = rows[measured.findIndex(({ work }) => work === gemm)];
  return peak ? rows.map((row) => ({ ...row, ofGemm: row.gflops / peak.gflops })) : rows;
}

function quantilesOf(samples: readonly number[]): (q: number) => number {
  const sorted = [...samples].sort((a, b) => a - b);
  return (q) => sorted[Math.floor((sorted.length - 1) * q)] as number;
}

/** Not a number where one of the outputs is none. */
function differenceOf(output: readonly number[], expected: readonly number[]): number {
  if (output.length !== expected.length) return Number.NaN;
  const largest = (numbers: readonly number[]) => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(output.map((value, i) => value - (expected[i] as number))) / largest(expected);
}

function tableOf(rows: readonly Row[]): string {
  const columns: [string, (row: Row) => string][] = [
    ['work', (row) => row.case],
    ['engine', (row) => row.engine],
    ['median ms', (row) => row.medianMs.toFixed(2)],
    ['10-90 %', (row) => row.spreadMs.map((ms) => ms.toFixed(2)).join('-')],
    ['GFLOP/s', (row) => row.gflops.toFixed(1)],
    ['fer is faster by', (row) => `${row.ratio.toFixed(2)}x`],
    ['output differs by', (row) => row.difference.toExponential(1)],
  ];
  if (rows.some(({ ofGemm }) => ofGemm !== undefined))
    columns.push(['of GEMM peak', ({ ofGemm = Number.NaN }) => `${(100 * ofGemm).toFixed(0)} %`]);
  const lines = [
    columns.map(([title]) => title),
    columns.map(() => '---'),
    ...rows.map((row) => columns.map(([, show]) => show(row))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function save(suite: string, rows: readonly Row[]): void {
  const machine = `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${options.threads} thread${options.threads === '1' ? '' : 's'}`;
  const folder = new URL('../../docs/results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const file = `cpu-${suite}-node${process.versions.node.split('.')[0]}-threads${options.threads}`;
  const command = `npx pnpm@10 --filter @fer/bench run cpu ${suite} --threads ${options.threads} --rounds ${options.rounds}`;
  const report = { machine, command, date: new Date().toISOString(), rows };
  writeFileSync(new URL(`${file}.json`, folder), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(
    new URL(`${file}.md`, folder),
    `# ${suite}\n\n${machine}. Made by \`${command}\`. GFLOP/s count what the direct algorithms compute, also where Winograd's takes their place.\n\n${tableOf(rows)}\n`,
  );
}

await setBackend('auto'); // for the networks whose operations are counted
for (const suite of name === 'all' ? Object.keys(suites) : [name]) {
  const rows: Row[] = [];
  for (const work of suites[suite] ?? []) {
    if (!titleOf(work).includes(options.only ?? '')) continue;
    const measured = await measure(suite, work);
    console.log(tableOf(measured), '\n');
    rows.push(...measured);
  }
  if (options.only === undefined) save(suite, rows);
}
