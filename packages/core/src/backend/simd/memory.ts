/** @file The kernels' memory: one WebAssembly.Memory, shared by all threads, and an allocator of its blocks. */
import { BackendError } from '../../errors.ts';
import type { Buffer } from '../backend.ts';

const PAGE = 65_536;

/**
 * 4 GiB but for the last 16 MiB, so that addresses a few rows behind a buffer, with which loops compare theirs, do not wrap
 * around to 0; and 1 GiB for hosts that reserve no more.
 */
const MAX_PAGES = [65_280, 16_384];

/** Memory grows by this many bytes at least. */
const MIN_GROWTH = 16 * 1024 * 1024;

/** Bytes behind every buffer that kernels may touch, so that vectors need no special last step. */
const SLACK = 64;

/** A block of memory. */
export interface SimdBuffer {
  /** In bytes from the start of the memory; 0 once it is released. */
  pointer: number;
  /** Of the whole block, the slack included. */
  readonly bytes: number;
}

/** Hands out blocks whose sizes are eighths of powers of two, so that blocks given back fit again. */
export class SimdMemory {
  readonly memory = createMemory();
  /** The addresses of free blocks by their size. */
  readonly #free = new Map<number, number[]>();
  #floats = new Float32Array(this.memory.buffer);
  /** Everything from here on was never used. */
  #end: number;
  #liveBytes = 0;

  /** @param reserved bytes at the start that are not the allocator's */
  constructor(reserved: number) {
    this.#end = reserved;
  }

  /**
   * Room for so many floats, with any content.
   * @throws BackendError if the memory is full.
   */
  allocate(floats: number): SimdBuffer {
    const bytes = sizeClass(floats * 4 + SLACK);
    const block = this.#reuse(bytes) ?? this.#extend(bytes) ?? this.#reuseLarger(bytes);
    if (!block) {
      throw new BackendError(
        'simd',
        `out of memory: ${bytes} bytes were asked for while ${this.#liveBytes} are in use, of ${this.#end} (the rest is free in smaller blocks); dispose tensors or use smaller batches`,
      );
    }
    this.#liveBytes += block.bytes;
    return block;
  }

  release(buffer: Buffer): void {
    const block = buffer as SimdBuffer;
    if (block.pointer === 0) throw new BackendError('simd', 'a buffer was released twice');
    const free = this.#free.get(block.bytes);
    if (free) free.push(block.pointer);
    else this.#free.set(block.bytes, [block.pointer]);
    this.#liveBytes -= block.bytes;
    block.pointer = 0;
  }

  /** The first floats of a buffer, in place. Not valid beyond the next allocation. */
  view(buffer: Buffer, length: number): Float32Array {
    const start = (buffer as SimdBuffer).pointer / 4;
    return this.#floats.subarray(start, start + length);
  }

  #reuse(bytes: number): SimdBuffer | undefined {
    const pointer = this.#free.get(bytes)?.pop();
    return pointer === undefined ? undefined : { pointer, bytes };
  }

  #extend(bytes: number): SimdBuffer | undefined {
    const pointer = this.#end;
    const missing = pointer + bytes - this.memory.buffer.byteLength;
    if (missing > 0 && !this.#grow(Math.max(missing, MIN_GROWTH)) && !this.#grow(missing)) return undefined;
    this.#end = pointer + bytes;
    return { pointer, bytes };
  }

  #grow(bytes: number): boolean {
    try {
      this.memory.grow(Math.ceil(bytes / PAGE));
    } catch {
      return false;
    }
    this.#floats = new Float32Array(this.memory.buffer);
    return true;
  }

  /** The last resort: the smallest free block that is large enough. */
  #reuseLarger(bytes: number): SimdBuffer | undefined {
    const sizes = [...this.#free].filter(([size, blocks]) => size > bytes && blocks.length > 0).map(([size]) => size);
    return sizes.length === 0 ? undefined : this.#reuse(Math.min(...sizes));
  }
}

function createMemory(): WebAssembly.Memory {
  for (const maximum of MAX_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: 16, maximum, shared: true });
    } catch {
      // the next one is smaller
    }
  }
  throw new BackendError('simd', 'this host refuses a shared WebAssembly.Memory');
}

/** At least so many bytes: the next eighth of a power of two, and a multiple of 64. */
function sizeClass(bytes: number): number {
  let step = 64;
  while (step * 16 <= bytes) step *= 2;
  return Math.ceil(bytes / step) * step;
}
