/** @file Where weights begin. */
import {
  ArgumentError,
  checkFinite,
  checkOneOf,
  checkRange,
  full,
  type Random,
  randomNormal,
  randomUniform,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
  truncatedNormal,
} from '@fer/core';

/** Keras' initializers in camelCase; those that have options as objects. */
export type Initializer =
  | 'zeros'
  | 'ones'
  | keyof typeof scalings
  | { readonly name: 'constant'; readonly value: number }
  /** From -0.05 to 0.05 unless given. */
  | { readonly name: 'randomUniform'; readonly minval?: number; readonly maxval?: number }
  /** 0 and 0.05 unless given; the truncated form has nothing beyond two deviations. */
  | { readonly name: 'randomNormal' | 'truncatedNormal'; readonly mean?: number; readonly stddev?: number }
  | ({ readonly name: 'varianceScaling' } & Partial<Scaling>)
  /** The gain is 1 unless given. */
  | { readonly name: 'orthogonal'; readonly gain?: number };

/** Of variance `scale` divided by the number of a unit's inputs, of its outputs, or by the average of both. */
interface Scaling {
  /** 1 unless given. */
  readonly scale: number;
  /** 'fanIn' unless given. */
  readonly mode: 'fanIn' | 'fanOut' | 'fanAvg';
  /** 'truncatedNormal' unless given. */
  readonly distribution: 'uniform' | 'truncatedNormal' | 'untruncatedNormal';
}

const scaling = (scale: number, mode: Scaling['mode'], distribution: Scaling['distribution']): Scaling => ({
  scale,
  mode,
  distribution,
});

/** Glorot & Bengio 2010, He et al. 2015, LeCun et al. 1998: each a variance scaling, as in Keras. */
const scalings = {
  glorotUniform: scaling(1, 'fanAvg', 'uniform'),
  glorotNormal: scaling(1, 'fanAvg', 'truncatedNormal'),
  heUniform: scaling(2, 'fanIn', 'uniform'),
  heNormal: scaling(2, 'fanIn', 'truncatedNormal'),
  lecunUniform: scaling(1, 'fanIn', 'uniform'),
  lecunNormal: scaling(1, 'fanIn', 'truncatedNormal'),
};

/** Numbers for a new weight. @throws ArgumentError for an initializer or an option that does not exist */
export function initialize(initializer: Initializer, shape: Shape, random: Random): Tensor {
  if (initializer === 'zeros') return full(shape, 0);
  if (initializer === 'ones') return full(shape, 1);
  if (typeof initializer === 'string') {
    if (!Object.hasOwn(scalings, initializer)) throw unknown(initializer);
    return scaled(scalings[initializer], shape, random);
  }
  switch (initializer.name) {
    case 'constant':
      checkFinite('constant', 'value', initializer.value);
      return full(shape, initializer.value);
    case 'randomUniform':
      return randomUniform(shape, random, initializer.minval ?? -0.05, initializer.maxval ?? 0.05);
    case 'randomNormal':
      return randomNormal(shape, random, initializer.mean ?? 0, initializer.stddev ?? 0.05);
    case 'truncatedNormal':
      return truncatedNormal(shape, random, initializer.mean ?? 0, initializer.stddev ?? 0.05);
    case 'varianceScaling':
      return scaled(initializer, shape, random);
    case 'orthogonal':
      return tensor(orthogonal(shape, random, initializer.gain ?? 1), shape);
    default:
      throw unknown(initializer);
  }
}

const unknown = (initializer: unknown) =>
  new ArgumentError('initialize', `there is no initializer ${JSON.stringify(initializer)}`);

function scaled(options: Partial<Scaling>, shape: Shape, random: Random): Tensor {
  const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal' } = options;
  checkRange('varianceScaling', 'scale', scale, Number.MIN_VALUE, Number.MAX_VALUE);
  checkOneOf('varianceScaling', 'mode', mode, ['fanIn', 'fanOut', 'fanAvg']);
  checkOneOf('varianceScaling', 'distribution', distribution, ['uniform', 'truncatedNormal', 'untruncatedNormal']);
  const { fanIn, fanOut } = fansOf(shape);
  const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[mode];
  const deviation = Math.sqrt(scale / Math.max(1, fan));
  if (distribution === 'untruncatedNormal') return randomNormal(shape, random, 0, deviation);
  if (distribution === 'truncatedNormal') return truncatedNormal(shape, random, 0, deviation / KEPT);
  const limit = Math.sqrt(3) * deviation;
  return randomUniform(shape, random, -limit, limit);
}

/** What cutting a normal off at two deviations leaves of its deviation. */
const KEPT = 0.87962566103423978;

/** Keras' numbers of inputs and outputs of a unit: a filter's last two axes, each times its window. */
function fansOf(shape: Shape): { fanIn: number; fanOut: number } {
  const [inputs = 1, outputs = inputs] = shape.slice(-2);
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: window * inputs, fanOut: window * outputs };
}

/** Rows or columns, whichever are fewer, that are orthonormal times the gain (Saxe et al. 2013). */
function orthogonal(shape: Shape, random: Random, gain: number): Float32Array {
  if (shape.length < 2) throw new ArgumentError('orthogonal', `needs a weight of two or more axes but got [${shape}]`);
  const columns = shape.at(-1) as number;
  const rows = sizeOf(shape.slice(0, -1));
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

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
