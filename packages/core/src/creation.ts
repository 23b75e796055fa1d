/** @file Functions that make tensors on the backend in use. */
import type { NdArray } from 'ndarray';
import type { Backend } from './backend/backend.ts';
import { backend } from './backend/registry.ts';
import { ArgumentError, ShapeError } from './errors.ts';
import { firstOutsideInt32, INTEGERS } from './integers.ts';
import { Storage } from './memory.ts';
import { checkInteger, checkNdArray, checkOneOf } from './ops/check.ts';
import type { Random } from './random.ts';
import { checkShape, formatShape, type Shape, sizeOf } from './shape.ts';
import { type DType, Tensor } from './tensor.ts';

/** What a tensor can be made from. */
export type TensorValues = number | readonly TensorValues[] | ArrayLike<number> | NdArray;

/** Room for numbers before they become a tensor: as exact as it takes to see whether integers are integers. */
type Numbers = Float32Array | Float64Array;

const room = (length: number, dtype: DType): Numbers =>
  dtype === 'int32' ? new Float64Array(length) : new Float32Array(length);

/**
 * A tensor of these values.
 * @param values A number, nested arrays, a typed array or an ndarray.
 * @param shape As the values are nested, unless given.
 * @param owner The backend that it shall live on, as that of another tensor, `x.backend`; the one in use unless given.
 * @throws ShapeError if shape and values do not fit, ArgumentError for int32 values that are no integers or exceed
 * 2^24, before they are rounded.
 */
export function tensor(values: TensorValues, shape?: Shape, dtype: DType = 'float32', owner?: Backend): Tensor {
  const natural = isNdArray(values) ? values.shape : shapeOfNested(values);
  const target = shape ?? natural;
  checkShape('tensor', target);
  if (sizeOf(target) !== sizeOf(natural))
    throw new ShapeError('tensor', `${sizeOf(natural)} values do not fill the shape ${formatShape(target)}`);
  const flat = room(sizeOf(target), dtype);
  if (isNdArray(values)) {
    checkNdArray('tensor', 'values', values);
    fillFromNdArray(flat, values);
  } else fillFromNested(flat, values, natural, 0);
  return fromNumbers('tensor', flat, target, dtype, owner);
}

function isNdArray(values: TensorValues): values is NdArray {
  return typeof values === 'object' && values !== null && 'stride' in values && 'offset' in values;
}

function shapeOfNested(values: TensorValues): number[] {
  if (typeof values === 'number') return [];
  const length = lengthOf(values);
  if (length === undefined) throw notNumbers(values);
  if (length === 0) throw new ShapeError('tensor', 'values must not be empty');
  const [first] = values as readonly TensorValues[];
  return [length, ...shapeOfNested(first as TensorValues)];
}

const notNumbers = (values: unknown) =>
  new ArgumentError('tensor', `values must be numbers, arrays or an ndarray but hold ${values}`);

/** Of an array or a typed array. */
function lengthOf(values: unknown): number | undefined {
  return Array.isArray(values) || ArrayBuffer.isView(values) ? (values as ArrayLike<number>).length : undefined;
}

function fillFromNested(flat: Numbers, values: TensorValues, shape: Shape, position: number): number {
  const [size, ...rest] = shape;
  if (size === undefined) {
    if (lengthOf(values) !== undefined) throw new ShapeError('tensor', 'values are nested to different depths');
    if (typeof values !== 'number') throw notNumbers(values);
    flat[position] = values;
    return position + 1;
  }
  const length = lengthOf(values);
  if (length !== size)
    throw new ShapeError('tensor', `values are ragged: expected ${size} entries but got ${length ?? 'a number'}`);
  if (ArrayBuffer.isView(values) && rest.length === 0) {
    flat.set(values as unknown as ArrayLike<number>, position);
    return position + size;
  }
  let next = position;
  for (const item of values as ArrayLike<TensorValues> & Iterable<TensorValues>)
    next = fillFromNested(flat, item, rest, next);
  return next;
}

/** Reads any strided view in row-major order. */
function fillFromNdArray(flat: Numbers, { data, shape, stride, offset }: NdArray): void {
  const read = 'get' in data ? (i: number) => data.get(i) : (i: number) => data[i] as number;
  let position = 0;
  const visit = (axis: number, start: number) => {
    const [size, step] = [shape[axis], stride[axis]];
    if (size === undefined || step === undefined) flat[position++] = read(start);
    else for (let i = 0; i < size; i++) visit(axis + 1, start + i * step);
  };
  visit(0, offset);
}

/** A tensor of an operator's numbers; float32 ones are taken over. @param owner The backend that it shall live on. */
export function fromNumbers(
  operator: string,
  values: Numbers,
  shape: Shape,
  dtype: DType = 'float32',
  owner: Backend = backend(),
): Tensor {
  checkOneOf(operator, 'dtype', dtype, ['float32', 'int32']);
  if (dtype === 'int32') {
    const wrong = firstOutsideInt32(values);
    if (wrong !== undefined) throw new ArgumentError(operator, `int32 values must be ${INTEGERS}, but one is ${wrong}`);
  }
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  return new Tensor(new Storage(owner, owner.upload(floats), floats.byteLength), [...shape], dtype);
}

/**
 * A tensor of one value everywhere.
 * @throws ShapeError for sizes that are no positive integers, ArgumentError for a value that is no number, or an int32 one
 * that is no integer or exceeds 2^24
 */
export function full(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  return filled('full', shape, value, dtype);
}

/** A tensor of zeros. @param owner As for `tensor`. @throws ShapeError for sizes that are no positive integers */
export const zeros = (shape: Shape, dtype: DType = 'float32', owner?: Backend): Tensor =>
  filled('zeros', shape, 0, dtype, owner);

/** A tensor of ones. @param owner As for `tensor`. @throws ShapeError for sizes that are no positive integers */
export const ones = (shape: Shape, dtype: DType = 'float32', owner?: Backend): Tensor =>
  filled('ones', shape, 1, dtype, owner);

function filled(operator: string, shape: Shape, value: number, dtype: DType, owner?: Backend): Tensor {
  checkShape(operator, shape);
  if (typeof value !== 'number') throw new ArgumentError(operator, `value must be a number but is ${value}`);
  return fromNumbers(operator, room(sizeOf(shape), dtype).fill(value), shape, dtype, owner);
}

/**
 * [start, start + step, ...] up to but not including end. A fractional step may, by its rounding error, reach it, as NumPy's
 * arange does.
 * @param owner As for `tensor`.
 * @throws ArgumentError if there is no such number, or an int32 one is no integer or exceeds 2^24; ShapeError if there are too many
 */
export function range(start: number, end: number, step = 1, dtype: DType = 'float32', owner?: Backend): Tensor {
  const length = Math.ceil((end - start) / step);
  if (!(length >= 1 && Number.isFinite(length)))
    throw new ArgumentError('range', `no number lies from ${start} to ${end} by steps of ${step}`);
  checkShape('range', [length]);
  const values = room(length, dtype).map((_, i) => start + i * step);
  return fromNumbers('range', values, [length], dtype, owner);
}

/**
 * [n, classes] with a 1 at each label, from labels on the host.
 * @throws ArgumentError for labels that are no class, ShapeError
 */
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
  return fromNumbers('oneHot', values, [labels.length, classes]);
}

/** A tensor of as many draws. @param owner The backend that it shall live on. */
export function drawn(operator: string, shape: Shape, draw: () => number, owner?: Backend): Tensor {
  checkShape(operator, shape);
  const values = new Float32Array(sizeOf(shape));
  // Float32Array.from takes five times as long, which dropout would notice
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return fromNumbers(operator, values, shape, 'float32', owner);
}

/** Uniform numbers from minimum to maximum, which rounding to float32 may give too. @throws ShapeError */
export function randomUniform(shape: Shape, random: Random, minimum = 0, maximum = 1): Tensor {
  return drawn('randomUniform', shape, () => random.uniform(minimum, maximum));
}

/** Normal numbers. @throws ShapeError */
export function randomNormal(shape: Shape, random: Random, mean = 0, deviation = 1): Tensor {
  return drawn('randomNormal', shape, () => random.normal(mean, deviation));
}

/** Normal numbers within two deviations of the mean. @throws ShapeError */
export function truncatedNormal(shape: Shape, random: Random, mean = 0, deviation = 1): Tensor {
  return drawn('truncatedNormal', shape, () => random.truncatedNormal(mean, deviation));
}
