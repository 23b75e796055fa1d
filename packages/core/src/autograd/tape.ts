/**
 * @file Reverse-mode differentiation. Running an operator on a tensor that requires gradients links the result to its
 * operands; `backward` walks these links from the loss to the parameters. There is no global list: what a loss was not
 * computed from is not visited, and what nobody holds is collected as garbage.
 */
import type { Backend, ForwardKernels, ForwardName, Kernel, Operand } from '../backend/backend.ts';
import { ArgumentError, BackendError, DisposedError, GradientError } from '../errors.ts';
import { Storage, tidy } from '../memory.ts';
import { formatShape, type Shape, sizeOf } from '../shape.ts';
import { type DType, Parameter, Tensor } from '../tensor.ts';
import { gradients } from './gradients.ts';

/** What the tape records: every forward kernel, and what needs none. */
export interface Operators extends ForwardKernels {
  /** Shares its operand's buffer. */
  reshape: Kernel<[x: Operand]>;
}
export type OperatorName = keyof Operators;

type Operands<K extends OperatorName> = Parameters<Operators[K]>[0];
type AsTensors<T extends readonly unknown[]> = { [I in keyof T]: undefined extends T[I] ? Tensor | undefined : Tensor };
/** An operator's operands as tensors. */
export type Inputs<K extends OperatorName> = AsTensors<Operands<K>>;
export type Attributes<K extends OperatorName> = Parameters<Operators[K]>[1];

/** One operation that was run: enough to differentiate it. */
export interface GraphNode<K extends OperatorName = OperatorName> {
  readonly operator: K;
  readonly inputs: Inputs<K>;
  readonly attributes: Attributes<K>;
  /** The inputs' storages at that time; another one now means that a parameter was assigned since. */
  readonly storages: readonly (Storage | undefined)[];
}

let recording = true;

/**
 * Runs `fn` without recording: its results cannot be differentiated, and cost less.
 * @throws ArgumentError if `fn` returns a promise: what it runs after its first `await` would be recorded.
 */
export function noGrad<T>(fn: () => T): T {
  const before = recording;
  recording = false;
  try {
    const result = fn();
    if (result instanceof Promise)
      throw new ArgumentError('noGrad', 'the function must not return a promise; await outside of noGrad');
    return result;
  } finally {
    recording = before;
  }
}

/** Whether an operator on these inputs would be recorded. */
export function isRecorded(inputs: readonly (Tensor | undefined)[]): boolean {
  return recording && inputs.some((input) => input?.requiresGrad);
}

/** Runs a forward kernel on its operands' backend, and records it if a gradient may be asked for. */
export function run<K extends ForwardName>(
  operator: K,
  inputs: Inputs<K>,
  attributes: Attributes<K>,
  shape: Shape,
  dtype: DType = 'float32',
): Tensor {
  const tensors = inputs as readonly (Tensor | undefined)[];
  // elementwise functions and reductions are known by their own names
  const name = 'fn' in attributes ? attributes.fn : operator;
  const kernel = commonBackend(name, tensors)[operator] as (
    operands: object,
    attributes: object,
    shape: Shape,
  ) => object;
  const buffer = kernel(tensors, attributes, shape);
  return record(operator, inputs, attributes, newStorage(tensors, buffer, shape), shape, dtype);
}

/** The same elements under another shape or type. */
export function view(x: Tensor, shape: Shape, dtype: DType = x.dtype): Tensor {
  return record('reshape', [x], {}, x.storage.retain(), shape, dtype);
}

/** x as an operand through which no gradient flows. */
export function constant(x: Tensor): Tensor {
  return x.requiresGrad ? noGrad(() => view(x, x.shape)) : x;
}

function record<K extends OperatorName>(
  operator: K,
  inputs: Inputs<K>,
  attributes: Attributes<K>,
  storage: Storage,
  shape: Shape,
  dtype: DType,
): Tensor {
  const tensors = inputs as readonly (Tensor | undefined)[];
  if (!isRecorded(tensors) || dtype !== 'float32') return new Tensor(storage, shape, dtype);
  const storages = tensors.map((input) => input?.storage);
  return new Tensor(storage, shape, dtype, { operator, inputs, attributes, storages } as unknown as GraphNode);
}

/**
 * Runs an operator that is made of others. Its intermediate results end with it, unless the tape needs them: then they
 * end with the caller's scope.
 */
export function composite(inputs: readonly (Tensor | undefined)[], fn: () => Tensor): Tensor {
  return isRecorded(inputs) ? fn() : tidy(fn);
}

/** Runs a kernel that is not differentiable, such as those that derivatives are made of. */
export function compute(
  operator: string,
  inputs: readonly Tensor[],
  shape: Shape,
  kernel: (backend: Backend) => object,
): Tensor {
  const buffer = kernel(commonBackend(operator, inputs));
  return new Tensor(newStorage(inputs, buffer, shape), shape);
}

function newStorage(inputs: readonly (Tensor | undefined)[], buffer: object, shape: Shape): Storage {
  return new Storage((inputs[0] as Tensor).backend, buffer, sizeOf(shape) * 4);
}

/** The backend of all inputs. */
export function commonBackend(operator: string, inputs: readonly (Tensor | undefined)[]): Backend {
  const [first, ...others] = inputs.map((input, i) => {
    if (input?.isDisposed) throw new DisposedError(operator, `operand ${i} ${formatShape(input.shape)} was disposed`);
    return input?.backend;
  });
  const other = others.find((backend) => backend && backend !== first);
  if (other) throw new BackendError(operator, `operands live on two backends, ${first?.name} and ${other.name}`);
  return first as Backend;
}

/** See Tensor.backward. @param only The parameters that collect gradients, of all that the loss was computed from. */
export function backward(loss: Tensor, only?: ReadonlySet<Parameter>): void {
  if (loss.size !== 1)
    throw new GradientError('backward', `expected a scalar but the tensor is ${formatShape(loss.shape)}`);
  if (!loss.requiresGrad)
    throw new GradientError('backward', 'the tensor was not computed from a trainable parameter (or under noGrad)');
  noGrad(() =>
    tidy(() => {
      const pending = new Map<Tensor, Tensor>([[loss, onesLike(loss)]]);
      const order = fromResultToOperands(loss);
      const wanted = only ? computedFrom(only, order) : new Set(order);
      for (const tensor of order) {
        const dy = wanted.has(tensor) && pending.get(tensor);
        if (!dy) continue;
        pending.delete(tensor);
        if (tensor instanceof Parameter) collect(tensor, dy);
        else {
          differentiate(tensor, dy, pending, wanted);
          dy.dispose();
        }
      }
    }),
  );
}

function onesLike(tensor: Tensor): Tensor {
  const ones = new Float32Array(tensor.size).fill(1);
  return new Tensor(new Storage(tensor.backend, tensor.backend.upload(ones), ones.byteLength), tensor.shape);
}

/** Adds the derivatives by a tensor's operands, those that are wanted, to what is pending for them. */
function differentiate(tensor: Tensor, dy: Tensor, pending: Map<Tensor, Tensor>, wanted: ReadonlySet<Tensor>): void {
  const node = tensor.node as GraphNode;
  const { operator, attributes } = node;
  const inputs = node.inputs as readonly (Tensor | undefined)[];
  checkUnchanged(node);
  const rule = gradients[operator] as (context: object, dy: Tensor) => readonly ((() => Tensor) | null)[];
  const derivatives = rule({ inputs, attributes, output: tensor }, dy);
  inputs.forEach((input, i) => {
    if (!input || !wanted.has(input)) return;
    const derivative = derivatives[i];
    if (!derivative) throw new GradientError('backward', `${operator} has no derivative by its operand ${i}`);
    const result = tidy(derivative);
    const dx = result === dy ? new Tensor(dy.storage.retain(), dy.shape) : result;
    const before = pending.get(input);
    pending.set(input, before ? sumOf(before, dx) : dx);
  });
}

function checkUnchanged({ operator, inputs, storages }: GraphNode): void {
  (inputs as readonly (Tensor | undefined)[]).forEach((input, i) => {
    if (input?.isDisposed)
      throw new GradientError(
        'backward',
        `operand ${i} ${formatShape(input.shape)} of ${operator} was disposed before`,
      );
    if (input && input.storage !== storages[i]) {
      throw new GradientError(
        'backward',
        `operand ${i} ${formatShape(input.shape)} of ${operator} was assigned after it was used`,
      );
    }
  });
}

function collect(parameter: Parameter, dy: Tensor): void {
  parameter.setGrad(parameter.grad ? sumOf(new Tensor(parameter.grad.storage.retain(), dy.shape), dy) : dy);
}

/** Their sum in place of both. */
function sumOf(a: Tensor, b: Tensor): Tensor {
  const sum = run('binary', [a, b], { fn: 'add' }, a.shape);
  a.dispose();
  b.dispose();
  return sum;
}

/** Of tensors from a result to its operands: these parameters, and what was computed from them. */
function computedFrom(parameters: ReadonlySet<Tensor>, order: readonly Tensor[]): Set<Tensor> {
  const found = new Set<Tensor>();
  for (const tensor of order.toReversed()) {
    const inputs = (tensor.node?.inputs ?? []) as readonly (Tensor | undefined)[];
    if (parameters.has(tensor) || inputs.some((input) => input && found.has(input))) found.add(tensor);
  }
  return found;
}

/** Every tensor on the way from the parameters to `result`, each after all that were computed from it. */
function fromResultToOperands(result: Tensor): Tensor[] {
  const order: Tensor[] = [];
  const visited = new Set<Tensor>();
  // an explicit stack: deep networks are longer than the call stack
  const stack: { tensor: Tensor; done: boolean }[] = [{ tensor: result, done: false }];
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { tensor, done } = entry;
    if (done) order.push(tensor);
    else if (!visited.has(tensor)) {
      visited.add(tensor);
      stack.push({ tensor, done: true });
      for (const input of (tensor.node?.inputs ?? []) as readonly (Tensor | undefined)[]) {
        if (input?.requiresGrad) stack.push({ tensor: input, done: false });
      }
    }
  }
  return order.reverse();
}
