/** @file A worker thread of data-parallel training, seen from the outside. */
import type { Worker } from 'node:worker_threads';
import { ArgumentError, FerError, workerModule } from '@fer/core';
import type { Part, PartResult, ReplicaStart } from './messages.ts';

type Computed = Exclude<PartResult, { readonly error: string }>;

export class ReplicaWorker {
  readonly #worker: Worker;
  #reject: ((error: FerError) => void) | undefined;
  #failure: FerError | undefined;

  /** @throws ArgumentError where there are no worker threads */
  constructor(start: ReplicaStart) {
    const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
    if (!threads) throw new ArgumentError('fit', "workers are Node's worker threads, which are not here");
    const { url, execArgv } = workerModule('./replica', import.meta.url);
    this.#worker = new threads.Worker(url, { workerData: start, execArgv });
    this.#worker.unref();
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#worker.on('exit', (code) => this.#fail(`it ended with exit code ${code}`));
  }

  /** One part at a time. @throws FerError if the worker fails */
  async compute(part: Part): Promise<Computed> {
    if (this.#failure) throw this.#failure;
    this.#worker.ref();
    const buffers = [part.images, part.labels].map(({ data }) => data.buffer as ArrayBuffer);
    const result = await new Promise<PartResult>((resolve, reject) => {
      this.#reject = reject;
      this.#worker.once('message', resolve);
      this.#worker.postMessage(part, buffers);
    });
    this.#worker.unref();
    if ('error' in result) throw failure(result.error);
    return result;
  }

  #fail(reason: string): void {
    this.#failure ??= failure(reason);
    this.#reject?.(this.#failure);
  }

  dispose(): void {
    void this.#worker.terminate();
  }
}

const failure = (reason: string) => new FerError('fit', `a worker failed: ${reason}`);
