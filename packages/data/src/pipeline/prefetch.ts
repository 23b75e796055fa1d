/** @file Batches computed ahead of time in a pool of worker threads. */
import { BackendError, workerModule } from '@fer/core';
import type { Item } from '../dataset.ts';
import { copyPixels, pixelsOf } from '../transforms/pixels.ts';
import type { HostBatch } from './host-batch.ts';
import { type BatchPlan, compute } from './plan.ts';
import type { WorkerTask } from './worker.ts';

export interface PrefetchOptions {
  /** The number of threads: 1, unless given. */
  readonly workers?: number;
  /** How many batches are computed or wait beyond the one in use: two for each thread, unless given. */
  readonly ahead?: number;
}

/** A worker without work ends after this time. */
const IDLE_MILLISECONDS = 10_000;

interface Pool {
  run(task: WorkerTask, buffers: ArrayBuffer[]): Promise<HostBatch | undefined>;
}

/** One pool for each number of threads, shared by all data sets: a training and a validation set take turns. */
const pools = new Map<number, Promise<Pool>>();

/** The batches of these plans, in order. */
export async function* prefetched(
  plans: readonly BatchPlan[],
  { workers = 1, ahead = 2 * workers }: PrefetchOptions,
): AsyncGenerator<{ plan: BatchPlan; batch: HostBatch }, void, void> {
  const pool = await poolOf(workers);
  const queue: Promise<HostBatch | undefined>[] = [];
  let next = 0;
  for (const plan of plans) {
    while (next < plans.length && queue.length <= ahead) queue.push(start(pool, plans[next++] as BatchPlan));
    const batch = await queue.shift();
    // what fails in a worker fails here too, and then throws an error that has its class and its stack
    yield { plan, batch: batch ?? compute(plan) };
  }
}

function start(pool: Pool, plan: BatchPlan): Promise<HostBatch | undefined> {
  const { task, buffers } = packTask(plan);
  const batch = pool.run(task, buffers);
  batch.catch(() => {}); // nobody else hears of it if the epoch ends early
  return batch;
}

/** Copies the images: sending a view would send everything behind it. */
function packTask({ dataset, epoch, indices }: BatchPlan): { task: WorkerTask; buffers: ArrayBuffer[] } {
  const images = Array.from(indices, (index) => {
    const { image } = dataset.items[index] as Item;
    const data = copyPixels(pixelsOf('prefetch', image));
    return { data, shape: image.shape, index };
  });
  const transforms = dataset.transforms.flatMap(({ config }) => config ?? []);
  return { task: { images, transforms, seed: dataset.seed, epoch }, buffers: images.map(({ data }) => data.buffer) };
}

function poolOf(workers: number): Promise<Pool> {
  const known = pools.get(workers) ?? createPool(workers);
  pools.set(workers, known);
  return known;
}

async function createPool(workers: number): Promise<Pool> {
  if (!globalThis.process?.getBuiltinModule)
    throw new BackendError('prefetch', "needs Node's worker threads; without prefetch, batches are computed here");
  const { Tinypool } = await import('tinypool');
  const { url, execArgv } = workerModule('./worker', import.meta.url);
  const pool = new Tinypool({
    filename: url.href,
    minThreads: 0,
    maxThreads: workers,
    idleTimeout: IDLE_MILLISECONDS,
    execArgv,
  });
  let failure: unknown;
  pool.on('error', (error) => {
    // a worker that does not start leaves its tasks waiting: destroying the pool rejects them
    failure ??= error;
    pools.delete(workers);
    void pool.destroy();
  });
  return {
    run: (task, buffers) =>
      pool.run(task, { transferList: buffers }).catch((error) => {
        throw new BackendError('prefetch', `a worker failed: ${failure ?? error}`);
      }),
  };
}
