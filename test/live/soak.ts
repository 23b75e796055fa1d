/** @file Uses the page as fast as it goes, and measures what grows. */
import type { Page, Worker } from 'playwright';
import { countRows } from './history.ts';

/** What a browser must be started with to be measured. */
export const MEASURING_FLAGS = ['--js-flags=--expose-gc', '--enable-blink-features=ForceEagerMeasureMemory'] as const;

/** What is in use, in bytes but for tensors. */
export interface MemoryUse {
  readonly tensors: number;
  /** JavaScript, of the page and its workers. */
  readonly heap: number;
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
  await page.route(/\/main-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    const { 'content-length': _, ...headers } = response.headers();
    await route.fulfill({ response, headers, body: `${NOTE_MEMORIES}\n${await response.text()}` });
  });
}

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
  await page.getByRole('button', { name: 'Start camera' }).click();
  const start = await rowsAfter(page, warmUp);
  const before = await measure(page);
  const begin = performance.now();
  const end = await rowsAfter(page, start + pictures);
  const seconds = (performance.now() - begin) / 1000;
  return { pictures: end - start, seconds, before, after: await measure(page) };
}

/** Waits until so many rows are stored, one a picture. @returns how many there are */
async function rowsAfter(page: Page, count: number): Promise<number> {
  for (;;) {
    const rows = await countRows(page);
    if (rows >= count) return rows;
    await page.waitForTimeout(200);
  }
}

async function measure(page: Page): Promise<MemoryUse> {
  const [worker] = page.workers().filter((one) => /\/main-/.test(one.url())) as [Worker];
  const wasm = await worker.evaluate(() => {
    const { memories } = globalThis as unknown as { memories: WebAssembly.Memory[] };
    return memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  });
  const collect = () => (globalThis as unknown as { gc(): void }).gc();
  await Promise.all([page.evaluate(collect), worker.evaluate(collect)]);
  const heap = await page.evaluate(async () => {
    const { measureUserAgentSpecificMemory: measureMemory } = performance as unknown as {
      measureUserAgentSpecificMemory(): Promise<{ breakdown: { bytes: number; types: string[] }[] }>;
    };
    const { breakdown } = await measureMemory.call(performance);
    console.log(JSON.stringify(breakdown));
    return breakdown.filter(({ types }) => types.includes('JavaScript')).reduce((sum, { bytes }) => sum + bytes, 0);
  });
  return { tensors: Number(await page.locator('#tensors').textContent()), heap, wasm };
}
