/**
 * @file What workers run: plain JavaScript in a string, because it must start from a Blob URL in browsers and from source
 * in Node, whatever a bundler did to the rest.
 */
import * as control from './control.ts';

/** Rounds in which a worker looks for the next job before it goes to sleep: some microseconds. */
const SPINS = 4000;

const work = `
(function work({ module, memory, scratch }, ready) {
  const { TICKET, FINISHED, JOB, KERNEL, ITEMS, CHUNK_ITEMS, CHUNKS, FAILURE, MAX_FAILURE, ARGUMENTS, CONTROL_WORDS } =
    ${JSON.stringify(control)};
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.setScratch(scratch);
  const kernels = Object.values(exports);
  const words = new Int32Array(memory.buffer, 0, CONTROL_WORDS);
  let job = 0;

  const report = (error) => {
    const message = String(error).slice(0, MAX_FAILURE - 1);
    if (Atomics.compareExchange(words, FAILURE, 0, message.length) !== 0) return;
    for (let i = 0; i < message.length; i++) words[FAILURE + 1 + i] = message.charCodeAt(i);
  };

  ready();
  for (;;) {
    for (let i = 0; i < ${SPINS} && Atomics.load(words, JOB) === job; i++);
    Atomics.wait(words, JOB, job);
    job = Atomics.load(words, JOB);
    for (let left = exports.claim(4 * TICKET, job); left > 0; left = exports.claim(4 * TICKET, job)) {
      const chunks = words[CHUNKS];
      const start = (chunks - left) * words[CHUNK_ITEMS];
      try {
        kernels[words[KERNEL]](4 * ARGUMENTS, start, Math.min(start + words[CHUNK_ITEMS], words[ITEMS]));
      } catch (error) {
        report(error);
      }
      if (Atomics.add(words, FINISHED, 1) + 1 === chunks) Atomics.notify(words, FINISHED);
    }
  }
})`;

export const nodeWorker = `
${work}(require('node:worker_threads').workerData, () => {});`;

export const browserWorker = `
onmessage = ({ data }) => ${work}(data, () => postMessage('ready'));`;
