/** @file Checks that operators share. Each throws an error that names the operator, the argument and what came. */
import type { Activation } from '../backend/backend.ts';
import { ArgumentError, DisposedError, DTypeError, ShapeError } from '../errors.ts';
import { checkShape, formatShape } from '../shape.ts';
import { type DType, Tensor } from '../tensor.ts';

export function checkTensor(operator: string, name: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) {
    const came =
      value === null ? 'null' : typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
    throw new ArgumentError(operator, `${name} must be a tensor but is ${came}`);
  }
  if (value.isDisposed) throw new DisposedError(operator, `${name} ${formatShape(value.shape)} was disposed`);
}

export function checkDType(operator: string, name: string, tensor: Tensor, dtype: DType = 'float32'): void {
  checkTensor(operator, name, tensor);
  if (tensor.dtype !== dtype)
    throw new DTypeError(operator, `${name} must be ${dtype} but is ${tensor.dtype} (use cast)`);
}

export function checkRank(operator: string, name: string, tensor: Tensor, rank: number, layout: string): void {
  checkTensor(operator, name, tensor);
  if (tensor.rank !== rank) {
    throw new ShapeError(operator, `${name} must have rank ${rank} ${layout} but is ${formatShape(tensor.shape)}`);
  }
}

/** An image batch. */
export function checkImages(operator: string, x: Tensor): void {
  checkRank(operator, 'x', x, 4, '[N,H,W,C]');
  checkDType(operator, 'x', x);
}

/** A vector of given length, such as a bias. */
export function checkVector(operator: string, name: string, tensor: Tensor, length: number): void {
  checkDType(operator, name, tensor);
  if (tensor.rank !== 1 || tensor.shape[0] !== length) {
    throw new ShapeError(operator, `${name} must be [${length}] but is ${formatShape(tensor.shape)}`);
  }
}

interface StridedView {
  readonly data: { readonly length: number };
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** @throws ShapeError unless all elements of a view, such as an ndarray, are in its data */
export function checkNdArray(operator: string, name: string, { data, shape, stride, offset }: StridedView): void {
  checkShape(operator, shape);
  const steps = shape.map((size, axis) => (size - 1) * (stride[axis] ?? Number.NaN));
  const first = steps.reduce((sum, step) => sum + Math.min(step, 0), offset);
  const last = steps.reduce((sum, step) => sum + Math.max(step, 0), offset);
  if (stride.length !== shape.length || !Number.isInteger(first + last) || first < 0 || last >= data.length) {
    const view = `${formatShape(shape)} by strides ${formatShape(stride)} from ${offset}`;
    throw new ShapeError(operator, `${name} ${view} do not lie in their ${data.length} numbers`);
  }
}

/** @throws ArgumentError unless the value is a number, and neither infinite nor NaN */
export function checkFinite(operator: string, name: string, value: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new ArgumentError(operator, `${name} must be a finite number but is ${value}`);
  }
}

/** @throws ArgumentError unless the value is an integer, and no smaller than the minimum */
export function checkInteger(operator: string, name: string, value: number, minimum: number, maximum?: number): void {
  if (!Number.isInteger(value) || value < minimum || value > (maximum ?? value)) {
    const range = maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    throw new ArgumentError(operator, `${name} must be an integer ${range} but is ${value}`);
  }
}

/** Whether a value is so many pairs, whatever they hold. */
export function arePairs(value: unknown, count: number): value is readonly (readonly [unknown, unknown])[] {
  return (
    Array.isArray(value) && value.length === count && value.every((pair) => Array.isArray(pair) && pair.length === 2)
  );
}

/** @throws ArgumentError unless the value is a number from minimum to maximum, both included */
export function checkRange(operator: string, name: string, value: number, minimum: number, maximum: number): void {
  if (typeof value !== 'number' || !(value >= minimum && value <= maximum)) {
    throw new ArgumentError(operator, `${name} must be from ${minimum} to ${maximum} but is ${value}`);
  }
}

/** @throws ArgumentError unless the value is one of the choices */
export function checkOneOf<T extends string>(operator: string, name: string, value: T, choices: readonly T[]): void {
  if (!choices.includes(value))
    throw new ArgumentError(operator, `${name} must be one of ${choices.join(', ')} but is ${value}`);
}

const activations = {
  relu: true,
  relu6: true,
  sigmoid: true,
  hardSigmoid: true,
  tanh: true,
  swish: true,
  hardSwish: true,
  gelu: true,
  softplus: true,
} satisfies Record<Activation, true>;

/** Whether a convolution or a product can apply it to its result before it is stored. */
export function isActivation(name: string): name is Activation {
  return Object.hasOwn(activations, name);
}

export function checkActivation(operator: string, activation: Activation | undefined): void {
  if (activation !== undefined)
    checkOneOf(operator, 'activation', activation, Object.keys(activations) as Activation[]);
}
