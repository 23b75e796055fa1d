/** @file Letting the rest of the program live while training computes. */

const { setImmediate: immediately } = globalThis as { setImmediate?: (callback: () => void) => void };

/** How long signals, timers and pages wait for their turn, in milliseconds. Reading figures back stalls a GPU as rarely. */
const INTERVAL = 100;

/** Tells when it is time for others to have their turn. */
export class Pace {
  #last = performance.now();

  get isDue(): boolean {
    return performance.now() - this.#last > INTERVAL;
  }

  async turn(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (immediately) immediately(resolve);
      else setTimeout(resolve);
    });
    this.#last = performance.now();
  }
}

/** Calls this at the first Ctrl-C, in Node; a second one ends the process as usual. @returns what stops listening */
function onCtrlC(listener: () => void): () => void {
  const { process } = globalThis;
  if (typeof process?.once !== 'function') return () => {};
  process.once('SIGINT', listener);
  return () => process.off('SIGINT', listener);
}

/** Calls this at Ctrl-C or when the signal says so. @returns what stops listening */
export function onInterrupt(signal: AbortSignal | undefined, listener: () => void): () => void {
  const stopListening = onCtrlC(listener);
  signal?.addEventListener('abort', listener);
  if (signal?.aborted) listener();
  return () => {
    stopListening();
    signal?.removeEventListener('abort', listener);
  };
}
