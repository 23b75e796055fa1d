/** @file Arrays with their axes in another order, on the host. */

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
