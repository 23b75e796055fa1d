/**
 * @file How many frames a second faces are found in, and classified: `npx pnpm@10 --filter @fer/bench run vision`. On one thread, in a
 * photograph of 640x480 with one face, from the bytes that a canvas gives to the result.
 */
import { readFileSync } from 'node:fs';
import { Random, setBackend } from '@fer/core';
import { decodeImage, resize } from '@fer/data';
import { expressionClassifier } from '@fer/models';
import { CascadeClassifier } from '@fer/vision';
import ndarray, { type NdArray } from 'ndarray';
import { type Column, originOf, originText, save, spreadText, tableOf } from '../report.ts';
import { type Spread, spreadOf } from '../statistics.ts';

const [WIDTH, HEIGHT] = [640, 480];
const WARMUP = 30;
const ROUNDS = 10;
const FRAMES = 10;

/** RGBA. The photograph has 512x512 pixels, of which the upper three quarters are enlarged. */
async function cameraFrame(): Promise<NdArray<Uint8Array>> {
  const file = new URL('../../test/vision/fixtures/astronaut.png', import.meta.url);
  const photograph = await decodeImage(readFileSync(file));
  const gray = resize({ size: [HEIGHT, WIDTH] })(photograph.hi(384, 512, 1), new Random(0));
  const frame = ndarray(new Uint8Array(4 * WIDTH * HEIGHT).fill(255), [HEIGHT, WIDTH, 4]);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      for (let channel = 0; channel < 3; channel++) frame.set(y, x, channel, Math.round(gray.get(y, x, 0)));
  return frame;
}

await setBackend('simd', { threads: 1 });
const frame = await cameraFrame();
const detector = await CascadeClassifier.frontalFace();
const anySize = await CascadeClassifier.frontalFace();
const classify = await expressionClassifier('mobi-express-net', { detect: { minSize: 60 } });

/** Each gives the number of faces. */
const work: Record<string, () => Promise<number> | number> = {
  'find faces from 60 pixels': () => detector.detectMultiScale(frame, { minSize: 60 }).length,
  'find, cut out and classify them (mobi-express-net)': async () => (await classify(frame)).length,
  'find faces of any size': () => anySize.detectMultiScale(frame).length,
};

async function milliseconds(run: () => Promise<number> | number): Promise<number> {
  const start = performance.now();
  const faces = await run();
  const end = performance.now();
  if (faces !== 1) throw new Error(`there is one face, but ${faces} were found`);
  return end - start;
}

const samples = new Map(Object.keys(work).map((name) => [name, [] as number[]]));
for (const run of Object.values(work)) for (let i = 0; i < WARMUP; i++) await run();
for (let round = 0; round < ROUNDS; round++)
  for (const [name, run] of Object.entries(work))
    for (let i = 0; i < FRAMES; i++) samples.get(name)?.push(await milliseconds(run));
classify.dispose();

interface Row {
  readonly work: string;
  readonly milliseconds: Spread;
  readonly samples: number;
}

const rows = [...samples].map(
  ([name, times]): Row => ({ work: name, milliseconds: spreadOf(times), samples: times.length }),
);
const columns: Column<Row>[] = [
  { title: 'work', show: (row) => row.work },
  { title: 'ms (10-90 %)', show: ({ milliseconds }) => spreadText(milliseconds, 1) },
  { title: 'samples', show: (row) => `${row.samples}` },
  { title: 'frames a second', show: ({ milliseconds }) => (1000 / milliseconds.median).toFixed(1) },
];
const table = tableOf(columns, rows);
console.log(table);
const report = { ...originOf('npx pnpm@10 --filter @fer/bench run vision', '1 thread'), rows };
save(
  'vision',
  report,
  `# Finding and classifying faces

${originText(report)} A photograph of ${WIDTH}x${HEIGHT} with one face, RGBA.

${table}
`,
);
