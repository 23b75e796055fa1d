/** @file The stored sessions of the live page, when files, breaks and deaths come between. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePng, FER2013_CLASSES, formatHistoryCsv, type Prediction } from '@fer/data';
import ndarray from 'ndarray';
import type { Page, Worker } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumOptions } from '../../chromium.ts';
import { LivePage } from './browser.ts';

const share = 1 / FER2013_CLASSES.length;
const probabilities = Object.fromEntries(FER2013_CLASSES.map((label) => [label, share])) as Prediction['probabilities'];
const row = (session: string): Prediction => ({
  ...{ time: 1_700_000_000_000, session, face: 1, box: { x: 1, y: 2, width: 30, height: 40 } },
  ...{ label: 'happy', probabilities, model: 'fer-net' },
});

describe.skipIf(!existsSync(chromiumOptions.executablePath))('the sessions of the live page', () => {
  let live: LivePage;
  beforeAll(async () => {
    live = await LivePage.start();
  });
  afterAll(() => live?.stop());

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const focused = (page: Page) =>
    page.evaluate(() => document.activeElement?.textContent || document.activeElement?.id);

  /** The workers that read the history, beside those that compute. */
  const readers = (page: Page): Worker[] => page.workers().filter((one) => /\/worker-[^/]*\.js$/.test(one.url()));

  async function importFile(page: Page, name: string, content: string | Uint8Array): Promise<void> {
    const path = join(live.folder, name);
    await writeFile(path, content);
    await page.locator('#import-file').setInputFiles(path);
  }

  async function openWith(session: string): Promise<Page> {
    const page = await live.open();
    await page.getByText('Ready.').waitFor();
    await page.getByLabel('Session', { exact: true }).fill(session);
    await page.getByLabel('Session', { exact: true }).blur();
    await importFile(page, 'history.csv', await formatHistoryCsv([row(session)]));
    await page.locator('.timeline svg').waitFor();
    return page;
  }

  it('number faces after those that a file has brought', async () => {
    const page = await openWith('Anna');
    await page.locator('#file').setInputFiles(live.picture);
    await page.locator('#faces li', { hasText: 'Face 2' }).waitFor();
    await page.context().close();
  });

  it('are shown no more once another one is stored to that has no faces', async () => {
    const page = await openWith('Anna');
    await page.getByLabel('Session', { exact: true }).fill('Nobody');
    const blank = join(live.folder, 'blank.png');
    await writeFile(blank, await encodePng(ndarray(new Uint8Array(96 * 96).fill(90), [96, 96, 1])));
    await page.locator('#file').setInputFiles(blank);
    await page.getByText('No face in sight.').waitFor({ state: 'attached' });
    await button(page, 'Stop').click();
    await page.getByText('Choose a session to see its timeline').waitFor();
    expect(await page.locator('.timeline').count()).toBe(0);
    await page.context().close();
  });

  it('are not imported from files in another encoding', async () => {
    const page = await live.open();
    const csv = await formatHistoryCsv([row('Jos\u00e9')]);
    await importFile(page, 'latin.csv', Buffer.from(csv, 'latin1'));
    await page.getByText('the file is no text in UTF-8').waitFor();
    await button(page, 'Dismiss').click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('stage');
    await page.context().close();
  });

  it('can be read when the worker died that reads them, and keep the focus on a button that was pressed', async () => {
    const page = await openWith('Anna');
    const [worker] = readers(page);
    await Promise.all([worker?.waitForEvent('close'), worker?.evaluate(() => self.close())]);
    expect(readers(page)).toEqual([]);
    await button(page, 'Refresh').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => readers(page).length).toBe(1);
    await page.locator('.timeline svg').waitFor();
    await expect.poll(() => focused(page)).toBe('Refresh');
    await page.context().close();
  });
});
