/** @file In the browser: prepares both engines, compares their results, then times them by turns. */
import { values } from '../cpu/cases.ts';
import { type Case, shapesOf } from './cases.ts';
import type { Engine, Prepared } from './engine.ts';
import { ferEngine } from './fer.ts';
import { tfjsEngine } from './tfjs.ts';

export type Mode = 'webgl2' | 'webgpu';

export interface Measurement {
  /** Milliseconds, ours and theirs. */
  readonly samples: readonly [number[], number[]];
  /** The largest difference of the results, relative to the largest element. */
  readonly difference: number;
}

const WARMUPS = 3;
const MIN_ROUNDS = 9;
const MAX_ROUNDS = 60;
/** After which no more rounds than the least are made. */
const ENOUGH_MILLISECONDS = 3000;

let engines: readonly [Engine, Engine] | undefined;

/** @returns what is compared */
export async function start(mode: Mode): Promise<string[]> {
  engines = [await ferEngine(mode), await tfjsEngine(mode === 'webgl2' ? 'webgl' : mode)];
  return engines.map(({ description }) => description);
}

export async function measure(work: Case): Promise<Measurement> {
  if (!engines) throw new Error('start first');
  const shapes = shapesOf(work);
  const size = (shape: number[]) => shape.reduce((product, axis) => product * axis, 1);
  const operands = {
    first: values(size(shapes.first), 1),
    second: values(size(shapes.second), 2),
    gradient: values(size(shapes.result), 3),
  };
  const prepared = engines.map((engine) => engine.prepare(work, operands)) as [Prepared, Prepared];
  const difference = differenceOf(await prepared[0].run(), await prepared[1].run());
  for (let i = 1; i < WARMUPS; i++) for (const { run } of prepared) await run();
  const samples: [number[], number[]] = [[], []];
  const end = performance.now() + ENOUGH_MILLISECONDS;
  for (let round = 0; round < MAX_ROUNDS && (round < MIN_ROUNDS || performance.now() < end); round++) {
    for (const [i, { run }] of prepared.entries()) {
      const before = performance.now();
      await run();
      samples[i as 0 | 1].push(performance.now() - before);
    }
  }
  for (const one of prepared) one.dispose();
  return { samples, difference };
}

function differenceOf(ours: Float32Array, theirs: Float32Array): number {
  if (ours.length !== theirs.length) throw new Error(`results of ${ours.length} and ${theirs.length} elements`);
  let largest = 0;
  let scale = 0;
  ours.forEach((value, i) => {
    const expected = theirs[i] as number;
    // an element that is not a number makes the difference infinite
    const difference = Math.abs(value - expected);
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
    scale = Math.max(scale, Math.abs(expected));
  });
  return largest / scale;
}

Object.assign(globalThis, { bench: { start, measure } });
