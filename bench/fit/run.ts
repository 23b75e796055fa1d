/**
 * @file What training costs beside its arithmetic: `pnpm --filter @fer/bench run fit`. First fit's own work, against a bare
 * loop over a network so small that little else is left; then the wait for augmented batches of faces; then threads within
 * kernels against as many workers that share the batches.
 */
import { availableParallelism } from 'node:os';
import { setBackend, tensor, tidy } from '@fer/core';
import { affine, type DatasetBatches, flip, normalise, syntheticFaces } from '@fer/data';
import { Adam, type Callback, Dense, Flatten, fit, type Model, Sequential, SGD } from '@fer/layers';
import { ferNet, mobiExpressNet, mobileNetV2 } from '@fer/models';
import { stepOf } from '../networks.ts';

const median = (samples: number[]) => samples.sort((a, b) => a - b)[Math.floor(samples.length / 2)] as number;

/** Milliseconds a step of the loop that `fit` wraps, and of `fit`, by turns. */
async function overhead(): Promise<void> {
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
  console.log(`fit: ${loop.toFixed(3)} ms a step in a bare loop, ${whole.toFixed(3)} ms in fit\n`);
}

/** How long a network's step waits for its batch of 64. */
async function waiting(name: string, model: Model, how: string, batches: DatasetBatches): Promise<void> {
  const step = stepOf(model);
  const times: [number[], number[]] = [[], []];
  let start = performance.now();
  for await (const batch of batches.epoch(0)) {
    const received = performance.now();
    step(batch).dispose();
    batch.images.dispose();
    batch.labels.dispose();
    times[0].push(received - start);
    start = performance.now();
    times[1].push(start - received);
  }
  const [wait, work] = times.map(median) as [number, number];
  const share = ((100 * wait) / (wait + work)).toFixed(1);
  console.log(
    `${name}, ${how}: waits ${wait.toFixed(2)} ms, computes ${work.toFixed(1)} ms: ${share} % of its time waits`,
  );
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
async function sharing(name: string, make: () => Model, train: DatasetBatches): Promise<void> {
  const cores = availableParallelism();
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    times[0].push(await stepTime(make(), train));
    times[1].push(await stepTime(make(), train, cores));
  }
  const [threads, workers] = times.map((samples) => ((1000 * 64) / median(samples)).toFixed(0));
  console.log(`${name}: ${threads} images/s on ${cores} threads, ${workers} with ${cores} workers`);
}

console.log(`simd, Node ${process.version}; medians`);
await setBackend('simd');
await overhead();
const augmented = syntheticFaces({ seed: 1, count: 1280 })
  .map(affine({ rotation: 20, widthShift: 0.2, heightShift: 0.2, zoom: 0.2 }))
  .map(flip())
  .map(normalise({ mean: 128, deviation: 64 }))
  .shuffle({ seed: 1 })
  .batch(64);
for (const [name, make] of [
  ['mobiExpressNet', mobiExpressNet],
  ['ferNet', ferNet],
] as const) {
  await waiting(name, make(), 'batches made in between', augmented);
  await waiting(name, make(), 'prefetched by a worker', augmented.prefetch({ workers: 1, ahead: 4 }));
}
console.log();
const halfMobileNet = () => mobileNetV2({ smallImages: true, alpha: 0.5, inputShape: [48, 48, 1], classes: 7 });
for (const [name, make] of [
  ['mobiExpressNet', mobiExpressNet],
  ['mobileNetV2, half as wide', halfMobileNet],
  ['ferNet', ferNet],
] as const)
  await sharing(name, make, augmented.prefetch());
