/** @file In the browser: prepares both engines, compares their results, then times them by turns. */
import { valuesOf } from '../networks.ts';
import { differenceOf, TOLERANCE } from '../statistics.ts';
import { type Case, isNetwork, shapesOf, titleOf } from './cases.ts';
import type { Engine, Prepared } from './engine.ts';
import { ferEngine } from './fer.ts';
import { tfjsEngine } from './tfjs.ts';

export type Mode = 'webgl2' | 'webgpu';

/** Of both engines. */
type Pair<T> = readonly [ours: T, theirs: T];

export interface Measurement {
  /** Milliseconds. */
  readonly samples: Pair<number[]>;
  /** The largest difference of the results, relative to the largest element. */
  readonly difference: number;
  /** Milliseconds until the first result, from building and compiling on. */
  readonly first: Pair<number>;
}

interface Limits {
  /** Runs before any is timed, the first one and what it compiles among them. Their results are compared. */
  readonly warmups: number;
  readonly minRounds: number;
  /** After which no more rounds than the least are made. */
  readonly enoughMilliseconds: number;
}

const MAX_ROUNDS = 60;

function limitsOf({ kind }: Case): Limits {
  // some engines take half a minute for one step
  if (kind === 'training') return { warmups: 2, minRounds: 3, enoughMilliseconds: 10_000 };
  if (kind === 'inference') return { warmups: 2, minRounds: 5, enoughMilliseconds: 8000 };
  return { warmups: 3, minRounds: 9, enoughMilliseconds: 3000 };
}

let engines: Pair<Engine> | undefined;

/** @returns what is compared */
export async function start(mode: Mode): Promise<string[]> {
  engines = [await ferEngine(mode), await tfjsEngine(mode === 'webgl2' ? 'webgl' : mode)];
  return engines.map(({ description }) => description);
}

export async function measure(work: Case): Promise<Measurement> {
  const { warmups, ...limits } = limitsOf(work);
  const { prepared, outputs, first } = await prepareBoth(work);
  let difference = differenceOf(...outputs);
  for (let i = 1; i < warmups; i++) difference = Math.max(difference, differenceOf(...(await runBoth(prepared))));
  if (!(difference < TOLERANCE)) throw new Error(`${titleOf(work)}: the results differ by ${difference}`);
  const samples = await timeByTurns(prepared, limits);
  for (const one of prepared) one.dispose();
  return { samples, difference, first };
}

interface Both {
  readonly prepared: Pair<Prepared>;
  /** Of the first run. */
  readonly outputs: Pair<Float32Array>;
  readonly first: Pair<number>;
}

async function prepareBoth(work: Case): Promise<Both> {
  if (!engines) throw new Error('start first');
  const load = loadingOf(work);
  const one = async (engine: Engine) => {
    const prepare = await load(engine);
    const before = performance.now();
    const prepared = await prepare();
    const output = await prepared.run();
    return { prepared, output, first: performance.now() - before };
  };
  const [ours, theirs] = [await one(engines[0]), await one(engines[1])];
  return {
    prepared: [ours.prepared, theirs.prepared],
    outputs: [ours.output, theirs.output],
    first: [ours.first, theirs.first],
  };
}

const runBoth = async ([ours, theirs]: Pair<Prepared>): Promise<Pair<Float32Array>> => [
  await ours.run(),
  await theirs.run(),
];

async function timeByTurns(
  prepared: Pair<Prepared>,
  { minRounds, enoughMilliseconds }: Omit<Limits, 'warmups'>,
): Promise<Pair<number[]>> {
  const samples: Pair<number[]> = [[], []];
  const end = performance.now() + enoughMilliseconds;
  for (let round = 0; round < MAX_ROUNDS && (round < minRounds || performance.now() < end); round++) {
    for (const i of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const before = performance.now();
      await prepared[i].run();
      samples[i].push(performance.now() - before);
    }
  }
  return samples;
}

/** What brings a case to an engine, the same to each. */
function loadingOf(work: Case): (engine: Engine) => Promise<() => Promise<Prepared>> {
  if (isNetwork(work)) return (engine) => engine.networkLoader(work);
  const shapes = shapesOf(work);
  const operands = {
    first: valuesOf(shapes.first, 1).data,
    second: valuesOf(shapes.second, 2).data,
    gradient: valuesOf(shapes.result, 3).data,
  };
  return async (engine) => async () => engine.prepare(work, operands);
}

Object.assign(globalThis, { bench: { start, measure } });
