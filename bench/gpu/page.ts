/** @file In the browser: prepares both engines, compares their results, then times them by turns. */
import { valuesOf } from '../networks.ts';
import { differenceOf, TOLERANCE } from '../statistics.ts';
import { type Case, isNetwork, shapesOf, titleOf } from './cases.ts';
import type { Engine, Prepared } from './engine.ts';
import { ferEngine } from './fer.ts';
import { tfjsEngine } from './tfjs.ts';

export type Mode = 'webgl2' | 'webgpu';

export interface Measurement {
  /** Milliseconds, ours and theirs. */
  readonly samples: readonly [number[], number[]];
  /** The largest difference of the results, relative to the largest element. */
  readonly difference: number;
  /** Milliseconds until the first result, from building and compiling on; ours and theirs. */
  readonly first: readonly [number, number];
}

interface Limits {
  /** Runs before any is timed, the first one and what it compiles among them. Their results are compared. */
  readonly warmups: number;
  readonly minRounds: number;
  /** After which no more rounds than the least are made. */
  readonly enoughMilliseconds: number;
}

const MAX_ROUNDS = 60;

/** The outputs of both engines. */
type Pair = [ours: Float32Array, theirs: Float32Array];

function limitsOf({ kind }: Case): Limits {
  // some engines take half a minute for one step
  if (kind === 'training') return { warmups: 2, minRounds: 3, enoughMilliseconds: 10_000 };
  if (kind === 'inference') return { warmups: 2, minRounds: 5, enoughMilliseconds: 8000 };
  return { warmups: 3, minRounds: 9, enoughMilliseconds: 3000 };
}

let engines: readonly [Engine, Engine] | undefined;

/** @returns what is compared */
export async function start(mode: Mode): Promise<string[]> {
  engines = [await ferEngine(mode), await tfjsEngine(mode === 'webgl2' ? 'webgl' : mode)];
  return engines.map(({ description }) => description);
}

export async function measure(work: Case): Promise<Measurement> {
  if (!engines) throw new Error('start first');
  const { warmups, minRounds, enoughMilliseconds } = limitsOf(work);
  const load = loadingOf(work);
  const prepared: Prepared[] = [];
  const outputs: Float32Array[] = [];
  const first: number[] = [];
  for (const engine of engines) {
    const prepare = await load(engine);
    const before = performance.now();
    const one = await prepare();
    prepared.push(one);
    outputs.push(await one.run());
    first.push(performance.now() - before);
  }
  let difference = differenceOf(...(outputs as Pair));
  for (let i = 1; i < warmups; i++) {
    const outputs: Float32Array[] = [];
    for (const { run } of prepared) outputs.push(await run());
    difference = Math.max(difference, differenceOf(...(outputs as Pair)));
  }
  if (!(difference < TOLERANCE)) throw new Error(`${titleOf(work)}: the results differ by ${difference}`);
  const samples: [number[], number[]] = [[], []];
  const end = performance.now() + enoughMilliseconds;
  for (let round = 0; round < MAX_ROUNDS && (round < minRounds || performance.now() < end); round++) {
    for (const i of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const before = performance.now();
      await prepared[i]?.run();
      samples[i].push(performance.now() - before);
    }
  }
  for (const one of prepared) one.dispose();
  return { samples, difference, first: first as [number, number] };
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
