/** @file Tensors: a shape, an element type and a buffer on a backend, with a link to how they were computed. */
import ndarray, { type NdArray } from 'ndarray';
import type { GraphNode } from './autograd/tape.ts';
import { backward } from './autograd/tape.ts';
import type { Backend, Buffer, Operand } from './backend/backend.ts';
import { ArgumentError, BackendError, DisposedError, DTypeError, ShapeError } from './errors.ts';
import { firstOutsideInt32, INTEGERS } from './integers.ts';
import { keep, register, Storage, unregister } from './memory.ts';
import { formatTensor } from './print.ts';
import { formatShape, type Shape, sameShape, sizeOf } from './shape.ts';

/** float32 for numbers, int32 for labels and indices (exact up to 2^24 in magnitude). */
export type DType = 'float32' | 'int32';

export type TypedArray = Float32Array | Int32Array;

/** A tensor's elements as nested arrays; a scalar's is a number. */
export type NestedArray = number | NestedArray[];

/** An immutable array of numbers on a backend. Made by the creation functions and by operators. */
export class Tensor implements Operand {
  #storage: Storage | undefined;

  /** @param storage Given over to the tensor. */
  constructor(
    storage: Storage,
    readonly shape: Shape,
    readonly dtype: DType = 'float32',
    /** How it was computed, if gradients can flow through it. */
    readonly node: GraphNode | undefined = undefined,
  ) {
    this.#storage = storage;
    register(this);
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether gradients flow into or through this tensor. */
  get requiresGrad(): boolean {
    return this.node !== undefined;
  }

  /** @throws DisposedError */
  get storage(): Storage {
    if (!this.#storage)
      throw new DisposedError('tensor', `the ${this.dtype} tensor ${formatShape(this.shape)} was disposed`);
    return this.#storage;
  }

  protected replaceStorage(storage: Storage): void {
    const old = this.storage;
    this.#storage = storage;
    old.release();
  }

  get buffer(): Buffer {
    return this.storage.buffer;
  }

  get backend(): Backend {
    return this.storage.backend;
  }

  get isDisposed(): boolean {
    return this.#storage === undefined;
  }

  /**
   * A copy of the elements in row-major order.
   * @throws ArgumentError if an int32 tensor holds what is no integer of at most 2^24: NaN, by `gather` outside of an
   * axis, or what `cast` was given.
   */
  async data(): Promise<TypedArray> {
    const { backend, buffer } = this.storage;
    return this.#typed(await backend.download(buffer, this.size));
  }

  /** The same at once. @throws BackendError on webgpu, which cannot be read synchronously. */
  dataSync(): TypedArray {
    return this.#typed(this.backend.downloadSync(this.buffer, this.size));
  }

  /** The elements as nested arrays. */
  async array(): Promise<NestedArray> {
    return nest(await this.data(), this.shape);
  }

  /** The only element of a tensor that has one. @throws ShapeError if it has others, and as `data` does */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new ShapeError('item', `expected one element but the tensor is ${formatShape(this.shape)}`);
    return (await this.data())[0] as number;
  }

  /** The elements as an ndarray of the same shape. */
  async ndarray(): Promise<NdArray<TypedArray>> {
    return ndarray(await this.data(), [...this.shape]);
  }

  #typed(values: Float32Array): TypedArray {
    if (this.dtype === 'float32') return values;
    const wrong = firstOutsideInt32(values);
    if (wrong !== undefined)
      throw new ArgumentError(
        'data',
        `the int32 tensor ${formatShape(this.shape)} holds ${wrong}, which is none of the ${INTEGERS}`,
      );
    return Int32Array.from(values);
  }

  /**
   * Differentiates this scalar by every trainable parameter that it was computed from, adding to their `grad`.
   * @throws GradientError if it is no scalar or was computed from no such parameter, or if what it was computed from
   * was assigned or disposed since
   */
  backward(): void {
    backward(this);
  }

  /** Gives the memory back. Disposing twice is no error; using a disposed tensor is. */
  dispose(): void {
    if (!this.#storage) return;
    this.#storage.release();
    this.#storage = undefined;
    unregister(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Shape, type and elements as text; long axes are shortened. On webgpu, where reading takes a promise, without
   * elements.
   */
  toString(): string {
    return formatTensor(this);
  }
}

/** A tensor that collects gradients and can be assigned: a weight. It outlives scopes until it is disposed. */
export class Parameter extends Tensor {
  #grad: Tensor | undefined;
  /** Only trainable parameters collect gradients. */
  trainable: boolean;

  /**
   * @param value Its elements are shared, and the tensor itself stays the caller's.
   * @throws DTypeError, DisposedError
   */
  constructor(value: Tensor, { trainable = true }: { trainable?: boolean } = {}) {
    if (value.dtype !== 'float32') throw new DTypeError('Parameter', `expected float32 but got ${value.dtype}`);
    super(value.storage.retain(), value.shape);
    this.trainable = trainable;
    keep(this);
  }

  override get requiresGrad(): boolean {
    return this.trainable;
  }

  /** The sum of the gradients of every `backward()` since the last `zeroGrad()`. */
  get grad(): Tensor | undefined {
    return this.#grad;
  }

  /**
   * Takes over a gradient, in place of the one before.
   * @throws ShapeError, DTypeError, DisposedError; BackendError if it lives on another backend
   */
  setGrad(grad: Tensor | undefined): void {
    if (grad === this.#grad) return;
    if (grad) {
      this.#checkLike('setGrad', grad);
      if (grad.backend !== this.backend)
        throw new BackendError(
          'setGrad',
          `expected a gradient on ${this.backend.name} but it lives on ${grad.backend.name}`,
        );
    }
    this.#grad?.dispose();
    this.#grad = grad && keep(grad);
  }

  zeroGrad(): void {
    this.setGrad(undefined);
  }

  /**
   * Takes new elements of the same shape. Graphs computed from the old ones cannot be differentiated any more.
   * @throws ShapeError, DTypeError, DisposedError
   */
  assign(value: Tensor): void {
    this.#checkLike('assign', value);
    if (value.storage !== this.storage) this.replaceStorage(value.storage.retain());
  }

  #checkLike(operator: string, value: Tensor): void {
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError(operator, `expected ${formatShape(this.shape)} but got ${formatShape(value.shape)}`);
    }
    if (value.dtype !== this.dtype) throw new DTypeError(operator, `expected ${this.dtype} but got ${value.dtype}`);
  }

  /** Makes sure that nobody else shares the buffer, before it is updated in place. */
  own(): void {
    if (!this.storage.isShared) return;
    const { backend, buffer, bytes } = this.storage;
    const copy = backend.binaryScalar(
      [{ shape: this.shape, buffer }],
      { fn: 'mul', scalar: 1, scalarFirst: false },
      this.shape,
    );
    this.replaceStorage(new Storage(backend, copy, bytes));
  }

  /** Takes the result of an update, which may be its own buffer with new contents. */
  replaceBuffer(buffer: Buffer): void {
    const { storage } = this;
    if (buffer === storage.buffer) storage.abandon();
    this.replaceStorage(new Storage(storage.backend, buffer, storage.bytes));
  }

  override dispose(): void {
    this.zeroGrad();
    super.dispose();
  }
}

function nest(values: TypedArray, shape: Shape): NestedArray {
  const [size, ...rest] = shape;
  if (size === undefined) return values[0] as number;
  const step = values.length / size;
  return Array.from({ length: size }, (_, i) => nest(values.subarray(i * step, (i + 1) * step), rest));
}
