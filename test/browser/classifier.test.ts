/** @file Classifying whatever holds a picture in a browser. See test/models/classifier.test.ts for the rest. */
import { setBackend } from '@fer/core';
import { expressionClassifier, type ImageSource } from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { brightness } from '../models/brightness.ts';

beforeAll(async () => {
  await setBackend('simd');
});

const [WIDTH, HEIGHT] = [9, 6];

function paint<C extends OffscreenCanvas | HTMLCanvasElement>(canvas: C, color: string): C {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
  context.fillStyle = color;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  return canvas;
}

const offscreen = (color: string) => paint(new OffscreenCanvas(WIDTH, HEIGHT), color);

function onPage(color: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  return paint(canvas, color);
}

async function image(color: string): Promise<HTMLImageElement> {
  const element = new Image();
  element.src = onPage(color).toDataURL();
  await element.decode();
  return element;
}

const png = (color: string) => offscreen(color).convertToBlob({ type: 'image/png' });

const sources: [string, (color: string) => ImageSource | Promise<ImageSource>][] = [
  ['an OffscreenCanvas', offscreen],
  ['an HTMLCanvasElement', onPage],
  ['an HTMLImageElement', image],
  ['an ImageBitmap', (color) => createImageBitmap(offscreen(color))],
  ['a PNG in a Blob', png],
  ['a JPEG in a Blob', (color) => offscreen(color).convertToBlob({ type: 'image/jpeg' })],
  ['the bytes of a PNG', async (color) => new Uint8Array(await (await png(color)).arrayBuffer())],
  ['the address of a PNG', async (color) => URL.createObjectURL(await png(color))],
  [
    'ImageData',
    (color) =>
      (offscreen(color).getContext('2d') as OffscreenCanvasRenderingContext2D).getImageData(0, 0, WIDTH, HEIGHT),
  ],
];

describe('expressionClassifier', () => {
  it.each(sources)('tells bright from dark in %s', async (_, make) => {
    const classify = await expressionClassifier(brightness());
    for (const [label, color, level] of [
      ['bright', 'rgb(240, 240, 240)', 240],
      ['dark', 'rgb(10, 10, 10)', 10],
    ] as const) {
      const [first] = await classify(await make(color));
      expect(first?.label).toBe(label);
      // e^v against e^-v for pixels v = (level - 128) / 64; JPEG may be off by a level
      const expected = 1 / (1 + Math.exp((-2 * Math.abs(level - 128)) / 64));
      expect(first?.probability).toBeCloseTo(expected, 2);
    }
    classify.dispose();
  });

  it('refuses an image that is not there', async () => {
    const classify = await expressionClassifier(brightness());
    await expect(classify(new Image())).rejects.toThrow(
      'classify: expected an image but got [object HTMLImageElement]',
    );
    classify.dispose();
  });

  it.each([
    ['bytes', (bytes: Uint8Array<ArrayBuffer>) => bytes],
    ['a Blob', (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes])],
  ])('refuses %s that no browser can decode', async (_, make) => {
    const classify = await expressionClassifier(brightness());
    const damaged = new Uint8Array(await (await png('white')).arrayBuffer()).fill(0, 20);
    await expect(classify(make(damaged))).rejects.toThrow('classify: no picture that this browser can decode');
    classify.dispose();
  });
});
