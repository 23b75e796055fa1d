/** @file Functions that make tensors on the backend in use. */
import type { NdArray } from 'ndarray';
import { backend } from './backend/registry.ts';
import { ArgumentError, ShapeError } from './errors.ts';
import { Storage } from './memory.ts';
import { checkInteger, checkOneOf } from './ops/check.ts';
import type { Random } from './random.ts';
import { checkShape, formatShape, type Shape, sizeOf } from './shape.ts';
import { type DType, Tensor } from './tensor.ts';

/** What a tensor can be made from. */
export type TensorValues = number | readonly TensorValues[] | ArrayLike<number> | NdArray;

/** Larger integers are not exact in float32, which every kernel computes with. */
const MAX_INTEGER = 2 ** 24;

/**
 * A tensor of these values.
 * @param values A number, nested arrays, a typed array or an ndarray.
 * @param shape As the values are nested, unless given.
 * @throws ShapeError if shape and values do not fit, ArgumentError for int32 values that are no integers or exceed 2^24.
 */
export function tensor(values: TensorValues, shape?: Shape, dtype: DType = 'float32'): Tensor {
  const natural = isNdArray(values) ? values.shape : shapeOfNested(values);
  const target = shape ?? natural;
  checkShape('tensor', target);
  if (sizeOf(target) !== sizeOf(natural))
    throw new ShapeError('tensor', `${sizeOf(natural)} values do not fill the shape ${formatShape(target)}`);
  const flat = new Float32Array(sizeOf(target));
  if (isNdArray(values)) fillFromNdArray(flat, values);
  else fillFromNested(flat, values, natural, 0);
  return fromFloats(flat, target, dtype);
}

function isNdArray(values: TensorValues): values is NdArray {
  return typeof values === 'object' && values !== null && 'stride' in values && 'offset' in values;
}

function shapeOfNested(values: TensorValues): number[] {
  if (typeof values === 'number') return [];
  const length = lengthOf(values);
  if (length === undefined)
    throw new ArgumentError('tensor', `values must be numbers, arrays or an ndarray but hold ${values}`);
  if (length === 0) throw new ShapeError('tensor', 'values must not be empty');
  const [first] = values as readonly TensorValues[];
  return [length, ...shapeOfNested(first as TensorValues)];
}

/** Of an array or a typed array. */
function lengthOf(values: unknown): number | undefined {
  return Array.isArray(values) || ArrayBuffer.isView(values) ? (values as ArrayLike<number>).length : undefined;
}

function fillFromNested(flat: Float32Array, values: TensorValues, shape: Shape, position: number): number {
  const [size, ...rest] = shape;
  if (size === undefined) {
    if (typeof values !== 'number') throw new ShapeError('tensor', 'values are nested to different depths');
    flat[position] = values;
    return position + 1;
  }
  const length = lengthOf(values);
  if (length !== size)
    throw new ShapeError('tensor', `values are ragged: expected ${size} entries but got ${length ?? 'a number'}`);
  if (ArrayBuffer.isView(values)) {
    flat.set(values as unknown as ArrayLike<number>, position);
    return position + size;
  }
  let next = position;
  for (const item of values as ArrayLike<TensorValues> & Iterable<TensorValues>)
    next = fillFromNested(flat, item, rest, next);
  return next;
}

/** Reads any strided view in row-major order. */
function fillFromNdArray(flat: Float32Array, { data, shape, stride, offset }: NdArray): void {
  const values = data as ArrayLike<number>;
  let position = 0;
  const visit = (axis: number, start: number) => {
    const [size, step] = [shape[axis], stride[axis]];
    if (size === undefined || step === undefined) flat[position++] = values[start] as number;
    else for (let i = 0; i < size; i++) visit(axis + 1, start + i * step);
  };
  visit(0, offset);
}

/** A tensor that takes over an array of its elements. */
function fromFloats(values: Float32Array, shape: Shape, dtype: DType): Tensor {
  checkOneOf('tensor', 'dtype', dtype, ['float32', 'int32']);
  if (dtype === 'int32') {
    const wrong = values.find((value) => !Number.isInteger(value) || Math.abs(value) > MAX_INTEGER);
    if (wrong !== undefined)
      throw new ArgumentError(
        'tensor',
        `int32 values must be integers of at most 2^24 in magnitude, but one is ${wrong}`,
      );
  }
  const owner = backend();
  return new Tensor(new Storage(owner, owner.upload(values), values.byteLength), [...shape], dtype);
}

/** A tensor of one value everywhere. */
export function full(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  checkShape('full', shape);
  return fromFloats(new Float32Array(sizeOf(shape)).fill(value), shape, dtype);
}

export const zeros = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 0, dtype);
export const ones = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 1, dtype);

/** [start, start + step, ...] up to but not including end. */
export function range(start: number, end: number, step = 1, dtype: DType = 'float32'): Tensor {
  const length = Math.ceil((end - start) / step);
  if (!(length >= 1 && Number.isFinite(length)))
    throw new ArgumentError('range', `no number lies from ${start} to ${end} by steps of ${step}`);
  return fromFloats(
    Float32Array.from({ length }, (_, i) => start + i * step),
    [length],
    dtype,
  );
}

/** [n, classes] with a 1 at each label, from labels on the host. */
export function oneHot(labels: ArrayLike<number>, classes: number): Tensor {
  checkInteger('oneHot', 'classes', classes, 1);
  checkShape('oneHot', [labels.length, classes]);
  const values = new Float32Array(labels.length * classes);
  Array.from(labels).forEach((label, row) => {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new ArgumentError(
        'oneHot',
        `labels must be integers from 0 to ${classes - 1} but labels[${row}] is ${label}`,
      );
    }
    values[row * classes + label] = 1;
  });
  return fromFloats(values, [labels.length, classes], 'float32');
}

/** A tensor of as many draws. */
export function drawn(operator: string, shape: Shape, draw: () => number): Tensor {
  checkShape(operator, shape);
  const values = new Float32Array(sizeOf(shape));
  // Float32Array.from takes five times as long, which dropout would notice
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return fromFloats(values, shape, 'float32');
}

/** Uniform numbers in [minimum, maximum). */
export function randomUniform(shape: Shape, random: Random, minimum = 0, maximum = 1): Tensor {
  return drawn('randomUniform', shape, () => random.uniform(minimum, maximum));
}

/** Normal numbers. */
export function randomNormal(shape: Shape, random: Random, mean = 0, deviation = 1): Tensor {
  return drawn('randomNormal', shape, () => random.normal(mean, deviation));
}

/** Normal numbers within two deviations of the mean. */
export function truncatedNormal(shape: Shape, random: Random, mean = 0, deviation = 1): Tensor {
  return drawn('truncatedNormal', shape, () => random.truncatedNormal(mean, deviation));
}
