/** @file Released textures and buffers, kept to be used again: making one costs more than most kernels. */

/** Bytes that are kept at most. */
const MAX_BYTES = 256 * 2 ** 20;

export class Pool<Size, Resource> {
  readonly #free = new Map<Size, Resource[]>();
  #bytes = 0;

  /** @param end Frees what there is no room for. */
  constructor(private readonly end: (resource: Resource) => void) {}

  /** One of this size, if there is any. */
  take(size: Size, bytes: number): Resource | undefined {
    const resource = this.#free.get(size)?.pop();
    if (resource !== undefined) this.#bytes -= bytes;
    return resource;
  }

  give(size: Size, bytes: number, resource: Resource): void {
    if (this.#bytes + bytes > MAX_BYTES) {
      this.end(resource);
      return;
    }
    const free = this.#free.get(size);
    if (free) free.push(resource);
    else this.#free.set(size, [resource]);
    this.#bytes += bytes;
  }

  clear(): void {
    for (const resources of this.#free.values()) for (const resource of resources) this.end(resource);
    this.#free.clear();
    this.#bytes = 0;
  }
}
