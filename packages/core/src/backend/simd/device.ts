/** @file The simd device: the module for this engine, its memory, its threads, and how kernels are called. */
import { BackendError } from '../../errors.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import { Allocations } from '../allocations.ts';
import type { Buffer } from '../backend.ts';
import { ARGUMENTS, MAX_FLOATS, MAX_INTEGERS, RESERVED } from './control.ts';
import { type SimdBuffer, SimdMemory } from './memory.ts';
import * as modules from './modules.generated.ts';
import { PackedForms } from './packed.ts';
import { type Kernels, Threads } from './threads.ts';
import { type Windows, writeWindow } from './window.ts';

/** A thread's own memory, as scratch() in assembly/job.ts promises. */
export const SCRATCH_BYTES = 2 * 1024 * 1024;

/** Work that a chunk should have at least, and chunks that a job should have at most. */
const CHUNK_WORK = 2 ** 17;
const MAX_CHUNKS = 64;

/** One run of a kernel. */
export interface Call {
  readonly integers: readonly number[];
  readonly floats?: readonly number[];
  readonly windows?: Windows | undefined;
  readonly items: number;
  /** Floating point operations, roughly, for all items: what is too small runs on the calling thread alone. */
  readonly work: number;
}

export class SimdDevice {
  readonly packed = new PackedForms();
  readonly allocations = new Allocations((buffer) => this.release(buffer));
  readonly #memory: SimdMemory;
  readonly #threads: Threads;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;

  private constructor(memory: SimdMemory, threads: Threads) {
    this.#memory = memory;
    this.#threads = threads;
    this.#integers = new Int32Array(memory.memory.buffer, 4 * ARGUMENTS, MAX_INTEGERS);
    this.#floats = new Float32Array(memory.memory.buffer, 4 * (ARGUMENTS + MAX_INTEGERS), MAX_FLOATS);
  }

  /** @throws BackendError if the engine lacks WebAssembly's SIMD or shared memory, or a worker does not start. */
  static async create(threads: number, relaxed: boolean | undefined, onBroken: () => void): Promise<SimdDevice> {
    const module = await compile(relaxed);
    const memory = new SimdMemory(RESERVED);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory: memory.memory } });
    const scratch = () => memory.allocate(SCRATCH_BYTES / 4).pointer;
    (exports as Kernels).setScratch(scratch());
    const pool = new Threads(exports as Kernels, memory.memory, onBroken);
    await pool.start(
      Array.from({ length: threads - 1 }, () => ({ module, memory: memory.memory, scratch: scratch() })),
    );
    return new SimdDevice(memory, pool);
  }

  get threads(): number {
    return this.#threads.count;
  }

  /** A new buffer of this shape, with any content. */
  allocate(shape: Shape): SimdBuffer {
    return this.allocations.add(this.#memory.allocate(sizeOf(shape)));
  }

  upload(values: Float32Array): SimdBuffer {
    const buffer = this.#memory.allocate(values.length);
    this.#memory.view(buffer, values.length).set(values);
    return buffer;
  }

  download(buffer: Buffer, length: number): Float32Array {
    // twice as fast as slice(), which engines do not hurry when memory is shared
    const values = new Float32Array(length);
    values.set(this.#memory.view(buffer, length));
    return values;
  }

  release(buffer: Buffer): void {
    this.changed(buffer);
    this.allocations.delete(buffer);
    this.#memory.release(buffer);
  }

  /** Gives a packed form of a buffer over, to live as long as that buffer does unchanged. */
  keepPacked(buffer: Buffer, key: string, packed: SimdBuffer): void {
    this.packed.keep(buffer, key, packed);
    this.allocations.delete(packed);
  }

  /** To be told of every buffer that is written to in place. */
  changed(buffer: Buffer): void {
    for (const packed of this.packed.forget(buffer)) this.#memory.release(packed);
  }

  /** Runs an export of the module on as many threads as the work is worth. */
  run(kernel: string, { integers, floats, windows, items, work }: Call): void {
    // element by element: engines are slow to copy plain arrays into typed ones
    for (let i = 0; i < integers.length; i++) this.#integers[i] = integers[i] as number;
    if (floats) for (let i = 0; i < floats.length; i++) this.#floats[i] = floats[i] as number;
    if (windows) writeWindow(windows, this.#integers);
    const chunks = Math.min(Math.max(Math.round(work / CHUNK_WORK), 1), MAX_CHUNKS);
    this.#threads.run(kernel, items, Math.ceil(items / chunks));
  }

  destroy(): void {
    this.#threads.destroy();
  }
}

/** The address of an operand's first float. */
export function pointer(operand: { readonly buffer: Buffer }): number {
  return (operand.buffer as SimdBuffer).pointer;
}

/** The relaxed module where the engine has relaxed SIMD, unless one of the two is asked for. */
async function compile(relaxed?: boolean): Promise<WebAssembly.Module> {
  for (const isRelaxed of relaxed === undefined ? [true, false] : [relaxed]) {
    const bytes = decode(isRelaxed ? modules.relaxed : modules.plain);
    if (WebAssembly.validate(bytes)) return WebAssembly.compile(bytes);
  }
  throw new BackendError('simd', `this engine lacks WebAssembly's ${relaxed ? 'relaxed ' : ''}SIMD or threads`);
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  // Uint8Array.from() with a function takes twenty times as long
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
