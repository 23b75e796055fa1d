/** @file The threads that kernels run on: the caller's own and a pool of workers, which share one memory. */
import { BackendError } from '../../errors.ts';
import {
  ARGUMENTS,
  CHUNK_ITEMS,
  CHUNKS,
  CONTROL_WORDS,
  FAILURE,
  FINISHED,
  ITEMS,
  JOB,
  KERNEL,
  TICKET,
} from './control.ts';
import { browserWorker, nodeWorker } from './worker.ts';

/** Rounds in which the caller looks whether the workers are done before it goes to sleep. */
const SPINS = 4000;

/** While it waits, the caller looks after the workers that often, and gives up after so many looks without progress. */
const LOOK_MILLISECONDS = 100;
const MAX_LOOKS = 300;

export interface Kernels extends WebAssembly.Exports {
  setScratch(pointer: number): void;
  claim(ticket: number, job: number): number;
}

type Kernel = (args: number, start: number, end: number) => void;

interface Thread {
  terminate(): unknown;
}

/** What a worker needs to begin. */
interface Start {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
}

export class Threads {
  readonly #kernels: Kernel[];
  readonly #indices: Map<string, number>;
  readonly #claim: Kernels['claim'];
  readonly #words: Int32Array;
  readonly #canWait: boolean;
  #workers: Thread[] = [];
  #job = 0;
  /** Why no job can run any more. */
  #broken: string | undefined;

  /** @param onBroken Called once no job can run any more, other than by `destroy`. */
  constructor(
    exports: Kernels,
    memory: WebAssembly.Memory,
    private readonly onBroken: () => void,
  ) {
    this.#kernels = Object.values(exports) as Kernel[];
    this.#indices = new Map(Object.keys(exports).map((name, index) => [name, index]));
    this.#claim = exports.claim;
    this.#words = new Int32Array(memory.buffer, 0, CONTROL_WORDS);
    this.#canWait = canWait(this.#words);
  }

  get count(): number {
    return this.#workers.length + 1;
  }

  /**
   * Starts a worker for each of these. In Node they may still be starting when it resolves, as that takes longer than all the
   * rest: whoever is ready takes part in a job.
   */
  async start(workers: readonly Start[]): Promise<void> {
    const started = await Promise.allSettled(
      workers.map((start) => startWorker(start, (reason) => this.#break(reason))),
    );
    this.#workers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      this.destroy();
      throw new BackendError('simd', `a worker did not start: ${failed.reason}`);
    }
  }

  /**
   * Runs a kernel over all items, `chunkItems` at a time. It returns when all of them are done.
   * @throws BackendError if the kernel traps, on whatever thread, or a worker died.
   */
  run(name: string, items: number, chunkItems: number): void {
    if (this.#broken) throw new BackendError('simd', `${name}: ${this.#broken}`);
    const kernel = this.#indices.get(name) ?? -1;
    if (chunkItems >= items || this.#workers.length === 0) {
      const error = this.#call(kernel, 0, items);
      if (error) throw failure(name, error);
      return;
    }
    const chunks = Math.ceil(items / chunkItems);
    this.#publish(kernel, items, chunkItems, chunks);
    let error: unknown;
    for (let left = this.#claim(4 * TICKET, this.#job); left > 0; left = this.#claim(4 * TICKET, this.#job)) {
      const start = (chunks - left) * chunkItems;
      error ??= this.#call(kernel, start, Math.min(start + chunkItems, items));
      Atomics.add(this.#words, FINISHED, 1);
    }
    this.#join(name, chunks);
    // taken in any case: the next job must not find it
    const elsewhere = this.#takeFailure();
    error ??= elsewhere;
    if (error) throw failure(name, error);
  }

  destroy(): void {
    this.#broken = 'the backend was destroyed';
    this.#terminate();
  }

  #terminate(): void {
    for (const worker of this.#workers) void worker.terminate();
    this.#workers = [];
  }

  #break(reason: string): void {
    if (this.#broken) return;
    this.#broken = `a worker thread ended: ${reason}`;
    this.#terminate();
    this.onBroken();
  }

  #call(kernel: number, start: number, end: number): unknown {
    try {
      (this.#kernels[kernel] as Kernel)(4 * ARGUMENTS, start, end);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #publish(kernel: number, items: number, chunkItems: number, chunks: number): void {
    const words = this.#words;
    this.#job = (this.#job + 1) | 0;
    words[KERNEL] = kernel;
    words[ITEMS] = items;
    words[CHUNK_ITEMS] = chunkItems;
    words[CHUNKS] = chunks;
    Atomics.store(words, FINISHED, 0);
    // nothing is left of the last job: until the second store there is nothing to claim
    Atomics.store(words, TICKET + 1, this.#job);
    Atomics.store(words, TICKET, chunks);
    Atomics.store(words, JOB, this.#job);
    Atomics.notify(words, JOB, chunks - 1);
  }

  #join(name: string, chunks: number): void {
    for (let spins = 0; spins < SPINS; spins++) if (Atomics.load(this.#words, FINISHED) === chunks) return;
    let looks = 0;
    for (let finished = 0; ; ) {
      const now = Atomics.load(this.#words, FINISHED);
      if (now === chunks) return;
      looks = now === finished ? looks + 1 : 0;
      finished = now;
      if (looks > MAX_LOOKS) {
        this.#break(
          `${chunks - now} of ${chunks} chunks of ${name} were not done within ${(MAX_LOOKS * LOOK_MILLISECONDS) / 1000} s`,
        );
        throw new BackendError('simd', `${name}: ${this.#broken}`);
      }
      this.#wait(finished);
    }
  }

  /** Until FINISHED is no longer `value`, but not for long. */
  #wait(value: number): void {
    if (this.#canWait) {
      Atomics.wait(this.#words, FINISHED, value, LOOK_MILLISECONDS);
      return;
    }
    const end = performance.now() + LOOK_MILLISECONDS;
    while (Atomics.load(this.#words, FINISHED) === value && performance.now() < end);
  }

  #takeFailure(): string | undefined {
    const length = this.#words[FAILURE] as number;
    if (length === 0) return undefined;
    this.#words[FAILURE] = 0;
    return String.fromCharCode(...this.#words.subarray(FAILURE + 1, FAILURE + 1 + length));
  }
}

function failure(name: string, error: unknown): BackendError {
  return new BackendError('simd', `the kernel ${name} failed: ${error}`);
}

/** Browsers do not let their main thread sleep. */
function canWait(words: Int32Array): boolean {
  try {
    Atomics.wait(words, FINISHED, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** @returns the number of threads to use: of hardware threads where memory can be shared with workers, else 1. */
export function availableThreads(): number {
  const os = globalThis.process?.getBuiltinModule?.('node:os');
  if (os) return os.availableParallelism();
  return canShare() ? navigator.hardwareConcurrency : 1;
}

/** Whether workers can be given the memory. */
export function canShare(): boolean {
  return (
    Boolean(globalThis.process?.getBuiltinModule) || (globalThis.crossOriginIsolated && typeof Worker !== 'undefined')
  );
}

/** @param onEnd is told why, should the worker ever end by itself. */
async function startWorker(start: Start, onEnd: (reason: string) => void): Promise<Thread> {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  return threads ? startNodeWorker(threads, start, onEnd) : startBrowserWorker(start, onEnd);
}

function startNodeWorker(
  { Worker }: typeof import('node:worker_threads'),
  start: Start,
  onEnd: (reason: string) => void,
): Thread {
  const worker = new Worker(nodeWorker, { eval: true, workerData: start, execArgv: [] });
  worker.unref();
  worker.once('error', (error) => onEnd(error.message));
  worker.once('exit', (code) => onEnd(`exit code ${code}`));
  return worker;
}

function startBrowserWorker(start: Start, onEnd: (reason: string) => void): Promise<Thread> {
  const url = URL.createObjectURL(new Blob([browserWorker], { type: 'text/javascript' }));
  const worker = new Worker(url);
  return new Promise((resolve, reject) => {
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      worker.onerror = ({ message }) => onEnd(message);
      resolve(worker);
    };
    // what may not be loaded has no message
    worker.onerror = ({ message = "the page's Content-Security-Policy must allow `worker-src blob:`" }) =>
      reject(new Error(message));
    worker.postMessage(start);
  });
}
