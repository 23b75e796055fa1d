/** @file A picture of where in faces a network sees their expressions. */
import { Random, tensor } from '@fer/core';
import { encodePng, heatOverlay, type Image, imageGrid, toGrayscale } from '@fer/data';
import { gradCam, writeAtomically } from '@fer/layers';
import type { Pretrained } from '@fer/models';
import type { Faces } from './prediction.ts';

/** Faces side by side, and pixels of the picture for one of a face. */
const COLUMNS = 7;
const SCALE = 4;

/** Writes a PNG: each face as the network sees it, coloured where its most probable expression is found. */
export async function writeExplanation({ model, preprocess }: Pretrained, faces: Faces, path: string): Promise<void> {
  const random = new Random(0); // which no preprocessing draws from
  const overlays: Image[] = [];
  for await (const { image } of faces) {
    const seen = preprocess(image, random);
    using x = tensor(seen, [1, ...seen.shape]);
    using heat = gradCam(model, x);
    overlays.push(heatOverlay(toGrayscale()(seen, random), (await heat.ndarray()).pick(0, null, null, null) as Image));
  }
  const rows = Array.from({ length: Math.ceil(overlays.length / COLUMNS) }, (_, i) =>
    overlays.slice(i * COLUMNS, (i + 1) * COLUMNS),
  );
  await writeAtomically(path, await encodePng(imageGrid(rows, { scale: SCALE })));
}
