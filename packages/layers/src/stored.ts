/** @file Tensors on their way from a backend to a file, and back. */
import { FormatError, type StoredTensor, type Tensor, tensor } from '@fer/core';

/** A copy of a float32 tensor on the host. */
export async function downloaded(value: Tensor): Promise<StoredTensor> {
  return { shape: value.shape, dtype: 'float32', data: (await value.data()) as Float32Array };
}

/** A tensor on the backend in use, or on another one. */
export function uploaded({ shape, data }: StoredTensor, owner?: Tensor['backend']): Tensor {
  return tensor(data as Float32Array, shape, 'float32', owner);
}

/** A number in the form of a tensor, exact. */
export function storedNumber(value: number): StoredTensor {
  return { shape: [], dtype: 'float64', data: Float64Array.of(value) };
}

/** @throws FormatError if there is none */
export function numberOf(operator: string, name: string, stored: StoredTensor | undefined): number {
  const value = stored?.data[0];
  if (typeof value !== 'number') throw new FormatError(operator, `the state has no number '${name}'`);
  return value;
}
