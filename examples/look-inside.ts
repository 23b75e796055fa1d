/**
 * @file Looks inside FerNet: the filters of its first convolution, what each stage makes of a face, and where it sees the
 * expression. The face is in NASA's portrait of Eileen Collins, which is in the public domain.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Random, reshape, setBackend, type Tensor, tensor } from '@fer/core';
import { decodeImage, encodePng, featureMaps, heatOverlay, type Image, imageGrid, renderPng } from '@fer/data';
import { gradCam } from '@fer/layers';
import { loadPretrained } from '@fer/models';
import { alignFace, CascadeClassifier } from '@fer/vision';

const FOLDER = 'runs/look-inside';
await mkdir(FOLDER, { recursive: true });
await setBackend('auto');

const portrait = await decodeImage(await readFile(new URL('../test/vision/fixtures/astronaut.png', import.meta.url)));
const detector = await CascadeClassifier.frontalFace();
const [box] = detector.detectMultiScale(portrait, { minSize: 60 });
if (!box) throw new Error('there is no face');
const face = alignFace(portrait, box);

const { model, preprocess, labels } = await loadPretrained('fer-net');
using x = tensor(preprocess(face, new Random(0)), [1, 48, 48, 1]);

/** Draws channels [height, width, channels]. */
async function draw(name: string, channels: Tensor, title: string): Promise<void> {
  const plot = await featureMaps(await channels.ndarray(), { title });
  await writeFile(`${FOLDER}/${name}.png`, await renderPng(plot));
  console.log(`${FOLDER}/${name}.png: ${title}`);
}

const kernel = model.layer('stage1_down').weights.get('kernel') as Tensor; // [5, 5, 1, 48]
await draw('filters', reshape(kernel, [5, 5, 48]), 'Filters of the first convolution');
for (const stage of [1, 2, 3]) {
  using maps = model.submodel(`stage${stage}_block2_relu`).forward(x);
  await draw(`stage${stage}`, reshape(maps, maps.shape.slice(1)), `What stage ${stage} makes of the face`);
}

const views: Image[] = [];
for (const label of labels.keys()) {
  using heat = gradCam(model, x, { classes: [label] });
  views.push(heatOverlay(face, (await heat.ndarray()).pick(0, null, null, null) as Image));
}
await writeFile(`${FOLDER}/expressions.png`, await encodePng(imageGrid([views], { scale: 4 })));
console.log(`${FOLDER}/expressions.png: where it sees ${labels.join(', ')}`);
