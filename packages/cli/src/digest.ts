/** @file Telling whether data are the same as before. */
import { createHash } from 'node:crypto';
import type { Dataset, Image } from '@fer/data';

/** Of all that splits and training look at: classes, labels, parts, people and pixels, in their order, wherever the files are. */
export function digestOf({ classes, items }: Dataset): string {
  const hash = createHash('sha256').update(JSON.stringify(classes));
  for (const { image, label, usage, subject } of items) {
    hash.update(JSON.stringify({ label, usage, subject, shape: image.shape, stride: image.stride }));
    hash.update(bytesOf(image));
  }
  return hash.digest('hex');
}

/** Everything from the first pixel in memory to the last one. */
function bytesOf({ data, offset, shape, stride }: Image): Uint8Array {
  const ways = shape.map((size, axis) => (size - 1) * (stride[axis] as number));
  const sumOf = (steps: readonly number[]) => steps.reduce((sum, step) => sum + step, 0);
  const before = sumOf(ways.filter((way) => way < 0));
  const behind = sumOf(ways.filter((way) => way > 0));
  const pixels = data.subarray(offset + before, offset + behind + 1);
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}
