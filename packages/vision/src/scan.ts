/** @file The windows of one image: which of them a cascade accepts. */
import { BackendError } from '@fer/core';
import type { Cascade } from './cascade/cascade.ts';
import { tableBytes, writeTable } from './cascade/table.ts';
import type { GrayImage } from './image.ts';
import { createIntegrals, type Integrals, integralsLength, integrate, integrateTilted, type Step } from './integral.ts';
import { instantiateKernel, type ScanRow } from './kernel.ts';
import type { Size } from './scales.ts';

/** Where windows begin: every `step` pixels right and down. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly step: Step;
}

/** Of WebAssembly's memory, and of a vector that the kernel reads, in bytes. */
const PAGE = 65_536;
const VECTOR = 16;

/** What lies in the kernel's memory, for images up to a size. */
interface Workspace extends Size {
  readonly integrals: Integrals;
  /** Where the cascade's tables are, by step. */
  readonly tables: Readonly<Record<Step, number>>;
  /** Where the kernel keeps what the nodes of a tree come to. */
  readonly scratch: number;
  /** The windows of a row that were found. */
  readonly found: Int32Array;
}

/** Sends windows through a cascade. What it allocates for images of one size is used again. */
export class Scanner {
  readonly #cascade: Cascade;
  readonly #hasTilted: boolean;
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #scanRow: ScanRow;
  #workspace: Workspace | undefined;

  /** @throws BackendError where there is no WebAssembly SIMD */
  constructor(cascade: Cascade) {
    this.#cascade = cascade;
    this.#hasTilted = cascade.tilted.includes(1);
    this.#scanRow = instantiateKernel(this.#memory);
  }

  /**
   * Calls `accept` for each window that every stage accepts.
   * @param largest No image will be larger, until another size is given.
   * @throws BackendError if memory does not suffice
   */
  scan(image: GrayImage, largest: Size, { columns, rows, step }: Grid, accept: (x: number, y: number) => void): void {
    const { integrals, tables, scratch, found } = this.#prepare(largest);
    integrate(image, integrals, step);
    if (this.#hasTilted) integrateTilted(image, integrals, step);
    const { stride, sums, squares } = integrals;
    const windows = Math.ceil(columns / step);
    for (let y = 0; y < rows; y += step) {
      const row = 4 * y * stride;
      const [sumsRow, squaresRow] = [sums.byteOffset + row, squares.byteOffset + row];
      const count = this.#scanRow(tables[step], sumsRow, squaresRow, windows, scratch, found.byteOffset);
      for (let i = 0; i < count; i++) accept((found[i] as number) * step, y);
    }
  }

  #prepare(size: Size): Workspace {
    if (this.#workspace?.width === size.width && this.#workspace.height === size.height) return this.#workspace;
    this.#workspace = undefined; // whose arrays end here
    const length = integralsLength(size, this.#hasTilted);
    const table = tableBytes(this.#cascade);
    const largestTree = this.#cascade.treeSizes.reduce((most, nodes) => Math.max(most, nodes));
    const [first, second, scratch, found, numbers] = this.#allocate(
      size,
      table,
      table,
      VECTOR * largestTree,
      4 * size.width,
      4 * length + VECTOR, // the last four windows of a row may be less than four
    );
    const { buffer } = this.#memory;
    const integrals = createIntegrals(size, this.#hasTilted, new Int32Array(buffer, numbers, length));
    writeTable(new DataView(buffer, first, table), this.#cascade, integrals, 1);
    writeTable(new DataView(buffer, second, table), this.#cascade, integrals, 2);
    const { width, height } = size;
    const tables = { 1: first, 2: second };
    this.#workspace = { width, height, integrals, tables, scratch, found: new Int32Array(buffer, found, width) };
    return this.#workspace;
  }

  /**
   * The places of so many bytes each, which are 0 then. What was there before is lost.
   * @throws BackendError
   */
  #allocate<Sizes extends number[]>({ width, height }: Size, ...sizes: Sizes): Sizes {
    let end = 0;
    const places = sizes.map((bytes) => {
      const place = end;
      end += Math.ceil(bytes / VECTOR) * VECTOR;
      return place;
    });
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.#memory.grow(Math.ceil(missing / PAGE));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new BackendError('CascadeClassifier', `no memory for ${end} bytes, which ${width}x${height} pixels need`);
      }
    }
    new Uint8Array(this.#memory.buffer).fill(0);
    return places as Sizes; // as many
  }
}
