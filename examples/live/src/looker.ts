/** @file Shows the worker the newest picture of a source: one at a time, and none that a newer one has replaced. */
import { WorkerEnded } from './engine/connection.ts';
import { type EngineRunner, Recounted } from './engine/runner.ts';
import { grab, minSizeOf, type Source } from './sources/source.ts';
import type { Sight } from './worker/protocol.ts';

export interface Viewer {
  /** In seconds. */
  smoothing(): number;
  seen(sight: Sight, source: Source): void;
  failed(error: unknown): void;
}

export class Looker {
  #source: Source | undefined;
  #isNew = false;
  #isLooking = false;

  constructor(
    private readonly engine: EngineRunner,
    private readonly viewer: Viewer,
  ) {}

  /** Looks at this source from now on, until `stop`. */
  watch(source: Source): void {
    this.stop();
    this.#source = source;
    source.watch(() => this.#look());
  }

  stop(): void {
    this.#source?.stop();
    this.#source = undefined;
  }

  /** There is another worker, which may see something else in the old picture; what waits for a worker gets it anyway. */
  lookAgain(): void {
    if (!this.#isLooking) this.#look();
  }

  #look(): void {
    this.#isNew = true;
    if (!this.#isLooking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isLooking = true;
    while (this.#isNew && this.#source && this.engine.isRunning) {
      this.#isNew = false;
      const source = this.#source;
      try {
        const sight = await this.#lookAt(source);
        if (source === this.#source) this.viewer.seen(sight, source);
      } catch (error) {
        // what a dead worker was looking at is looked at again, by the next one; so is what has old numbers
        if (error instanceof WorkerEnded || error instanceof Recounted) this.#isNew = true;
        else if (source === this.#source) this.viewer.failed(error);
      }
    }
    this.#isLooking = false;
  }

  async #lookAt(source: Source): Promise<Sight> {
    const time = Date.now();
    const still = isStill(source);
    const picture = await grab(source);
    const minSize = minSizeOf(source, picture);
    try {
      return await this.engine.look(picture, { time, minSize, smoothing: this.viewer.smoothing(), still });
    } finally {
      picture.close(); // it is still here if it could not be given away
    }
  }
}

/** Whether no other picture will follow this one soon: a video may be paused. */
const isStill = ({ element }: Source): boolean => !('paused' in element) || element.paused;
