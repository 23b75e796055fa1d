/**
 * @file Compares engines in Node: `npx pnpm@10 run bench:cpu <suite> [--threads 1]`, with `all` for each suite but that of plain
 * JavaScript, which takes ten seconds and more for a step. Each engine runs in a process of its own with the same number of threads;
 * outputs are compared before anything is timed; the engines take turns, round after round, each as often the first as the others. With
 * `--only <words>` the cases whose title has these words are measured, and nothing is written.
 */
import { parseArgs } from 'node:util';
import { setBackend } from '@fer/core';
import { differenceOf, TOLERANCE } from '../statistics.ts';
import { type Case, suites, titleOf } from './cases.ts';
import { type Engine, Peer } from './peer.ts';
import { type Measured, type Row, rowsOf, rowsText, saveSuite } from './report.ts';
import { saveSummary } from './summary.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '12' },
    only: { type: 'string', default: '' },
  },
});
const { threads, only } = options;
const ROUNDS = positive('rounds', options.rounds);
positive('threads', threads);

const SLOW = 'training-javascript';
const [name = 'kernels'] = positionals;
const chosen = name === 'all' ? Object.keys(suites).filter((suite) => suite !== SLOW) : [name];
if (!chosen.every((suite) => suites[suite]))
  throw new Error(`unknown suite ${name}; there are ${Object.keys(suites).join(', ')} and all`);

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} must be a positive integer but is ${text}`);
  return value;
}

/** An engine, and what it runs if not the case that is compared. */
interface Entrant extends Engine {
  readonly work?: Case;
}

/** What training is measured by: as fast as products get with these threads, at the same time. */
const product: Case = { kind: 'matMul', size: 512 };

const entrants: Readonly<Record<string, readonly Entrant[]>> = {
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
    ...(threads === '1' ? [] : [{ file: 'fer', env: { FER_THREADS: '1' } }]),
    { file: 'jax' },
    { file: 'fer', work: product },
  ],
  [SLOW]: [{ file: 'fer' }, { file: 'tfjs', env: { TFJS_BACKEND: 'cpu' } }],
};

/** An engine that is measured. */
interface Contestant {
  readonly peer: Peer;
  readonly work: Case;
  readonly outputs: readonly Float32Array[];
  readonly difference: number;
  readonly rounds: number[][];
}

async function measure(suite: string, work: Case): Promise<Row[]> {
  const peers: Peer[] = [];
  try {
    const contestants: Contestant[] = [];
    for (const entrant of entrants[suite] ?? []) {
      const peer = await Peer.start(entrant, threads);
      peers.push(peer);
      const contestant = await prepare(peer, entrant.work ?? work, contestants);
      if (contestant) contestants.push(contestant);
      else peer.stop();
    }
    for (let round = 0; round < ROUNDS; round++) {
      const first = round % contestants.length;
      for (const one of [...contestants.slice(first), ...contestants.slice(0, first)]) await time(one, round);
    }
    const measured = contestants.map((one): Measured => ({ ...one, engine: one.peer.description }));
    return rowsOf(measured, product);
  } finally {
    for (const peer of peers) peer.stop();
  }
}

/**
 * The largest difference of losses after a step of Adam. The first one goes by each derivative's sign, so that of those near 0
 * rounding decides: of MobileNetV2 fer's plain and relaxed modules alone differ by 2e-3.
 */
const AFTER_A_STEP = 1e-2;

/** @returns undefined if the engine cannot run the case @throws Error if its outputs are not those of the first one with that case */
async function prepare(peer: Peer, work: Case, others: readonly Contestant[]): Promise<Contestant | undefined> {
  const reply = await peer.ask({ prepare: work });
  if (!('outputs' in reply && reply.outputs)) return undefined;
  const { outputs } = reply;
  const expected = others.find((one) => one.work === work)?.outputs ?? outputs;
  const differences = outputs.map((output, i) => differenceOf(output, expected[i] as Float32Array));
  const wrong = differences.find((difference, i) => !(difference < (i === 0 ? TOLERANCE : AFTER_A_STEP)));
  if (wrong !== undefined) throw new Error(`${titleOf(work)}: the output of ${peer.description} differs by ${wrong}`);
  return { peer, work, outputs, difference: Math.max(...differences), rounds: [] };
}

async function time({ peer, work, rounds }: Contestant, round: number): Promise<void> {
  const isSlow = work.kind === 'training' && peer.description.startsWith('tfjs'); // a step takes up to 20 s
  // V8 compiles a WebAssembly function again once much was done in it
  const warmup = round > 0 ? 2 : 'batch' in work && work.batch > 1 ? 8 : 60;
  const reply = await peer.ask({ time: { warmup: isSlow ? 0 : warmup, iterations: 1, milliseconds: 400 } });
  if ('samples' in reply) rounds.push(reply.samples);
}

await setBackend('auto'); // for the networks whose operations are counted
let isMeasured = false;
for (const suite of chosen) {
  const rows: Row[] = [];
  for (const work of suites[suite] ?? []) {
    if (!titleOf(work).includes(only)) continue;
    isMeasured = true;
    const measured = await measure(suite, work);
    console.log(rowsText(measured), '\n');
    rows.push(...measured);
  }
  if (only === '') saveSuite(suite, threads, options.rounds, rows);
}
if (!isMeasured) throw new Error(`no case's title has '${only}'`);
if (only === '') saveSummary(Object.keys(suites));
