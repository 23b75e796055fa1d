/** @file Elementwise functions, broadcasting and activations. */
import { build, type Dense, get } from './dense.ts';

export function map(f: (x: number) => number): (x: Dense) => Dense {
  return ({ shape, values }) => ({ shape, values: values.map(f) });
}

/** f of two arrays, or of three, under NumPy's broadcasting: axes are aligned at the end, and those of size 1 repeat. */
export function broadcast(f: (...elements: number[]) => number): (...operands: Dense[]) => Dense {
  return (...operands) => {
    const rank = Math.max(...operands.map(({ shape }) => shape.length));
    const sizesAt = (axis: number) => operands.map(({ shape }) => shape[axis - rank + shape.length] ?? 1);
    const result = Array.from({ length: rank }, (_, axis) => Math.max(...sizesAt(axis)));
    return build(result, (index) => f(...operands.map((operand) => get(operand, alignedIndex(operand, index)))));
  };
}

/** The index into an operand that an index into the broadcast result stands for. */
function alignedIndex({ shape }: Dense, index: readonly number[]): number[] {
  return shape.map((length, axis) => (length === 1 ? 0 : (index[index.length - shape.length + axis] as number)));
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const relu6 = (x: number) => Math.min(Math.max(x, 0), 6);

/** By its Taylor series, which is exact to 1e-12 for |x| < 4; 1 beyond to that precision times 1e4. */
export function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

export const activations = {
  relu: (x: number) => Math.max(x, 0),
  relu6,
  sigmoid,
  hardSigmoid: (x: number) => relu6(x + 3) / 6,
  tanh: Math.tanh,
  swish: (x: number) => x * sigmoid(x),
  hardSwish: (x: number) => (x * relu6(x + 3)) / 6,
  gelu: (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  softplus: (x: number) => Math.log1p(Math.exp(x)),
};

export const leakyRelu = (alpha: number) => (x: number) => (x > 0 ? x : alpha * x);
export const elu = (alpha: number) => (x: number) => (x > 0 ? x : alpha * Math.expm1(x));
