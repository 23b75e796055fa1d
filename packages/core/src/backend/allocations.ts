/** @file Gives back what a kernel had allocated when it throws, as it does when memory runs out half-way. */
import type { Buffer } from './backend.ts';

type Kernel = (operands: unknown, attributes: unknown, shape: unknown) => unknown;

/** The buffers that the kernel at hand has made, and neither released nor handed to anyone else. */
export class Allocations {
  /** An array, since they are few, and each kernel begins with none. */
  readonly #made: Buffer[] = [];

  constructor(private readonly release: (buffer: Buffer) => void) {}

  /** To be told of every buffer that kernels make. */
  add<T extends Buffer>(buffer: T): T {
    this.#made.push(buffer);
    return buffer;
  }

  /** To be told of every buffer that is released, or that outlives the kernel whatever becomes of it. */
  delete(buffer: Buffer): void {
    const place = this.#made.indexOf(buffer);
    if (place >= 0) this.#made.splice(place, 1);
  }

  /** The same kernels, which leave no buffer behind when they throw. They must not call each other. */
  guard<Kernels extends object>(kernels: Kernels): Kernels {
    const guarded = Object.entries(kernels as Record<string, Kernel>).map(([name, kernel]) => {
      const run: Kernel = (operands, attributes, shape) => {
        try {
          return kernel(operands, attributes, shape);
        } catch (error) {
          for (const buffer of [...this.#made]) this.release(buffer);
          throw error;
        } finally {
          this.#made.length = 0;
        }
      };
      return [name, run];
    });
    return Object.fromEntries(guarded) as Kernels;
  }
}
