/** @file The same network, weights and images under five optimizers, as a picture: `examples/compare-optimizers.ts out.png`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setBackend } from '@fer/core';
import { normalise, type PlotSpec, renderPng, syntheticFaces } from '@fer/data';
import { Adam, Adamax, fit, type Optimizer, RMSProp, SGD } from '@fer/layers';
import { mobiExpressNet } from '@fer/models';

const out = process.argv[2] ?? 'runs/optimizers.png';
console.log(`Training on the backend ${await setBackend('auto')}.`);
const scale = normalise({ mean: 128, deviation: 64 });
const train = syntheticFaces({ seed: 1, count: 140, size: 24 }).map(scale).shuffle({ seed: 1 }).batch(14);

/** Learning rates are the usual first guess for each: the best one differs from task to task. */
const optimizers: Record<string, () => Optimizer> = {
  SGD: () => new SGD({ learningRate: 0.1 }),
  'SGD with momentum': () => new SGD({ learningRate: 0.02, momentum: 0.9 }),
  RMSProp: () => new RMSProp({ learningRate: 0.002 }),
  Adam: () => new Adam({ learningRate: 0.002 }),
  Adamax: () => new Adamax({ learningRate: 0.004 }),
};

const values: object[] = [];
for (const [name, create] of Object.entries(optimizers)) {
  const net = mobiExpressNet({ inputShape: [24, 24, 1], seed: 1 });
  const { epochs } = await fit(net, { train, epochs: 12, optimizer: create(), seed: 1 });
  net.dispose();
  values.push(...epochs.map(({ epoch, loss }) => ({ name, epoch, loss })));
  console.log(`${name.padEnd(20)}loss ${epochs.at(-1)?.loss?.toFixed(3)}`);
}

/** A Vega-Lite specification is plain JSON. */
const plot: PlotSpec = {
  title: 'Training loss of MobiExpressNet on drawn faces',
  padding: 16,
  width: 560,
  height: 320,
  data: { values },
  mark: { type: 'line', point: true },
  encoding: {
    x: { field: 'epoch', type: 'ordinal', title: 'Epoch', axis: { labelAngle: 0 } },
    y: { field: 'loss', type: 'quantitative', title: 'Loss' },
    color: { field: 'name', type: 'nominal', title: null, sort: Object.keys(optimizers) },
  },
};
await mkdir(dirname(out), { recursive: true });
await writeFile(out, await renderPng(plot));
console.log(out);
