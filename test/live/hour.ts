/**
 * @file An hour of the live page, as fast as it goes: `npx pnpm@10 run example test/live/hour.ts`. It prints the figures of
 * docs/results/live.md.
 */
import { LivePage } from './browser.ts';
import { prepareSoak, soak } from './soak.ts';

const PICTURES_PER_SECOND = 12;
const pictures = Number(process.argv[2] ?? 3600 * PICTURES_PER_SECOND);

const live = await LivePage.start();
try {
  const page = await live.open({ viewport: { width: 320, height: 240 } }, prepareSoak);
  console.log(JSON.stringify(await soak(page, 500, pictures)));
} finally {
  await live.stop();
}
