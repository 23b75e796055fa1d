/** @file Reductions over axes: each gathers the elements of a group and folds them. */
import { build, type Dense, get } from './dense.ts';

export const folds = {
  sum: (elements: number[]) => elements.reduce((a, b) => a + b, 0),
  max: (elements: number[]) => Math.max(...elements),
  min: (elements: number[]) => Math.min(...elements),
  mean: (elements: number[]) => folds.sum(elements) / elements.length,
  variance: (elements: number[]) => {
    const mean = folds.mean(elements);
    return folds.mean(elements.map((x) => (x - mean) ** 2));
  },
  logSumExp: (elements: number[]) => {
    const largest = Math.max(...elements);
    return largest + Math.log(folds.sum(elements.map((x) => Math.exp(x - largest))));
  },
  argMax: (elements: number[]) => elements.indexOf(Math.max(...elements)),
};

/** @param axes Not negative; all of them unless given. */
export function reduce(
  fold: (elements: number[]) => number,
  axes: readonly number[] | undefined,
  keepDims = false,
): (x: Dense) => Dense {
  return (x) => {
    const reduced = (axis: number) => axes === undefined || axes.includes(axis);
    const kept = x.shape.map((size, axis) => (reduced(axis) ? 1 : size));
    const group = x.shape.map((size, axis) => (reduced(axis) ? size : 1));
    const full = build(kept, (outer) => {
      const start = [...outer];
      const elements: number[] = [];
      build(group, (inner) =>
        elements.push(
          get(
            x,
            start.map((i, axis) => i + (inner[axis] as number)),
          ),
        ),
      );
      return fold(elements);
    });
    return keepDims ? full : { shape: x.shape.filter((_, axis) => !reduced(axis)), values: full.values };
  };
}

/** Along the last axis: x - log(sum of e^x). */
export function logSoftmax(x: Dense): Dense {
  const last = x.shape.length - 1;
  const statistics = reduce(folds.logSumExp, [last], true)(x);
  return build(x.shape, (index) => get(x, index) - get(statistics, index.with(last, 0)));
}

export function softmax(x: Dense): Dense {
  const { shape, values } = logSoftmax(x);
  return { shape, values: values.map(Math.exp) };
}
