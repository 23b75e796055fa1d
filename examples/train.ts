/** @file Trains a small network on drawn faces of seven expressions, and reports how well it does on others. */
import { argMax, setBackend } from '@fer/core';
import { classificationReport, FER2013_CLASSES, normalise, syntheticFaces } from '@fer/data';
import {
  Adam,
  BatchNormalization,
  Conv2D,
  Dense,
  fit,
  GlobalAveragePooling2D,
  MaxPooling2D,
  ProgressBar,
  predict,
  ReLU,
  Sequential,
} from '@fer/layers';

console.log(`Training on the backend ${await setBackend('auto')}.`);
const scale = normalise({ mean: 128, deviation: 64 });
const train = syntheticFaces({ seed: 1, count: 700 }).map(scale).shuffle({ seed: 1 }).batch(32);
const faces = syntheticFaces({ seed: 2, count: 140 });
const test = faces.map(scale).batch(32);

const conv = (filters: number) => [
  new Conv2D({ filters, kernelSize: 3, padding: 'same', useBias: false }),
  new BatchNormalization({ momentum: 0.9 }),
  new ReLU(),
  new MaxPooling2D(),
];
const net = new Sequential(
  [...conv(16), ...conv(32), ...conv(64), new GlobalAveragePooling2D(), new Dense({ units: 7 })],
  { inputShape: [48, 48, 1], seed: 1 },
);
net.summary();

await fit(net, {
  train,
  validation: test,
  epochs: 8,
  optimizer: new Adam({ learningRate: 3e-3 }),
  callbacks: [new ProgressBar()],
});

using logits = await predict(net, test);
using predictions = argMax(logits);
console.log(String(classificationReport(faces.labels, await predictions.data(), { classes: FER2013_CLASSES })));
