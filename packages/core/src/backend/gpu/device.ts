/** @file What the kernels' callers need of a device, and the cache of compiled kernels that every device keeps. */
import type { Buffer } from '../backend.ts';
import type { KernelFunction, ScalarFunction } from './dialect.ts';
import {
  cellFunction,
  type LoweredKernel,
  lowerFunction,
  lowerHelpers,
  lowerKernel,
  type Packing,
  PREFIX,
  tileCells,
} from './lower.ts';
import { dispatchedGrid } from './webgpu-vectors.ts';

/** Kernels compute positions in float32, where integers are exact up to here. */
export const MAX_LENGTH = 2 ** 24;

/** One run of a kernel. */
export interface Call {
  readonly kernel: KernelFunction;
  /** The kernel's tensors, its first parameters. */
  readonly inputs: readonly Buffer[];
  /** The parameters after them: numbers that do not cause a new compilation. */
  readonly numbers?: readonly number[];
  /** Integers that are compiled in, unless the device sets them at each run. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Functions that the kernel calls as `this.name(...)`. */
  readonly functions?: Readonly<Record<string, ScalarFunction>>;
  /** Threads: [x], or [x, y, z]. Their results follow each other, x fastest. */
  readonly grid: readonly number[];
  /** Floats of the result. */
  readonly length: number;
}

/** Memory and execution on one of gpu.js's modes. */
export interface Device {
  upload(values: Float32Array): Buffer;
  download(buffer: Buffer, length: number): Promise<Float32Array>;
  downloadSync(buffer: Buffer, length: number): Float32Array;
  release(buffer: Buffer): void;
  run(call: Call): Buffer;
  /**
   * Runs a kernel of tiles (kernels/tiles.ts), which has a constant `height`: the rows of its result. Either one buffer
   * that has them in order, or four, each with every fourth row. Undefined where kernels write one cell only.
   */
  readonly runTiles: ((call: Call) => readonly Buffer[]) | undefined;
  destroy(): void;
}

/** gpu.js's kernels, as far as the devices use them. */
export interface GpuKernel<Result = unknown> {
  (...operands: unknown[]): Result;
  readonly kernel: { readonly constructor: { readonly mode: string }; fallbackReason: string | null };
  destroy(removeCanvasReferences?: boolean): void;
}

/** The part of gpu.js's module that the devices use. */
export interface GpuJs {
  readonly GPU: new (settings: { mode?: string; canvas?: unknown; context?: unknown }) => GpuInstance;
  readonly WebGLKernel: object;
  readonly WebGL2Kernel: object;
  readonly HeadlessGLKernel: object;
  readonly Texture: new (settings: object) => object;
  readonly WebGPUContext: { acquire(): Promise<{ device: GPUDevice; adapter: GPUAdapter }>; destroy(): Promise<void> };
  readonly WebGPUBufferResult: new (settings: object) => object;
  input(values: Float32Array, size: readonly number[]): object;
}

export interface GpuInstance {
  /** The class that its kernels have. */
  readonly Kernel: object;
  createKernel(source: string, settings: object): GpuKernel;
  createKernelMap(functions: Readonly<Record<string, string>>, source: string, settings: object): GpuKernel;
  destroy(): Promise<void>;
}

/** Kernels kept compiled. Beyond it the one that was not used for the longest time goes. */
const MAX_KERNELS = 768;

export interface CompiledKernel {
  readonly run: GpuKernel;
  readonly lowered: LoweredKernel;
}

/** Compiled kernels by source and, unless those are set at each run, by constants, grid and the sizes of their inputs. */
export class KernelCache {
  readonly #compiled = new Map<string, CompiledKernel>();
  readonly #lowered = new Map<KernelFunction, LoweredKernel>();
  readonly #ids = new Map<KernelFunction | ScalarFunction, number>();
  readonly #helpers = lowerHelpers();

  constructor(
    readonly gpu: GpuInstance,
    readonly packing: Packing,
    /** GLSL to go before every kernel. */
    readonly injectedNative: string,
    /** Ends a kernel, but not the buffer of its last result. */
    readonly destroyKernel: (kernel: CompiledKernel) => void,
    /** Whether the device sets constants and sizes at each run, so that one program serves all of them. */
    readonly sizesAtRun = false,
  ) {}

  lower(kernel: KernelFunction): LoweredKernel {
    const known = this.#lowered.get(kernel);
    if (known) return known;
    const lowered = lowerKernel(kernel, this.packing);
    this.#lowered.set(kernel, lowered);
    return lowered;
  }

  /** The kernel of a call, compiled now if this is its first. `inputSizes` distinguishes what gpu.js compiles in. */
  get(call: Call, inputSizes: string): CompiledKernel {
    const { kernel, constants = {}, functions = {}, grid } = call;
    const ids = [kernel, ...Object.values(functions)].map((fn) => this.#idOf(fn));
    const sizes = this.sizesAtRun ? grid.length : `${Object.values(constants)}|${grid}|${inputSizes}`;
    const key = `${ids}|${sizes}`;
    const known = this.#compiled.get(key);
    if (known) {
      this.#compiled.delete(key);
      this.#compiled.set(key, known);
      return known;
    }
    const compiled = this.#compile(call);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled;
    if (this.#compiled.size > MAX_KERNELS && oldest) {
      this.destroyKernel(oldest[1]);
      this.#compiled.delete(oldest[0]);
    }
    return compiled;
  }

  #compile({ kernel, constants: integers = {}, functions = {}, grid }: Call): CompiledKernel {
    const constants = Object.fromEntries(Object.entries(integers).map(([name, value]) => [PREFIX + name, value]));
    const lowered = this.lower(kernel);
    const own = Object.entries(functions).map(([name, fn]) => lowerFunction(name, fn));
    const settings = {
      output: this.#outputOf(grid, lowered),
      constants,
      constantTypes: Object.fromEntries(Object.keys(constants).map((name) => [name, 'Integer'])),
      functions: [
        ...[...this.#helpers, ...own].map((source) => ({ source, settings: {} })),
        ...(this.packing === 'vectors' ? vectorFunctions(lowered) : []),
      ],
      precision: 'single',
      tactic: 'precision',
      injectedNative: this.injectedNative,
      pipeline: true,
      dynamicOutput: this.sizesAtRun,
      dynamicArguments: this.sizesAtRun,
      // loops whose bound gpu.js does not recognise would end silently after 1000 turns
      loopMaxIterations: 1 << 20,
    };
    const run =
      this.packing === 'texels' && lowered.resultWidth === 16
        ? this.gpu.createKernelMap(tileCells, lowered.source, settings)
        : this.gpu.createKernel(lowered.source, settings);
    return { run, lowered };
  }

  #outputOf(grid: readonly number[], lowered: LoweredKernel): number[] {
    if (this.packing === 'texels') return texelsOf(grid, lowered);
    return this.packing === 'vectors' ? dispatchedGrid(grid) : [...grid];
  }

  #idOf(fn: KernelFunction | ScalarFunction): number {
    const id = this.#ids.get(fn) ?? this.#ids.size;
    this.#ids.set(fn, id);
    return id;
  }

  get size(): number {
    return this.#compiled.size;
  }

  destroy(): void {
    for (const kernel of this.#compiled.values()) this.destroyKernel(kernel);
    this.#compiled.clear();
  }
}

/** The texels that a grid of threads draws, by axes: a kernel of single floats runs for the four of its texel. */
export function texelsOf(grid: readonly number[], { resultWidth }: LoweredKernel): number[] {
  return resultWidth === 1 ? [Math.ceil((grid[0] ?? 1) / 4)] : [...grid];
}

/** Declarations of what a kernel on vectors calls; the device supplies the bodies (webgpu-vectors.ts). */
function vectorFunctions({ accesses, resultWidth }: LoweredKernel) {
  const reads = accesses.flatMap((access, i) => (access === 'cell' ? [cellFunction(i)] : []));
  return [
    ...reads.map((name) => ({
      // no operand has this name, which would hide it, even after a minifier
      source: `function ${name}(cellIndex) { return [cellIndex, cellIndex, cellIndex, cellIndex]; }`,
      settings: { argumentTypes: ['Integer'], returnType: 'Array(4)' },
    })),
    ...(resultWidth === 16 ? Object.values(tileCells) : []).map((source) => ({
      source,
      settings: { argumentTypes: ['Number', 'Number', 'Number', 'Number'], returnType: 'Array(4)' },
    })),
  ];
}
