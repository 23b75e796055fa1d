/**
 * @file Where axes are. Our tensors have channels last, [N, H, W, C]; ONNX has them second, [N, C, H, W], and so has every
 * tensor in an exported graph. Vectors [N, C] are the same in both.
 */

/** An axis of ours, the batch being 0, in ONNX. @param rank of the batch */
export function onnxAxis(axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (index === 0) return 0;
  return index === rank - 1 ? 1 : index + 1;
}

/** For each axis of a result with channels second, the axis it is taken from: [0, 3, 1, 2]. */
export const toChannelsSecond = (rank: number) =>
  Array.from({ length: rank }, (_, axis) => (axis < 1 ? axis : axis === 1 ? rank - 1 : axis - 1));

/** And back: [0, 2, 3, 1]. */
export const toChannelsLast = (rank: number) =>
  Array.from({ length: rank }, (_, axis) => (axis < 1 ? axis : axis === rank - 1 ? 1 : axis + 1));

/** The elements of a row-major array with its axes in another order. */
export function transposed(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const result = new Float32Array(values.length);
  const index = order.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from] as number;
    // counts up like an odometer
    for (let i = order.length - 1; i >= 0; i--) {
      const axis = order[i] as number;
      const [size, stride] = [shape[axis] as number, strides[axis] as number];
      index[i] = (index[i] as number) + 1;
      from += stride;
      if ((index[i] as number) < size) break;
      from -= size * stride;
      index[i] = 0;
    }
  }
  return result;
}
