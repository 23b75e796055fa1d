/**
 * @file What training costs beside its arithmetic: `npx pnpm@10 --filter @fer/bench run fit`. First fit's own work, against a bare
 * loop over a network so small that little else is left; then the wait for augmented batches of faces; then threads within
 * kernels against as many workers that share the batches.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setBackend, tensor, tidy } from '@fer/core';
import { affine, type DatasetBatches, flip, normalise, syntheticFaces } from '@fer/data';
import { Adam, type Callback, Dense, Flatten, fit, type Model, Sequential, SGD } from '@fer/layers';
import { ferNet, mobiExpressNet, mobileNetV2 } from '@fer/models';
import { stepOf } from '../networks.ts';
import { originOf, originText, RESULTS, tableOf } from '../report.ts';
import { median } from '../statistics.ts';

/** What is measured, shown as soon as it is there. */
type Row = readonly string[];

function show(...row: string[]): Row {
  console.log(row.join(' | '));
  return row;
}

const table = (head: Row, rows: readonly Row[]) =>
  tableOf(
    head.map((title, i) => ({ title, show: (row: Row) => row[i] ?? '' })),
    rows,
  );

/** Milliseconds a step of the loop that `fit` wraps, and of `fit`, by turns. */
async function overhead(): Promise<Row> {
  const [steps, size] = [2000, 8];
  const pixels = Float32Array.from({ length: size * 16 }, (_, i) => Math.sin(i));
  const classes = Array.from({ length: size }, (_, i) => i % 7);
  const batch = () => ({ images: tensor(pixels, [size, 4, 4, 1]), labels: tensor(classes, [size], 'int32') });
  const batches = {
    length: steps,
    async *epoch() {
      for (let i = 0; i < steps; i++) yield batch();
    },
  };
  const make = () => new Sequential([new Flatten(), new Dense({ units: 7 })], { inputShape: [4, 4, 1] });
  const [bare, fitted] = [make(), make()];
  const [bareStep, optimizer] = [stepOf(bare), new Adam()];
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 6; round++) {
    const start = performance.now();
    for (let i = 0; i < steps; i++) tidy(() => void bareStep(batch()));
    const between = performance.now();
    await fit(fitted, { train: batches, epochs: 1, optimizer });
    if (round === 0) continue; // compiles
    times[0].push((between - start) / steps);
    times[1].push((performance.now() - between) / steps);
  }
  const [loop, whole] = times.map(median) as [number, number];
  return show(loop.toFixed(3), whole.toFixed(3), (whole - loop).toFixed(3));
}

/** What a network's steps take of an epoch, in milliseconds. */
interface Steps {
  readonly waits: number[];
  readonly computes: number[];
}

async function addEpoch(step: ReturnType<typeof stepOf>, batches: DatasetBatches, steps: Steps): Promise<void> {
  let start = performance.now();
  for await (const batch of batches.epoch(0)) {
    const received = performance.now();
    step(batch).dispose();
    batch.images.dispose();
    batch.labels.dispose();
    steps.waits.push(received - start);
    start = performance.now();
    steps.computes.push(start - received);
  }
}

/** How long a network's step waits for its batch of 64, made in between or prefetched, by turns. */
async function waiting(name: string, model: Model, train: DatasetBatches): Promise<Row[]> {
  const step = stepOf(model);
  const ways = { 'made in between': train, 'prefetched by a worker': train.prefetch({ workers: 1, ahead: 4 }) };
  const measured = Object.entries(ways).map(([how, batches]) => ({ how, batches, steps: { waits: [], computes: [] } }));
  for (let round = 0; round < 4; round++)
    for (const { batches, steps } of measured) await addEpoch(step, batches, steps);
  return measured.map(({ how, steps }) => {
    const [wait, work] = [median(steps.waits), median(steps.computes)];
    const share = ((100 * wait) / (wait + work)).toFixed(1);
    return show(name, how, wait.toFixed(2), work.toFixed(1), `${share} %`);
  });
}

/** The median milliseconds of a step of fit. */
async function stepTime(model: Model, train: DatasetBatches, workers?: number): Promise<number> {
  const times: number[] = [];
  let last = performance.now();
  const stopwatch: Callback = {
    className: 'Stopwatch',
    onBatchEnd() {
      times.push(performance.now() - last);
      last = performance.now();
    },
  };
  const options = { train, epochs: 1, optimizer: new SGD({ momentum: 0.9 }), callbacks: [stopwatch] };
  await fit(model, workers === undefined ? options : { ...options, workers });
  return median(times.slice(times.length / 4)); // the first ones compile
}

/** How many images a second are trained on, by turns. */
async function sharing(name: string, make: () => Model, train: DatasetBatches): Promise<Row> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    times[0].push(await stepTime(make(), train));
    times[1].push(await stepTime(make(), train, cores));
  }
  const [threads, workers] = times.map((samples) => ((1000 * 64) / median(samples)).toFixed(0)) as [string, string];
  return show(name, threads, workers);
}

const cores = availableParallelism();
await setBackend('simd');
const added = [await overhead()];
const augmented = syntheticFaces({ seed: 1, count: 1280 })
  .map(affine({ rotation: 20, widthShift: 0.2, heightShift: 0.2, zoom: 0.2 }))
  .map(flip())
  .map(normalise({ mean: 128, deviation: 64 }))
  .shuffle({ seed: 1 })
  .batch(64);
const waits: Row[] = [];
for (const [name, make] of [
  ['mobi-express-net', mobiExpressNet],
  ['fer-net', ferNet],
] as const)
  waits.push(...(await waiting(name, make(), augmented)));
const halfMobileNet = () => mobileNetV2({ smallImages: true, alpha: 0.5, inputShape: [48, 48, 1], classes: 7 });
const shares: Row[] = [];
for (const [name, make] of [
  ['mobi-express-net', mobiExpressNet],
  ['mobilenet-v2, half as wide, at 48x48', halfMobileNet],
  ['fer-net', ferNet],
] as const)
  shares.push(await sharing(name, make, augmented.prefetch()));

writeFileSync(
  new URL('fit.md', RESULTS),
  `# What training costs beside its arithmetic

${originText(originOf('npx pnpm@10 --filter @fer/bench run fit', 'simd'))} Medians.

## What fit adds to a step

On a dense layer over 4x4 pixels, so small that little but the loop is left.

${table(['a bare loop, ms a step', 'fit, ms a step', 'fit adds, ms'], added)}

## Waiting for batches

64 faces a batch, turned, shifted, zoomed and flipped.

${table(['network', 'batches', 'waits, ms a step', 'computes, ms a step', 'share of its time waiting'], waits)}

## Threads within the kernels, or workers that share each batch

Batches of 64 at 48x48.

${table(['network', `images a second on ${cores} threads`, `with ${cores} workers`], shares)}
`,
);
