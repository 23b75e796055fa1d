/** @file The live page as its users have it: built, served, with a camera that shows a face. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FER2013_CLASSES, parseHistoryCsv, parseHistoryJson } from '@fer/data';
import axe from 'axe-core';
import type { Download, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumOptions } from '../../chromium.ts';
import { LivePage } from './browser.ts';
import { FACE, SWAY, VIEW } from './camera.ts';
import { recordFilm } from './film.ts';
import { storedRows } from './history.ts';
import { prepareSoak, soak } from './soak.ts';

/**
 * Bytes that a heap may grow by in 600 pictures: code that is compiled late, and the last minute, which the page shows. A leak
 * of a face of 48x48 bytes in each would be more.
 */
const NOISE = 700_000;

describe.skipIf(!existsSync(chromiumOptions.executablePath))('the live page', () => {
  let live: LivePage;
  beforeAll(async () => {
    live = await LivePage.start();
  });
  afterAll(() => live?.stop());

  const face = (page: Page) => page.locator('#faces li').first();
  const ready = (page: Page) => page.getByText('Ready.').waitFor();
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

  async function startCamera(page: Page, session: string): Promise<void> {
    await page.getByLabel('Session', { exact: true }).fill(session);
    await button(page, 'Start camera').click();
    await face(page).waitFor();
  }

  /** Whether anything is drawn over the picture. */
  const isPainted = (page: Page) =>
    page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('#overlay');
      const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return pixels.some((value) => value > 0);
    });

  const textOf = async (download: Download) => readFile(await download.path(), 'utf8');

  async function exported(page: Page, format: 'CSV' | 'JSON'): Promise<{ name: string; text: string }> {
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, `Export ${format}`).click()]);
    return { name: download.suggestedFilename(), text: await textOf(download) };
  }

  async function deleteSession(page: Page, name: 'Delete' | 'Delete all'): Promise<void> {
    await page.locator('main').getByRole('button', { name, exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Nothing is stored yet').waitFor();
  }

  it('finds the face of a camera, tells its expression, and keeps, shows, exports, imports and deletes a history', async () => {
    const page = await live.open();
    await startCamera(page, 'A morning');
    await expect(face(page).locator('strong').textContent()).resolves.toBe('happy');
    expect(await face(page).locator('dt').allInnerTexts()).toEqual([...FER2013_CLASSES]);
    await expect.poll(() => isPainted(page)).toBe(true);
    await page.getByRole('button', { name: /^A morning/ }).waitFor();
    await button(page, 'Stop').click();
    await page.getByRole('heading', { name: 'A morning' }).waitFor();
    await page.locator('.timeline svg').waitFor();
    expect(await page.locator('.timeline svg').innerHTML()).toContain('Face 1');
    expect(await page.getByRole('row', { name: /^happy/ }).count()).toBe(1);

    const rows = await storedRows(page);
    expect(rows.length).toBeGreaterThan(5);
    for (const { session, face, box, model } of rows) {
      expect({ session, face, model }).toEqual({ session: 'A morning', face: 1, model: 'fer-net' });
      expect(Math.abs(box.x + box.width / 2 - (FACE.x + FACE.width / 2 - VIEW.x))).toBeLessThan(SWAY + 12);
      expect(Math.abs(box.y + box.height / 2 - (FACE.y + FACE.height / 2 - VIEW.y))).toBeLessThan(12);
    }
    const csv = await exported(page, 'CSV');
    const json = await exported(page, 'JSON');
    expect([csv.name, json.name]).toEqual(['A morning.csv', 'A morning.json']);
    expect(await parseHistoryCsv(csv.text)).toEqual(rows);
    expect(parseHistoryJson(json.text)).toEqual(rows);

    await page.reload();
    await page.getByRole('button', { name: /^A morning/ }).click();
    await page.locator('.timeline svg').waitFor();
    await deleteSession(page, 'Delete');
    expect(await storedRows(page)).toEqual([]);
    for (const [name, text] of [
      ['history.csv', csv.text],
      ['history.json', json.text],
    ] as const) {
      const path = join(live.folder, name);
      await writeFile(path, text);
      await page.locator('#import-file').setInputFiles(path);
      await page.locator('.timeline svg').waitFor();
      expect(await storedRows(page)).toEqual(rows);
      await deleteSession(page, 'Delete all');
      expect(await storedRows(page)).toEqual([]);
    }
    const damaged = join(live.folder, 'damaged.csv');
    await writeFile(damaged, csv.text.replace(/happy,0\.\d+/, 'happy,7'));
    await page.locator('#import-file').setInputFiles(damaged);
    await page.getByText(/line \d+, column angry: must be a number from 0 to 1/).waitFor();
    expect(await storedRows(page)).toEqual([]);
    await page.context().close();
  });

  it('starts a worker again that died, says so, and goes on with new faces', async () => {
    const page = await live.open();
    await startCamera(page, 'Twice');
    const [worker] = page.workers().filter((one) => one.url().includes('main'));
    await worker?.evaluate(() => self.close());
    await page.getByText('The worker died and was started again').waitFor();
    await expect(page.locator('#notices').textContent()).resolves.toContain('it ended without a word');
    await page.locator('#faces li', { hasText: 'Face 2' }).waitFor();
    await button(page, 'Stop').click();
    await page.locator('.timeline svg').waitFor();
    expect([...new Set((await storedRows(page)).map((row) => row.face))]).toEqual([1, 2]);
    await page.context().close();
  });

  it('looks at a picture from a file, once for each network and backend', async () => {
    const page = await live.open();
    await ready(page);
    await page.locator('#file').setInputFiles(live.picture);
    await expect(face(page).locator('strong').textContent()).resolves.toBe('happy');
    await expect(page.locator('#announcer').textContent()).resolves.toBe('Face 1: happy.');
    await page.getByLabel('Backend').selectOption('cpu');
    await page.locator('#faces li', { hasText: 'Face 2' }).waitFor();
    await expect.poll(async () => (await storedRows(page)).length).toBe(2);
    const [simd, cpu] = await storedRows(page);
    expect(cpu?.box).toEqual(simd?.box);
    for (const label of FER2013_CLASSES)
      expect(cpu?.probabilities[label]).toBeCloseTo(simd?.probabilities[label] ?? 0, 4);
    const words = join(live.folder, 'words.png');
    await writeFile(words, 'no picture at all');
    await page.locator('#file').setInputFiles(words);
    await page.getByText('finds no picture and no video in words.png').waitFor();
    await page.context().close();
  });

  it('follows the face in a video file, to its end', async () => {
    const page = await live.open();
    await ready(page);
    await page
      .locator('#file')
      .setInputFiles({ name: 'film.webm', mimeType: 'video/webm', buffer: await recordFilm(page, live.picture) });
    await expect(face(page).locator('strong').textContent()).resolves.toBe('happy');
    const hasEnded = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.ended);
    await expect.poll(hasEnded, { timeout: 20_000 }).toBe(true);
    await button(page, 'Stop').click();
    await page.locator('.timeline svg').waitFor();
    const rows = await storedRows(page);
    expect(rows.length).toBeGreaterThan(3);
    expect([...new Set(rows.map((row) => row.face))]).toEqual([1]);
    await page.context().close();
  });

  it('goes on with the camera when a video plays', async () => {
    const page = await live.open();
    await ready(page);
    await page
      .locator('#file')
      .setInputFiles({ name: 'film.webm', mimeType: 'video/webm', buffer: await recordFilm(page, live.picture) });
    await expect(face(page).locator('strong').textContent()).resolves.toBe('happy');
    await button(page, 'Start camera').click();
    const isCamera = () =>
      page.locator('video').evaluate((video: HTMLVideoElement) => video.srcObject !== null && !video.paused);
    await expect.poll(isCamera, { timeout: 20_000 }).toBe(true);
    const before = (await storedRows(page)).length;
    await expect.poll(async () => (await storedRows(page)).length, { timeout: 20_000 }).toBeGreaterThan(before);
    expect(await isCamera()).toBe(true);
    await page.context().close();
  });

  it('takes files that are dropped on it', async () => {
    const page = await live.open();
    await ready(page);
    const transfer = await page.evaluateHandle(
      (base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], 'picture.png', { type: 'image/png' }));
        return data;
      },
      await readFile(live.picture, 'base64'),
    );
    for (const event of ['dragover', 'drop'])
      await page.locator('#screen').dispatchEvent(event, { dataTransfer: transfer });
    await expect(face(page).locator('strong').textContent()).resolves.toBe('happy');
    await page.context().close();
  });

  it('says so when the browser has no room left for the history', async () => {
    const page = await live.open({}, (opened) =>
      opened.addInitScript(() => {
        IDBObjectStore.prototype.add = IDBObjectStore.prototype.put = () => {
          throw new DOMException('the disk is full', 'QuotaExceededError');
        };
      }),
    );
    await ready(page);
    await page.locator('#file').setInputFiles(live.picture);
    await expect(face(page).locator('strong').textContent()).resolves.toBe('happy');
    await page.locator('#notices', { hasText: 'the disk is full' }).waitFor();
    await page.context().close();
  });

  it('says why there is no camera, and that files still work', async () => {
    const page = await live.open({ permissions: [] });
    await button(page, 'Start camera').click();
    await page.getByText('The camera may not be used').waitFor();
    await page.getByText('Pictures and videos from files work all the same.').waitFor();
    for (const [name, title] of [
      ['NotFoundError', 'There is no camera'],
      ['NotReadableError', 'The camera is busy'],
    ] as const) {
      await page.evaluate((error) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('as it is', error));
      }, name);
      await button(page, 'Start camera').click();
      await page.getByText(title).waitFor();
    }
    await page.context().close();
  });

  it('works on a page that is not isolated, and says what that costs', async () => {
    const page = await live.open({}, (opened) =>
      opened.route('**/*', async (route) => {
        const response = await route.fetch();
        const { 'cross-origin-opener-policy': _, 'cross-origin-embedder-policy': __, ...headers } = response.headers();
        await route.fulfill({ response, headers });
      }),
    );
    await page.getByText('The page is not isolated').waitFor();
    await page.locator('#file').setInputFiles(live.picture);
    await expect(face(page).locator('strong').textContent()).resolves.toBe('happy');
    await page.context().close();
  });

  it('says what a browser lacks: WebAssembly SIMD, a database', async () => {
    const page = await live.open({}, (opened) =>
      opened.addInitScript(() => {
        WebAssembly.validate = () => false;
        IDBFactory.prototype.open = () => {
          throw new DOMException('no storage', 'SecurityError');
        };
      }),
    );
    await page.getByText('This browser has no WebAssembly SIMD').waitFor();
    await page.getByText('There is no history').waitFor();
    await page.context().close();
  });

  it('can be used by keyboard alone', async () => {
    const page = await live.open();
    const focused = () =>
      page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.id);
    const order: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['Skip to the picture', 'Start camera', 'Open picture or video', 'session']);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await face(page).waitFor();
    await page.locator('#announcer', { hasText: 'Face 1: happy.' }).waitFor({ state: 'attached' });
    expect(await focused()).toBe('Stop');
    await page.keyboard.press('Space');
    await page.locator('.timeline svg').waitFor();
    expect(await focused()).toBe('Start camera');
    await page.locator('main').getByRole('button', { name: 'Delete all' }).focus();
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Keep');
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('Delete all');
    expect((await storedRows(page)).length).toBeGreaterThan(0);
    await page.context().close();
  });

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)(
    'keeps the rules of WCAG 2.2 AA, %s and %i pixels wide, and never scrolls sideways',
    async (colorScheme, width) => {
      const page = await live.open({ colorScheme, viewport: { width, height: 900 } });
      await page.locator('#file').setInputFiles(live.picture);
      await page.getByRole('button', { name: /1 prediction/ }).click();
      await page.locator('.timeline svg').waitFor();
      const words = join(live.folder, 'words.txt');
      await writeFile(words, 'no history');
      await page.locator('#import-file').setInputFiles(words);
      await page.getByText('words.txt cannot be imported').waitFor();
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => {
        const { axe: checker } = globalThis as unknown as { axe: typeof axe };
        const found = await checker.run({ resultTypes: ['violations'] });
        return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
      });
      expect(violations).toEqual([]);
      for (const narrow of [width, 320]) {
        await page.setViewportSize({ width: narrow, height: 900 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `at ${narrow}`).toBeLessThanOrEqual(
          narrow,
        );
      }
      await page.context().close();
    },
  );

  it('does not grow with use', { timeout: 300_000 }, async () => {
    const page = await live.open({ viewport: { width: 320, height: 240 } }, prepareSoak);
    await page.getByLabel('Network').selectOption('mobi-express-net');
    const { before, after } = await soak(page, 150, 600);
    expect(after.tensors).toBe(before.tensors);
    expect(after.wasm).toBe(before.wasm);
    expect(after.page - before.page).toBeLessThan(NOISE);
    expect(after.worker - before.worker).toBeLessThan(NOISE);
    await page.context().close();
  });
});
