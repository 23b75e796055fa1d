/** @file An engine's process, and its answers one after another. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Reply, Request } from './engine.ts';

/** An engine as it is started. */
export interface Engine {
  /** Its module in this folder. */
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Peer {
  #description = '';
  readonly #process: ChildProcess;
  #answer: ((reply: Reply) => void) | undefined;

  private constructor({ file, env = {} }: Engine, threads: string) {
    this.#process = fork(new URL(`${file}.ts`, import.meta.url), {
      env: { ...process.env, FER_THREADS: threads, BENCH_THREADS: threads, ...env },
      execArgv: ['--conditions=source', '--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced', // JSON has no NaN
    });
    this.#process.on('message', (reply: Reply) => this.#answer?.(reply));
    this.#process.on('exit', (code) => this.#answer?.({ error: `${file} ended with code ${code}` }));
  }

  static async start(engine: Engine, threads: string): Promise<Peer> {
    const peer = new Peer(engine, threads);
    const reply = await peer.#next();
    if ('description' in reply) peer.#description = reply.description;
    return peer;
  }

  get description(): string {
    return this.#description;
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
