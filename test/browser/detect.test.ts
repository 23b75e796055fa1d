/** @file The detector in a browser finds what it finds in Node. See test/vision/detect.test.ts for the rest. */
import { setBackend } from '@fer/core';
import { expressionClassifier } from '@fer/models';
import { CascadeClassifier } from '@fer/vision';
import ndarray from 'ndarray';
import { expect, it } from 'vitest';
import { brightness } from '../models/brightness.ts';
import reference from '../vision/fixtures/boxes.json' with { type: 'json' };

const results = reference.results.filter(({ cascade, image }) => cascade === 'default' && image === 'lisa1');

async function photograph(): Promise<OffscreenCanvas> {
  const response = await fetch(new URL('../vision/fixtures/lisa1.png', import.meta.url));
  const bitmap = await createImageBitmap(await response.blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  return canvas;
}

it("detectMultiScale finds OpenCV's boxes in ImageData", async () => {
  const canvas = await photograph();
  const { width, height } = canvas;
  const { data } = (canvas.getContext('2d') as OffscreenCanvasRenderingContext2D).getImageData(0, 0, width, height);
  const detector = await CascadeClassifier.frontalFace();
  expect(results).toHaveLength(5);
  for (const { options, boxes } of results) {
    const found = detector.detectMultiScale(ndarray(data, [height, width, 4]), options);
    expect(found.map((box) => `${[box.x, box.y, box.width, box.height]}`).sort()).toEqual(boxes.map(String).sort());
  }
});

it('expressionClassifier finds the face on a canvas', async () => {
  await setBackend('simd');
  const classify = await expressionClassifier(brightness(), { detect: true });
  const [face, ...others] = await classify(await photograph());
  expect(others).toEqual([]);
  const { x, y, width, height } = face?.box ?? {};
  expect([[x, y, width, height]]).toEqual(results.find(({ options }) => Object.keys(options).length === 0)?.boxes);
  expect(face?.expressions.map(({ label }) => label).sort()).toEqual(['bright', 'dark']);
  classify.dispose();
});
