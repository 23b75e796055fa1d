/** @file Models and weights from Keras: what `model.save('directions.h5')` writes in Python, read and run here. */
import { setBackend, tensor } from '@fer/core';
import { Conv2D, Dense, GlobalAveragePooling2D, Sequential } from '@fer/layers';
import { loadKerasWeights, modelFromKeras } from '@fer/models';
import * as hdf5 from 'h5wasm';

await setBackend('auto');

/** Stands in for Keras: a model that tells upright from level stripes by Sobel's filters, which needs no training. */
async function savedByKeras(): Promise<Uint8Array> {
  const conv = {
    name: 'edges',
    filters: 2,
    kernel_size: [3, 3],
    activation: 'relu',
    batch_input_shape: [null, 12, 12, 1],
  };
  const layers = [
    { class_name: 'Conv2D', config: conv },
    { class_name: 'GlobalAveragePooling2D', config: { name: 'mean' } },
    { class_name: 'Dense', config: { name: 'direction', units: 2, activation: 'softmax' } },
  ];
  const sobel = [-1, -1, 0, -2, 1, -1, -2, 0, 0, 0, 2, 0, -1, 1, 0, 2, 1, 1];
  const weights = {
    edges: { 'kernel:0': { shape: [3, 3, 1, 2], data: sobel }, 'bias:0': { shape: [2], data: [0, 0] } },
    direction: { 'kernel:0': { shape: [2, 2], data: [1, -1, -1, 1] }, 'bias:0': { shape: [2], data: [0, 0] } },
  };
  const { FS } = await hdf5.ready;
  const file = new hdf5.File('/directions.h5', 'w');
  file.create_attribute(
    'model_config',
    JSON.stringify({ class_name: 'Sequential', config: { name: 'directions', layers } }),
  );
  const root = file.create_group('model_weights');
  for (const [layer, values] of Object.entries(weights)) {
    const group = root.create_group(layer).create_group(layer); // Keras names each layer twice
    for (const [name, { shape, data }] of Object.entries(values))
      group.create_dataset({ name, data: Float32Array.from(data), shape });
  }
  file.close();
  return FS?.readFile('/directions.h5') as Uint8Array;
}

const file = await savedByKeras();
const model = await modelFromKeras(file); // or a path: modelFromKeras('directions.h5')
model.summary();

const stripes = (isUpright: boolean) =>
  Array.from({ length: 144 }, (_, i) => ((isUpright ? i % 12 : Math.floor(i / 12)) % 6 < 3 ? 1 : 0));
const images = tensor([...stripes(true), ...stripes(false)], [2, 12, 12, 1]);
const [upright, level] = (await model.forward(images).array()) as [number[], number[]];
console.log(`upright stripes: ${upright.map((p) => p.toFixed(3))}   level stripes: ${level.map((p) => p.toFixed(3))}`);

// The weights alone, by their names, into a network of one's own with another end.
const features = [new Conv2D({ filters: 2, kernelSize: 3, name: 'edges' }), new GlobalAveragePooling2D()];
const own = new Sequential([...features, new Dense({ units: 5, name: 'other' })], { inputShape: [12, 12, 1] });
const { matched, missing, unexpected } = await loadKerasWeights(own, file, { strict: false });
console.log(`loaded ${matched}; new ${missing}; left out ${unexpected}`);
