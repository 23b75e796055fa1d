/** @file Where weights begin. */
import { ArgumentError, type Random, type Shape, type Tensor, tensor } from '@fer/core';

/** Keras' initializers in camelCase; those that have options as objects. */
export type Initializer =
  | 'zeros'
  | 'ones'
  | keyof typeof scalings
  | { readonly name: 'constant'; readonly value: number }
  | { readonly name: 'randomUniform'; readonly minimum: number; readonly maximum: number }
  | { readonly name: 'randomNormal' | 'truncatedNormal'; readonly mean?: number; readonly deviation: number }
  | ({ readonly name: 'varianceScaling' } & Scaling)
  | { readonly name: 'orthogonal'; readonly gain?: number };

interface Scaling {
  readonly scale: number;
  readonly mode: 'fanIn' | 'fanOut' | 'fanAverage';
  readonly distribution: 'uniform' | 'truncatedNormal' | 'normal';
}

const scaling = (scale: number, mode: Scaling['mode'], distribution: Scaling['distribution']): Scaling => ({
  scale,
  mode,
  distribution,
});

/** Glorot & Bengio 2010, He et al. 2015, LeCun et al. 1998: each a variance scaling, as in Keras. */
const scalings = {
  glorotUniform: scaling(1, 'fanAverage', 'uniform'),
  glorotNormal: scaling(1, 'fanAverage', 'truncatedNormal'),
  heUniform: scaling(2, 'fanIn', 'uniform'),
  heNormal: scaling(2, 'fanIn', 'truncatedNormal'),
  lecunUniform: scaling(1, 'fanIn', 'uniform'),
  lecunNormal: scaling(1, 'fanIn', 'truncatedNormal'),
};

/** Numbers for a new weight. @throws ArgumentError for an initializer that does not exist. */
export function initialize(initializer: Initializer, shape: Shape, random: Random): Tensor {
  const length = shape.reduce((product, size) => product * size, 1);
  const filled = (draw: () => number) => tensor(Float32Array.from({ length }, draw), shape);
  if (initializer === 'zeros') return filled(() => 0);
  if (initializer === 'ones') return filled(() => 1);
  if (typeof initializer === 'string') {
    const named = scalings[initializer];
    if (!named) throw new ArgumentError('initialize', `there is no initializer '${initializer}'`);
    return filled(scaled(named, shape, random));
  }
  switch (initializer.name) {
    case 'constant':
      return filled(() => initializer.value);
    case 'randomUniform':
      return filled(() => random.uniform(initializer.minimum, initializer.maximum));
    case 'randomNormal':
      return filled(() => random.normal(initializer.mean, initializer.deviation));
    case 'truncatedNormal':
      return filled(() => random.truncatedNormal(initializer.mean, initializer.deviation));
    case 'varianceScaling':
      return filled(scaled(initializer, shape, random));
    case 'orthogonal':
      return tensor(orthogonal(shape, random, initializer.gain ?? 1), shape);
    default:
      throw new ArgumentError('initialize', `there is no initializer ${JSON.stringify(initializer)}`);
  }
}

function scaled({ scale, mode, distribution }: Scaling, shape: Shape, random: Random): () => number {
  const { fanIn, fanOut } = fansOf(shape);
  const fan = { fanIn, fanOut, fanAverage: (fanIn + fanOut) / 2 }[mode];
  const deviation = Math.sqrt(scale / Math.max(1, fan));
  if (distribution === 'uniform') {
    const limit = Math.sqrt(3) * deviation;
    return () => random.uniform(-limit, limit);
  }
  if (distribution === 'normal') return () => random.normal(0, deviation);
  // cutting a normal off at two deviations leaves this much of its deviation
  const kept = 0.87962566103423978;
  return () => random.truncatedNormal(0, deviation / kept);
}

/** Keras' numbers of inputs and outputs of a unit: a filter's last two axes, each times its window. */
function fansOf(shape: Shape): { fanIn: number; fanOut: number } {
  const [inputs = 1, outputs = inputs] = shape.slice(-2);
  const window = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return { fanIn: window * inputs, fanOut: window * outputs };
}

/** Rows or columns, whichever are fewer, that are orthonormal times the gain (Saxe et al. 2013). */
function orthogonal(shape: Shape, random: Random, gain: number): Float32Array {
  if (shape.length < 2)
    throw new ArgumentError('initialize', `orthogonal needs a weight of two or more axes but got [${shape}]`);
  const columns = shape.at(-1) as number;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const vectors: Float64Array[] = [];
  for (let i = 0; i < count; i++) vectors.push(orthonormalTo(vectors, length, random));
  const values = new Float32Array(rows * columns);
  vectors.forEach((vector, i) => {
    vector.forEach((value, j) => {
      values[rows < columns ? i * columns + j : j * columns + i] = gain * value;
    });
  });
  return values;
}

/** By Gram & Schmidt, twice over, which is enough for float64. */
function orthonormalTo(others: readonly Float64Array[], length: number, random: Random): Float64Array {
  const vector = Float64Array.from({ length }, () => random.normal());
  for (const other of [...others, ...others]) {
    const projection = dot(vector, other);
    for (let i = 0; i < length; i++) vector[i] = (vector[i] as number) - projection * (other[i] as number);
  }
  const norm = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / norm);
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
