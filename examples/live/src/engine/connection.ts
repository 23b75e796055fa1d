/** @file One worker, from its start to its end. */
import type { Engine, Look, Reply, Request, Sight } from '../worker/protocol.ts';

/** What a network says of itself. */
export interface NetworkFacts {
  readonly labels: readonly string[];
  /** What it was trained on, how well it does and what it must not be used for: Markdown. */
  readonly card: string;
}

/** The worker is gone, and with it whatever it was asked. */
export class WorkerEnded extends Error {}

/** The worker ended at its start: its backend cannot run here, or something could not be loaded. */
export class StartFailed extends WorkerEnded {
  constructor(
    readonly kind: 'refused' | 'unloaded',
    reason: string,
  ) {
    super(reason);
  }
}

/** The worker runs, but cannot do what it was asked. */
export class WorkerRefused extends Error {}

/** Milliseconds after which a worker without an answer is taken for dead: compiling for a GPU takes a while. */
const START_PATIENCE = 60_000;
const PATIENCE = 15_000;

interface Question {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

export class Connection {
  readonly ready: Promise<NetworkFacts>;
  readonly #worker = new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' });
  /** The one that has no answer yet. */
  #question: Question | undefined;
  #isOpen = true;

  /** @param onEnd Is told why, should the worker end by itself. */
  constructor(
    engine: Engine,
    private readonly onEnd: (reason: string) => void,
  ) {
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#question?.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(event.message || 'its program cannot be loaded');
    };
    this.ready = this.#start(engine);
  }

  /** Gives the picture away. One at a time. @throws WorkerRefused, WorkerEnded */
  async look(picture: ImageBitmap, look: Look): Promise<Sight> {
    const reply = await this.#ask({ kind: 'picture', picture, look }, PATIENCE, [picture]);
    if (reply.kind === 'sight') return reply.sight;
    if (reply.kind !== 'blind') throw new WorkerRefused(reply.kind);
    if (!reply.isLast) throw new WorkerRefused(reply.reason);
    this.#end(reply.reason);
    throw new WorkerEnded(reply.reason);
  }

  /** Forgets all faces, and gives new ones numbers from here. */
  follow(face: number): void {
    this.#worker.postMessage({ kind: 'follow', face } satisfies Request);
  }

  close(): void {
    this.#isOpen = false;
    this.#worker.terminate();
    this.#question?.reject(new WorkerEnded('the worker was ended'));
  }

  async #start(engine: Engine): Promise<NetworkFacts> {
    const lock = `fer worker ${crypto.randomUUID()}`;
    const reply = await this.#ask({ kind: 'start', lock, ...engine }, START_PATIENCE);
    if (reply.kind === 'refused' || reply.kind === 'unloaded') throw new StartFailed(reply.kind, reply.reason);
    if (reply.kind !== 'ready') throw new StartFailed('refused', reply.kind);
    // the worker holds the lock for as long as it lives
    void navigator.locks.request(lock, () => this.#end('it ended without a word'));
    return { labels: reply.labels, card: reply.card };
  }

  async #ask(request: Request, patience: number, transfer: Transferable[] = []): Promise<Reply> {
    if (!this.#isOpen) throw new WorkerEnded('the worker is gone');
    const watchdog = setTimeout(() => this.#end(`no answer for ${patience / 1000} seconds`), patience);
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#question = { resolve, reject };
        this.#worker.postMessage(request, transfer);
      });
    } finally {
      clearTimeout(watchdog);
      this.#question = undefined;
    }
  }

  #end(reason: string): void {
    if (!this.#isOpen) return;
    this.close();
    this.onEnd(reason);
  }
}
