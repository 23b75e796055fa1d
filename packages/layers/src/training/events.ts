/** @file Letting the rest of the program live while training computes. */

const { setImmediate: immediately } = globalThis as { setImmediate?: (callback: () => void) => void };

/** Lets signals, timers and the page have their turn. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (immediately) immediately(resolve);
    else setTimeout(resolve);
  });
}

/** Calls this at the first Ctrl-C, in Node; a second one ends the process as usual. @returns what stops listening */
export function onInterrupt(listener: () => void): () => void {
  const { process } = globalThis;
  if (typeof process?.once !== 'function') return () => {};
  process.once('SIGINT', listener);
  return () => process.off('SIGINT', listener);
}
