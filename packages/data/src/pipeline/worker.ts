/** @file What a worker thread runs: one batch a call. */
import ndarray from 'ndarray';
import { Tinypool, type Transferable } from 'tinypool';
import type { TransformConfig } from '../image.ts';
import { transformFromConfig } from '../transforms/index.ts';
import { hostBatch, transformImage } from './host-batch.ts';
import { randomFor } from './random.ts';

/** A batch to be: plain data. */
export interface WorkerTask {
  readonly images: readonly {
    readonly data: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
    readonly shape: number[];
    /** In the data set: decides, with seed and epoch, on the image's random numbers. */
    readonly index: number;
  }[];
  readonly transforms: readonly TransformConfig[];
  readonly seed: number;
  readonly epoch: number;
}

/** @returns the batch, or undefined if something threw: errors lose their class on the way between threads. */
export default function work({ images, transforms, seed, epoch }: WorkerTask): object | undefined {
  try {
    const functions = transforms.map(transformFromConfig);
    const batch = hostBatch(images.length, (position) => {
      const { data, shape, index } = images[position] as WorkerTask['images'][number];
      return transformImage(ndarray(data, shape), functions, randomFor(seed, epoch, index));
    });
    return moved(batch, batch.data.buffer);
  } catch {
    return undefined;
  }
}

/** Has the pool hand over the buffer instead of copying it. */
function moved(value: object, buffer: ArrayBuffer): object {
  const transferable = { [Tinypool.transferableSymbol]: buffer, [Tinypool.valueSymbol]: value };
  return Tinypool.move(transferable as unknown as Transferable); // its type does not know its own public symbols
}
