/** @file A batch before it becomes tensors: images, transformed and laid side by side. Runs here or in a worker. */
import { type Random, ShapeError } from '@fer/core';
import type { Image, TransformConfig } from '../image.ts';

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
    if (image.shape.length !== 3 || image.shape.some((length, axis) => length !== shape[axis])) {
      throw new ShapeError(
        'batch',
        `image ${i} is [${image.shape}] but image 0 is [${shape}]: bring them to one [height, width, channels]`,
      );
    }
    copyPixels(image, data.subarray(i * size, (i + 1) * size));
  }
  return { data, shape: [count, ...shape] };
}

/** Writes the pixels of an image, which may be any strided view, in row-major order. */
export function copyPixels({ data, shape, stride, offset, size }: Image, target: Float32Array | Uint8Array | Uint8ClampedArray): void {
  const [height, width, channels] = shape as [number, number, number];
  const [rowStep, columnStep, channelStep] = stride as [number, number, number];
  const isContiguous =
    (channels === 1 || channelStep === 1) && columnStep === channels && (height === 1 || rowStep === width * channels);
  if (isContiguous) {
    target.set(data.subarray(offset, offset + size));
    return;
  }
  let position = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const start = offset + y * rowStep + x * columnStep;
      for (let c = 0; c < channels; c++) target[position++] = data[start + c * channelStep] as number;
    }
  }
}
