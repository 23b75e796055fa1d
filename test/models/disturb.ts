/** @file Weights other than those that networks begin with. */
import { type Parameter, Random, tensor } from '@fer/core';

/** Gives biases, factors, offsets and statistics, which begin at 0 and 1, values around these; kernels stay. */
export function disturb(weights: ReadonlyMap<string, Parameter>): void {
  const random = new Random(3);
  for (const [name, parameter] of weights) {
    if (name.endsWith('kernel')) continue;
    const [low, high] = /variance$|gamma$/.test(name) ? [0.8, 1.2] : [-0.2, 0.2];
    using value = tensor(
      Float32Array.from({ length: parameter.size }, () => random.uniform(low, high)),
      parameter.shape,
    );
    parameter.assign(value);
  }
}

/** Relative to the largest of the reference: some networks' results are small. */
export function relativeTo(reference: readonly number[] | Float32Array, values: Iterable<number>): number[] {
  const scale = Array.from(reference, Math.abs).reduce((largest, value) => Math.max(largest, value), 0);
  return Array.from(values, (value) => value / scale);
}
