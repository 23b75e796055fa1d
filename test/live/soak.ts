/** @file Uses the page as fast as it goes, and measures what grows. */
import type { CDPSession, Page, Worker } from 'playwright';
import { countRows } from './history.ts';

/** What is in use, in bytes but for tensors. */
export interface MemoryUse {
  readonly tensors: number;
  /** JavaScript's objects after a collection, of the page and of its worker. */
  readonly page: number;
  readonly worker: number;
  /** All memories of WebAssembly in the worker. */
  readonly wasm: number;
}

export interface Soak {
  readonly pictures: number;
  readonly seconds: number;
  readonly before: MemoryUse;
  readonly after: MemoryUse;
}

/** Before the page is loaded: its camera has new pictures as fast as they are taken, and its worker notes its memories. */
export async function prepareSoak(page: Page): Promise<void> {
  await page.addInitScript(() => {
    HTMLVideoElement.prototype.requestVideoFrameCallback = (next) =>
      Number(setTimeout(() => next(performance.now(), {} as VideoFrameCallbackMetadata)));
  });
  await page.route(WORKER, async (route) => {
    const response = await route.fetch();
    const { 'content-length': _, ...headers } = response.headers();
    await route.fulfill({ response, headers, body: `${NOTE_MEMORIES}\n${await response.text()}` });
  });
}

const WORKER = /\/main-[^/]*\.js$/;

const NOTE_MEMORIES = `
  globalThis.memories = [];
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(descriptor) {
      super(descriptor);
      globalThis.memories.push(this);
    }
  };`;

/** @param warmUp Pictures until everything is compiled and allocated. */
export async function soak(page: Page, warmUp: number, pictures: number): Promise<Soak> {
  const heaps = await Heaps.attach(page);
  await page.getByRole('button', { name: 'Start camera' }).click();
  const start = await rowsAfter(page, warmUp);
  const before = await measure(page, heaps);
  const begin = performance.now();
  const end = await rowsAfter(page, start + pictures);
  const seconds = (performance.now() - begin) / 1000;
  return { pictures: end - start, seconds, before, after: await measure(page, heaps) };
}

/** Waits until so many rows are stored, one a picture. @returns how many there are */
async function rowsAfter(page: Page, count: number): Promise<number> {
  for (;;) {
    const rows = await countRows(page);
    if (rows >= count) return rows;
    await page.waitForTimeout(200);
  }
}

async function measure(page: Page, heaps: Heaps): Promise<MemoryUse> {
  const [worker] = page.workers().filter((one) => WORKER.test(one.url())) as [Worker];
  const wasm = await worker.evaluate(() => {
    const { memories } = globalThis as unknown as { memories: WebAssembly.Memory[] };
    return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  });
  const tensors = Number(await page.locator('#tensors').textContent());
  return { tensors, page: await heaps.page(), worker: await heaps.worker(), wasm };
}

type Ask = (method: 'HeapProfiler.collectGarbage' | 'Runtime.getHeapUsage') => Promise<unknown>;

/** The least of several, since the page goes on: what it makes between a collection and its measurement is no growth. */
async function leastInUse(ask: Ask): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < MEASUREMENTS; i++) {
    await ask('HeapProfiler.collectGarbage');
    const { usedSize } = (await ask('Runtime.getHeapUsage')) as { usedSize: number };
    least = Math.min(least, usedSize);
  }
  return least;
}

const MEASUREMENTS = 10;

/** The heaps of a page and of the worker in which it computes, by Chromium's debugging protocol. */
class Heaps {
  #worker = '';
  #questions = 0;

  private constructor(private readonly session: CDPSession) {}

  static async attach(page: Page): Promise<Heaps> {
    const session = await page.context().newCDPSession(page);
    const heaps = new Heaps(session);
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (WORKER.test(targetInfo.url)) heaps.#worker = sessionId;
    });
    await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
    return heaps;
  }

  page(): Promise<number> {
    return leastInUse((method) => this.session.send(method));
  }

  worker(): Promise<number> {
    return leastInUse((method) => this.#askWorker(method));
  }

  #askWorker(method: string): Promise<unknown> {
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      const listen = ({ message }: { readonly message: string }) => {
        const answer = JSON.parse(message);
        if (answer.id !== id) return;
        this.session.off('Target.receivedMessageFromTarget', listen);
        if (answer.error) reject(new Error(answer.error.message));
        else resolve(answer.result);
      };
      this.session.on('Target.receivedMessageFromTarget', listen);
      const message = JSON.stringify({ id, method });
      this.session.send('Target.sendMessageToTarget', { sessionId: this.#worker, message }).catch(reject);
    });
  }
}
