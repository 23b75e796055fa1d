/** @file The live page, built and served, in a browser with a camera. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { build } from 'vite';
import { chromiumOptions } from '../../chromium.ts';
import { type FolderServer, serveFolder } from '../../packages/cli/src/live/server.ts';
import { writeFilm, writePicture } from './camera.ts';

const source = fileURLToPath(new URL('../../examples/live/', import.meta.url));

/** As on a machine without a GPU, where Chromium reads pixels on the processor; gpu.js' backends have tests of their own. */
const args = [
  ...chromiumOptions.args.filter((option) => !/gpu|angle|Vulkan/.test(option)),
  '--disable-gpu',
  '--enable-unsafe-swiftshader',
  '--use-fake-device-for-media-stream',
];

export class LivePage {
  private constructor(
    /** For whatever a test writes. */
    readonly folder: string,
    readonly picture: string,
    private readonly server: FolderServer,
    private readonly browser: Browser,
  ) {}

  static async start(): Promise<LivePage> {
    const folder = await mkdtemp(join(tmpdir(), 'fer-live-'));
    const [page, film, picture] = ['page', 'film.y4m', 'picture.png'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await Promise.all([
      build({ root: source, logLevel: 'error', build: { outDir: page } }),
      writeFilm(film),
      writePicture(picture),
    ]);
    const server = await serveFolder(page, 0);
    const camera = `--use-file-for-fake-video-capture=${film}`;
    const browser = await chromium.launch({ ...chromiumOptions, args: [...args, camera] });
    return new LivePage(folder, picture, server, browser);
  }

  /**
   * A page with a history of its own, in which the camera may be used.
   * @param prepare Is called before the page is loaded.
   */
  async open(options: BrowserContextOptions = {}, prepare?: (page: Page) => Promise<unknown>): Promise<Page> {
    const context = await this.browser.newContext({ permissions: ['camera'], ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await prepare?.(page);
    await page.goto(this.server.address);
    return page;
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.close();
    await rm(this.folder, { recursive: true });
  }
}
