/** @file Keeps a worker running: another one when it dies, or when another backend or network is asked for. */
import type { Engine, Look, Sight } from '../worker/protocol.ts';
import { Connection, type NetworkFacts, StartFailed, WorkerEnded } from './connection.ts';

export type EngineState =
  | { readonly kind: 'starting' }
  | ({ readonly kind: 'ready' } & NetworkFacts)
  /** It died, and is started again. */
  | { readonly kind: 'restarting'; readonly reason: string }
  /** It cannot run here. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Its backend runs, but something could not be loaded. */
  | { readonly kind: 'unloaded'; readonly reason: string }
  /** It died again and again, and is left alone. */
  | { readonly kind: 'given up'; readonly reason: string };

/** Faces are counted anew since the picture was taken: what was seen in it has their old numbers. */
export class Recounted extends Error {}

/** So many deaths within so many milliseconds are too many. */
const MAX_DEATHS = 4;
const DEATHS_WITHIN = 60_000;

export class EngineRunner {
  #connection: Connection | undefined;
  #deaths: number[] = [];
  #nextFace = 1;
  /** How often faces were counted anew. */
  #counts = 0;

  /** @param onState Is told what becomes of the worker. */
  constructor(private readonly onState: (state: EngineState, engine: Engine) => void) {}

  /** Ends the worker, if there is one, and starts one with this. */
  start(engine: Engine): void {
    this.#deaths = [];
    this.#run(engine, { kind: 'starting' });
  }

  /** Forgets all faces, and gives new ones numbers from here: those that no face had, unless given. */
  follow(face = this.#nextFace): void {
    this.#nextFace = face;
    this.#counts++;
    this.#connection?.follow(face);
  }

  /** Whether there is a worker, or will be soon. */
  get isRunning(): boolean {
    return this.#connection !== undefined;
  }

  /** Gives the picture away, once there is a worker. One at a time. @throws WorkerRefused, WorkerEnded, Recounted */
  async look(picture: ImageBitmap, look: Look): Promise<Sight> {
    const connection = this.#connection;
    if (!connection) throw new WorkerEnded('there is no worker');
    await connection.ready;
    const counts = this.#counts;
    const sight = await connection.look(picture, look);
    if (counts !== this.#counts) throw new Recounted('faces have other numbers by now');
    for (const { face } of sight.faces) this.#nextFace = Math.max(this.#nextFace, face + 1);
    return sight;
  }

  #run(engine: Engine, state: EngineState): void {
    this.#connection?.close();
    const connection = new Connection(engine, (reason) => this.#died(engine, reason));
    this.#connection = connection;
    this.onState(state, engine);
    connection.ready.then(
      (facts) => {
        connection.follow(this.#nextFace);
        this.onState({ kind: 'ready', ...facts }, engine);
      },
      (error: Error) => {
        if (error instanceof StartFailed) this.#stop(engine, { kind: error.kind, reason: error.message });
      },
    );
  }

  #died(engine: Engine, reason: string): void {
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((time) => now - time < DEATHS_WITHIN), now];
    if (this.#deaths.length < MAX_DEATHS) this.#run(engine, { kind: 'restarting', reason });
    else this.#stop(engine, { kind: 'given up', reason });
  }

  #stop(engine: Engine, state: EngineState): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.onState(state, engine);
  }
}
