/**
 * @file How many frames a second faces are found in, and classified: `npx pnpm@10 --filter @fer/bench run vision`. On one thread, in a
 * photograph of 640x480 with one face, from the bytes that a canvas gives to the result.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Random, setBackend } from '@fer/core';
import { decodeImage, resize } from '@fer/data';
import { expressionClassifier } from '@fer/models';
import { CascadeClassifier } from '@fer/vision';
import ndarray, { type NdArray } from 'ndarray';

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

const rows = [...samples].map(([name, times]) => {
  times.sort((a, b) => a - b);
  const [median, low, high] = [0.5, 0.1, 0.9].map((q) => times[Math.round((times.length - 1) * q)]) as [
    number,
    number,
    number,
  ];
  return { work: name, medianMs: median, spreadMs: [low, high], samples: times.length, framesPerSecond: 1000 / median };
});
const lines = rows.map(({ work, medianMs, spreadMs, framesPerSecond }) =>
  [work, medianMs.toFixed(1), spreadMs.map((ms) => ms.toFixed(1)).join('-'), framesPerSecond.toFixed(1)].join(' | '),
);
const head = 'work | median ms | 10-90 % | frames a second';
const table = [head, head.replace(/[^|]+/g, '---'), ...lines].map((line) => `| ${line} |`).join('\n');
console.log(table);

const machine = `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, 1 thread`;
const load = (loadavg()[0] as number).toFixed(1);
const command = 'npx pnpm@10 --filter @fer/bench run vision';
const folder = new URL('../../docs/results/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL('vision.json', folder),
  `${JSON.stringify({ machine, load, command, date: new Date().toISOString(), rows }, null, 2)}\n`,
);
writeFileSync(
  new URL('vision.md', folder),
  `# Finding and classifying faces

${machine}; the machine was shared (load average ${load}, of which this is 1). A photograph of ${WIDTH}x${HEIGHT} with one face, RGBA.
Made by \`${command}\`.

${table}
`,
);
