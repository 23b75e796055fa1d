/** @file The live page when things come late, twice, or not at all. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumOptions } from '../../chromium.ts';
import { LivePage } from './browser.ts';
import { recordFilm } from './film.ts';
import { storedRows } from './history.ts';

/** What the pages of these tests keep in their global scope. */
interface Camera {
  grant?: () => void;
  readonly tracks: MediaStreamTrack[];
}

/** The contexts in which a worker computes. */
interface Contexts {
  readonly contexts: WebGL2RenderingContext[];
}

const WORKER = /\/main-[^/]*\.js$/;

const NOTE_CONTEXTS = `
  globalThis.contexts = [];
  const getContext = OffscreenCanvas.prototype.getContext;
  OffscreenCanvas.prototype.getContext = function (kind, ...options) {
    const context = getContext.call(this, kind, ...options);
    if (context && kind !== '2d') globalThis.contexts.push(context);
    return context;
  };`;

describe.skipIf(!existsSync(chromiumOptions.executablePath))('the live page in trouble', () => {
  let live: LivePage;
  beforeAll(async () => {
    live = await LivePage.start();
  });
  afterAll(() => live?.stop());

  const faces = (page: Page) => page.locator('#faces li');
  const ready = (page: Page) => page.locator('#engine-state', { hasText: 'Ready.' }).waitFor();
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const notices = (page: Page) => page.locator('#notices');

  async function enterSession(page: Page, name: string): Promise<void> {
    await page.getByLabel('Session', { exact: true }).fill(name);
    await page.getByLabel('Session', { exact: true }).blur();
  }

  /** A page whose camera waits to be granted. */
  const openWithSlowCamera = () =>
    live.open({}, (page) =>
      page.addInitScript(() => {
        const camera = Object.assign(globalThis as unknown as Camera, { tracks: [] as MediaStreamTrack[] });
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async (constraints) => {
          await new Promise<void>((resolve) => {
            camera.grant = resolve;
          });
          const stream = await ask(constraints);
          camera.tracks.push(...stream.getTracks());
          return stream;
        };
      }),
    );

  /** @returns what became of the camera's tracks */
  async function grant(page: Page): Promise<string[]> {
    const states = () =>
      page.evaluate(() => (globalThis as unknown as Camera).tracks.map(({ readyState }) => readyState));
    await page.evaluate(() => (globalThis as unknown as Camera).grant?.());
    await expect.poll(async () => (await states()).length).toBe(1);
    await page.waitForTimeout(500);
    return states();
  }

  const videoOf = (page: Page) =>
    page.locator('video').evaluate((video: HTMLVideoElement) => ({
      isCamera: video.srcObject !== null,
      isFile: video.src !== '',
      hasStopped: video.paused && !video.ended,
    }));

  /** Drops files on the page, one at once after the other. */
  async function drop(page: Page, files: readonly { readonly type: string; readonly bytes: Buffer }[]): Promise<void> {
    const given = files.map(({ type, bytes }) => ({ type, base64: bytes.toString('base64') }));
    await page.evaluate((items) => {
      for (const { type, base64 } of items) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], 'dropped', { type }));
        document.querySelector('#screen')?.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }));
      }
    }, given);
  }

  it('lets go of a camera at once that is granted after Stop', async () => {
    const page = await openWithSlowCamera();
    await page.locator('#file').setInputFiles(live.picture);
    await button(page, 'Start camera').click();
    await button(page, 'Stop').click();
    expect(await button(page, 'Start camera').isEnabled()).toBe(true);
    expect(await grant(page)).toEqual(['ended']);
    expect((await videoOf(page)).isCamera).toBe(false);
    expect(await page.locator('#welcome').isVisible()).toBe(true);
    await page.context().close();
  });

  it('goes on with a video that was opened before the camera was granted', async () => {
    const page = await openWithSlowCamera();
    const buffer = await recordFilm(page, live.picture);
    await button(page, 'Start camera').click();
    await page.locator('#file').setInputFiles({ name: 'film.webm', mimeType: 'video/webm', buffer });
    await page.locator('video').waitFor();
    expect(await grant(page)).toEqual(['ended']);
    expect(await videoOf(page)).toEqual({ isCamera: false, isFile: true, hasStopped: false });
    await faces(page).first().waitFor();
    expect(await notices(page).textContent()).toBe('');
    await page.context().close();
  });

  it('shows the file that was opened last, of two', async () => {
    const page = await live.open();
    await ready(page);
    const picture = { type: 'image/png', bytes: await readFile(live.picture) };
    const film = { type: 'video/webm', bytes: await recordFilm(page, live.picture) };
    for (const [first, last, shown] of [
      [picture, picture, '#picture'],
      [film, film, '#video'],
      [film, picture, '#picture'],
      [picture, film, '#video'],
    ] as const) {
      await drop(page, [first, last]);
      await page.locator(shown).waitFor();
      await faces(page).first().waitFor();
      await page.waitForTimeout(300);
      expect(await page.locator(shown).isVisible()).toBe(true);
      expect(await notices(page).textContent()).toBe('');
      await button(page, 'Stop').click();
    }
    await page.context().close();
  });

  it('starts another worker when the GPU loses its context', async () => {
    const page = await live.open({}, (opened) =>
      opened.route(WORKER, async (route) => {
        const response = await route.fetch();
        const { 'content-length': _, ...headers } = response.headers();
        await route.fulfill({ response, headers, body: `${NOTE_CONTEXTS}\n${await response.text()}` });
      }),
    );
    await ready(page);
    await page.getByLabel('Backend').selectOption('webgl2');
    await ready(page);
    await page.locator('#file').setInputFiles(live.picture);
    await faces(page).first().waitFor();
    const worker = page.workers().findLast((one) => WORKER.test(one.url())); // the first one ended
    const lost = await worker?.evaluate(() => {
      const { contexts } = globalThis as unknown as Contexts;
      for (const context of contexts) context.getExtension('WEBGL_lose_context')?.loseContext();
      return contexts.length;
    });
    expect(lost).toBeGreaterThan(0);
    await page.locator('#file').setInputFiles(live.picture);
    await page.getByText('The worker died and was started again').waitFor();
    expect(await notices(page).textContent()).toContain('the WebGL context was lost');
    await page.locator('#faces li', { hasText: 'Face 2' }).waitFor();
    await page.context().close();
  });

  it('keeps the backend when a network cannot be loaded, and tries again when asked to', async () => {
    const page = await live.open();
    await ready(page);
    const backends = await page.locator('#backend option').allInnerTexts();
    await page.context().route(/mobi-express-net.*safetensors/, (route) => route.abort());
    await page.getByLabel('Network').selectOption('mobi-express-net');
    await page.getByText('The network mobi-express-net could not be loaded').waitFor();
    expect(await page.locator('#backend option').allInnerTexts()).toEqual(backends);
    await page.context().unroute(/mobi-express-net.*safetensors/);
    await page.locator('#file').setInputFiles(live.picture);
    await button(page, 'Try again').click();
    await faces(page).first().waitFor();
    expect(await notices(page).textContent()).toBe('');
    await page.context().close();
  });

  it('gives a face a number of the session to which it is stored', async () => {
    const page = await live.open();
    await ready(page);
    await enterSession(page, 'A');
    await button(page, 'Start camera').click();
    const faceOf = { A: 1, B: 1, C: 1 };
    await faces(page).first().waitFor();
    for (const session of ['B', 'C']) {
      await page
        .getByRole('button', { name: /predictions?$/ })
        .first()
        .waitFor();
      await enterSession(page, session);
      await expect
        .poll(async () => (await storedRows(page)).some((row) => row.session === session), { timeout: 20_000 })
        .toBe(true);
    }
    const rows = await storedRows(page);
    expect(Object.fromEntries(rows.map(({ session, face }) => [session, face]))).toEqual(faceOf);
    expect(rows.every(({ face }) => face === 1)).toBe(true);
    await page.context().close();
  });

  it('keeps the shape of a picture that turns', async () => {
    const page = await live.open({}, (opened) =>
      opened.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = async () => {
          const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240, id: 'phone' });
          document.body.append(canvas);
          setInterval(() => canvas.getContext('2d')?.fillRect(0, 0, 400, 400), 50);
          return canvas.captureStream();
        };
      }),
    );
    const ratio = () =>
      page.locator('#screen').evaluate((screen: HTMLElement) => Number(screen.style.getPropertyValue('--ratio')));
    await button(page, 'Start camera').click();
    await button(page, 'Stop').waitFor();
    expect(await ratio()).toBeCloseTo(4 / 3, 6);
    await page.locator('#phone').evaluate((canvas: HTMLCanvasElement) => {
      [canvas.width, canvas.height] = [240, 320];
    });
    await expect.poll(ratio).toBeCloseTo(3 / 4, 6);
    await page.context().close();
  });

  it('finds the face of a paused video with another network', async () => {
    const page = await live.open();
    await ready(page);
    const buffer = await recordFilm(page, live.picture);
    await page.locator('#file').setInputFiles({ name: 'film.webm', mimeType: 'video/webm', buffer });
    await faces(page).first().waitFor();
    await page.locator('video').evaluate((video: HTMLVideoElement) => video.pause());
    await page.getByLabel('Network').selectOption('mobi-express-net');
    await page.locator('#faces li', { hasText: 'Face 2' }).waitFor();
    await page.context().close();
  });

  it('says so when a video has sound alone', async () => {
    const page = await live.open();
    const base64 = await page.evaluate(async () => {
      const audio = new AudioContext();
      const [tone, target] = [audio.createOscillator(), audio.createMediaStreamDestination()];
      tone.connect(target);
      tone.start();
      const recorder = new MediaRecorder(target.stream, { mimeType: 'audio/webm' });
      const recorded = new Promise<Blob>((resolve) => {
        recorder.ondataavailable = ({ data }) => resolve(data);
      });
      recorder.start();
      setTimeout(() => recorder.stop(), 1000);
      return btoa(String.fromCharCode(...new Uint8Array(await (await recorded).arrayBuffer())));
    });
    const buffer = Buffer.from(base64, 'base64');
    await page.locator('#file').setInputFiles({ name: 'sound.webm', mimeType: 'video/webm', buffer });
    await page.getByText('The file cannot be opened').waitFor();
    expect(await page.locator('#welcome').isVisible()).toBe(true);
    await page.context().close();
  });

  it('opens the database again that the browser closed', async () => {
    const page = await live.open();
    await ready(page);
    const protocol = await page.context().newCDPSession(page);
    const origin = new URL(page.url()).origin;
    await protocol.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    await page.locator('#file').setInputFiles(live.picture);
    await page.getByRole('button', { name: /1 prediction/ }).click();
    await page.locator('.timeline svg').waitFor();
    expect(await notices(page).textContent()).toBe('');
    await page.context().close();
  });
});
