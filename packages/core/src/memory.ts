/** @file Who owns tensors: scopes that dispose what was made in them, and counters of what is alive. */
import type { Backend, Buffer } from './backend/backend.ts';
import { ArgumentError, FerError } from './errors.ts';
import { formatShape, type Shape } from './shape.ts';

/** Anything that a scope can end. */
interface Disposable {
  dispose(): void;
}

/** A tensor, as those know it who count them. */
interface Counted extends Disposable {
  readonly shape: Shape;
}

/** A buffer and the number of tensors that share it. */
export class Storage {
  #owners = 1;
  #abandoned = false;

  constructor(
    readonly backend: Backend,
    readonly buffer: Buffer,
    readonly bytes: number,
  ) {
    live.bytes += bytes;
  }

  retain(): this {
    this.#owners++;
    return this;
  }

  get isShared(): boolean {
    return this.#owners > 1;
  }

  /** Another storage has taken over the buffer: when this one ends, the buffer does not. */
  abandon(): void {
    this.#abandoned = true;
  }

  release(): void {
    if (--this.#owners > 0) return;
    live.bytes -= this.bytes;
    if (!this.#abandoned) this.backend.release(this.buffer);
  }
}

const live = { tensors: 0, bytes: 0 };
const scopes: Set<Disposable>[] = [];

/** Of each assertNoLeaks that waits: the tensors that were made since and are alive, and where. */
const watches = new Set<Map<Counted, Error>>();

/** Leaks that an error shows. */
const SHOWN = 5;

/** What is alive: tensors that were not disposed, and the bytes of their buffers (shared ones counted once). */
export function memory(): { tensors: number; bytes: number } {
  return { ...live };
}

/**
 * Calls a function, waits for it, and gives what it returned, for tests of programs that dispose their tensors.
 * @param left How many tensors may be left: 0 unless given, those that are returned count as well.
 * @throws FerError if more tensors were left, or fewer, as when it disposed what was there before. It has the shapes of those that the
 *   function made and that are alive, and as its cause where the first of them was made.
 */
export async function assertNoLeaks<T>(fn: () => T, left = 0): Promise<Awaited<T>> {
  const before = memory();
  const made = new Map<Counted, Error>();
  watches.add(made);
  let result: Awaited<T>;
  try {
    result = await fn();
  } finally {
    watches.delete(made);
  }
  const { tensors, bytes } = memory();
  if (tensors - before.tensors === left) return result;
  const counts = `${tensors - before.tensors}, and ${bytes - before.bytes} bytes`;
  const shapes = [...made.keys()].slice(0, SHOWN).map(({ shape }) => formatShape(shape));
  const which = shapes.length > 0 ? `: ${shapes.join(', ')}${made.size > SHOWN ? ', ...' : ''}` : '';
  const [cause] = made.values();
  throw new FerError('assertNoLeaks', `expected ${left} tensors to be left but there are ${counts}${which}`, { cause });
}

/** Enters a new tensor into the counters and the innermost scope. */
export function register(tensor: Counted): void {
  live.tensors++;
  for (const made of watches) made.set(tensor, new Error('a tensor that was left was made here'));
  scopes.at(-1)?.add(tensor);
}

export function unregister(tensor: Counted): void {
  live.tensors--;
  for (const made of watches) made.delete(tensor);
  for (const scope of scopes) scope.delete(tensor);
}

/** Takes a tensor out of every scope, so that it lives until it is disposed by name. */
export function keep<T extends Disposable>(tensor: T): T {
  for (const scope of scopes) scope.delete(tensor);
  return tensor;
}

/**
 * Runs `fn` and disposes every tensor that was made in it, but those that it returns (alone, or within arrays and plain
 * objects), parameters and kept gradients.
 * @throws ArgumentError if `fn` returns a promise: what it makes after its first `await` would escape.
 */
export function tidy<T>(fn: () => T): T {
  const scope = new Set<Disposable>();
  scopes.push(scope);
  let result: T;
  try {
    result = fn();
    if (result instanceof Promise)
      throw new ArgumentError('tidy', 'the function must not return a promise; await outside of tidy');
    for (const tensor of tensorsIn(result)) {
      if (scope.delete(tensor)) scopes.at(-2)?.add(tensor);
    }
  } finally {
    scopes.pop();
    for (const tensor of scope) tensor.dispose();
  }
  return result;
}

function* tensorsIn(value: unknown): Generator<Disposable> {
  if (value === null || typeof value !== 'object') return;
  if ('dispose' in value && typeof value.dispose === 'function') yield value as Disposable;
  else if (Array.isArray(value)) for (const item of value) yield* tensorsIn(item);
  else if (Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) yield* tensorsIn(item);
}
