/** @file What a page does with data: bundled for a browser, and run there. */
import { setBackend } from '@fer/core';
import { brightness, fer2013, flip, syntheticFaces } from '@fer/data';

/** The sums of a batch's pixels and its labels, for all batches of an epoch; then the words of what needs Node. */
export async function load(): Promise<{ sums: number[]; refusals: string[] }> {
  await setBackend('cpu');
  const faces = syntheticFaces({ seed: 3, count: 10, size: 16 });
  const batches = faces
    .map(flip())
    .map(brightness({ factor: 0.2 }))
    .shuffle({ seed: 1 })
    .batch(4);
  const sums: number[] = [];
  for await (const { images, labels } of batches.epoch(1)) {
    for (const tensor of [images, labels]) {
      sums.push(Array.from(await tensor.data()).reduce((sum, value) => sum + value, 0));
      tensor.dispose();
    }
  }
  const words = async (refused: Promise<unknown>) => refused.then(() => '', String);
  const refusals = await Promise.all([
    words(fer2013('fer2013.csv')),
    words(faces.preview()),
    words(batches.prefetch().epoch(0).next()),
  ]);
  return { sums, refusals };
}
