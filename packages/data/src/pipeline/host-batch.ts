/** @file A batch before it becomes tensors: images, transformed and laid side by side. Runs here or in a worker. */
import { type Random, ShapeError } from '@fer/core';
import type { Image, TransformConfig } from '../image.ts';
import { copyInto, pixelsOf } from '../transforms/pixels.ts';

/** What `map` takes: a transform, or a plain function, which can run in this thread only. */
export interface ImageFunction {
  (image: Image, random: Random): Image;
  readonly config?: TransformConfig;
}

/** Images of one shape in row-major order: [N, H, W, C]. */
export interface HostBatch {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

export function transformImage(image: Image, transforms: readonly ImageFunction[], random: Random): Image {
  return transforms.reduce((input, transform) => transform(input, random), image);
}

/** @throws ShapeError if the images, after all transforms, are of different shapes. */
export function hostBatch(count: number, imageAt: (position: number) => Image): HostBatch {
  const first = imageAt(0);
  const { shape, size } = first;
  const data = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const image = i === 0 ? first : imageAt(i);
    if (image.shape.join() !== shape.join()) {
      throw new ShapeError(
        'batch',
        `image ${i} is [${image.shape}] but image 0 is [${shape}]: bring them to one [height, width, channels]`,
      );
    }
    copyInto(data.subarray(i * size, (i + 1) * size), pixelsOf('batch', image));
  }
  return { data, shape: [count, ...shape] };
}
