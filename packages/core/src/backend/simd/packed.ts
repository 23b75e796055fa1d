/** @file The packed forms of right sides that are used more than once. */
import type { Buffer } from '../backend.ts';
import type { SimdBuffer } from './memory.ts';

/** Knows which buffers were right sides of a product, in which form, and keeps those forms that are worth it. */
export class PackedForms {
  readonly #forms = new Map<Buffer, Map<string, SimdBuffer | undefined>>();

  /** Takes note of a use. @returns what is kept of an earlier one, or which use it is: from the second on, keeping pays. */
  use(buffer: Buffer, key: string): SimdBuffer | 'first' | 'repeated' {
    let forms = this.#forms.get(buffer);
    if (!forms) {
      forms = new Map();
      this.#forms.set(buffer, forms);
    }
    if (forms.has(key)) return forms.get(key) ?? 'repeated';
    forms.set(key, undefined);
    return 'first';
  }

  keep(buffer: Buffer, key: string, packed: SimdBuffer): void {
    this.#forms.get(buffer)?.set(key, packed);
  }

  /** The buffer has ended or was written to. @returns what was kept of it, which is nobody's now. */
  forget(buffer: Buffer): SimdBuffer[] {
    const forms = this.#forms.get(buffer);
    if (!forms) return [];
    this.#forms.delete(buffer);
    return [...forms.values()].filter((packed) => packed !== undefined);
  }
}
