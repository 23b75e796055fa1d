/** @file Tensors on their way from a backend to a file, and back. */
import { type StoredTensor, type Tensor, tensor } from '@fer/core';

/** A copy of a float32 tensor on the host. */
export async function downloaded(value: Tensor): Promise<StoredTensor> {
  return { shape: value.shape, dtype: 'float32', data: (await value.data()) as Float32Array };
}

/** A tensor on the backend in use. */
export function uploaded({ shape, data }: StoredTensor): Tensor {
  return tensor(data as Float32Array, shape);
}
