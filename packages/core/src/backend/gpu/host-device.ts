/** @file Modes webasm and cpu: buffers are arrays of the host. The reference, for tests, teaching and machines without a GPU. */
import { BackendError } from '../../errors.ts';
import type { Buffer } from '../backend.ts';
import { type Call, type Device, type GpuJs, KernelCache } from './device.ts';

interface HostBuffer {
  values: Float32Array;
}

/** The method by which gpu.js's WebAssembly kernels make nested arrays of their results, which takes longer than most kernels. */
interface WebAssemblyKernelState {
  _shapeOutput?(result: Float32Array): Float32Array;
}

const unshaped = (result: Float32Array) => result;

export class HostDevice implements Device {
  readonly #mode: 'webasm' | 'cpu';
  readonly #gpujs: GpuJs;
  readonly #kernels: KernelCache;
  readonly runTiles = undefined;

  constructor(gpujs: GpuJs, mode: 'webasm' | 'cpu') {
    this.#gpujs = gpujs;
    this.#mode = mode;
    this.#kernels = new KernelCache(new gpujs.GPU({ mode }), 'floats', '', ({ run }) => run.destroy());
  }

  upload(values: Float32Array): HostBuffer {
    return { values: padded(values) };
  }

  async download(buffer: Buffer, length: number): Promise<Float32Array> {
    return this.downloadSync(buffer, length);
  }

  downloadSync(buffer: Buffer, length: number): Float32Array {
    return (buffer as HostBuffer).values.slice(0, length);
  }

  release(buffer: Buffer): void {
    (buffer as HostBuffer).values = new Float32Array(0);
  }

  run(call: Call): HostBuffer {
    const inputs = call.inputs.map((buffer) => (buffer as HostBuffer).values);
    const { run, lowered } = this.#kernels.get(call, inputs.map(({ length }) => length).join());
    (run.kernel as WebAssemblyKernelState)._shapeOutput = unshaped;
    const operands = inputs.map((values) => this.#gpujs.input(values, [values.length]));
    // numbers are float32 wherever kernels run
    const result = run(...operands, ...(call.numbers ?? []).map(Math.fround));
    const ranOn = run.kernel.constructor.mode;
    if (ranOn !== this.#mode) {
      throw new BackendError('gpu', `a kernel for ${this.#mode} would run on ${ranOn} (${run.kernel.fallbackReason})`);
    }
    if (lowered.resultWidth === 4 && this.#mode === 'cpu') return { values: flatten(result, call.length) };
    return { values: padded(result as Float32Array) };
  }

  destroy(): void {
    this.#kernels.destroy();
    void this.#kernels.gpu.destroy();
  }
}

/**
 * A copy with room for whole cells, since kernels read four floats at a time. A copy always: on cpu, gpu.js writes every
 * result of a kernel into the same array.
 */
function padded(values: Float32Array): Float32Array {
  const result = new Float32Array(Math.ceil(values.length / 4) * 4);
  result.set(values);
  return result;
}

/** On cpu, gpu.js gives nested arrays of cells; memory wants them in a row. */
function flatten(nested: unknown, length: number): Float32Array {
  const flat = new Float32Array(Math.ceil(length / 4) * 4);
  let position = 0;
  const visit = (item: unknown) => {
    if (ArrayBuffer.isView(item)) {
      flat.set(item as Float32Array, position);
      position += 4;
    } else {
      for (const part of item as unknown[]) visit(part);
    }
  };
  visit(nested);
  return flat;
}
