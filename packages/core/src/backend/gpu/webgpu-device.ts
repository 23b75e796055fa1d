/**
 * @file Mode webgpu: a buffer is a GPUBuffer. gpu.js compiles asynchronously, so a run may have to wait: buffers are
 * promises inside, and calls that wait keep their order because each waits for its inputs.
 */
import { BackendError } from '../../errors.ts';
import type { Buffer } from '../backend.ts';
import { type Call, type Device, type GpuJs, KernelCache } from './device.ts';
import type { LoweredKernel } from './lower.ts';
import { Pool } from './pool.ts';
import { withVectors } from './webgpu-vectors.ts';

interface PromisedBuffer {
  /** The buffer, or the promise of it while work that comes before it is waiting. */
  ready: Pending<GPUBuffer>;
}

type Pending<T> = T | Promise<T>;

/** The fields of a gpu.js WebGPU kernel that take our own buffers in and out. */
interface WebGPUKernelState {
  readonly built: boolean;
  outputBuffer: GPUBuffer | null;
  bindGroupDirty: boolean;
  assembleWGSL(): string;
  build(...operands: unknown[]): Promise<void>;
  run(...operands: unknown[]): Promise<unknown>;
}

export class WebGPUDevice implements Device {
  readonly #gpujs: GpuJs;
  readonly #device: GPUDevice;
  readonly #context: object;
  readonly #kernels: KernelCache;
  readonly runTiles = (call: Call) => [this.run(call)];
  readonly #pool = new Pool<number, GPUBuffer>((buffer) => buffer.destroy());
  /** The last task that waits, if any does. Whatever follows it waits too, so that everything happens in order. */
  #tail: Promise<unknown> | undefined;
  /** Why no kernel can run any more. */
  #lost: string | undefined;

  /** @param onBroken Called if the device is lost: no kernel can run any more. */
  constructor(gpujs: GpuJs, context: { device: GPUDevice }, onBroken: () => void) {
    this.#gpujs = gpujs;
    this.#context = context;
    this.#device = context.device;
    void context.device.lost.then(({ reason, message }) => {
      this.#lost = message || reason;
      onBroken();
    });
    this.#kernels = new KernelCache(new gpujs.GPU({ mode: 'webgpu' }), 'vectors', '', ({ run }) => {
      (run.kernel as unknown as WebGPUKernelState).outputBuffer = null; // it is a tensor's
      run.destroy();
    });
  }

  upload(values: Float32Array): PromisedBuffer {
    this.#checkDevice();
    const copy = values.slice();
    return this.#promise(() => {
      const buffer = this.#take(byteLength(copy.length));
      this.#device.queue.writeBuffer(buffer, 0, copy);
      return buffer;
    });
  }

  async download(buffer: Buffer, length: number): Promise<Float32Array> {
    this.#checkDevice();
    // copied in its turn: the buffer may be released right after this call, and written by the next
    const staging = await this.#inOrder(() => {
      const { ready } = buffer as PromisedBuffer;
      if (ready instanceof GPUBuffer) return this.#staged(ready, length * 4);
      return ready as Promise<never>; // of the run that should have made it, which failed
    });
    await staging.mapAsync(GPUMapMode.READ).catch((cause: Error) => {
      throw new BackendError('gpu', `a tensor cannot be read: ${cause.message}`);
    });
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }

  /** A copy of a buffer's first bytes, to be mapped. */
  #staged(source: GPUBuffer, size: number): GPUBuffer {
    const staging = this.#device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, size);
    this.#device.queue.submit([encoder.finish()]);
    return staging;
  }

  downloadSync(): Float32Array {
    throw new BackendError('dataSync', 'webgpu cannot be read synchronously; use `await tensor.data()`');
  }

  release(buffer: Buffer): void {
    void this.#inOrder(() => {
      const { ready } = buffer as PromisedBuffer;
      if (ready instanceof GPUBuffer) this.#pool.give(ready.size, ready.size, ready); // else the run that should have made it failed
    });
  }

  run(call: Call): PromisedBuffer {
    this.#checkDevice();
    const { run, lowered } = this.#kernels.get(call, '');
    const state = run.kernel as unknown as WebGPUKernelState;
    const built = state.built ? undefined : this.#build(call, lowered, state);
    return this.#promise(() => this.#submit(call, state), built);
  }

  /** @throws BackendError */
  #checkDevice(): void {
    if (this.#lost === undefined) return;
    const reason = `the device was lost (${this.#lost}), and its tensors with it`;
    throw new BackendError('gpu', `${reason}; setBackend starts another`);
  }

  /** Compiles with operands of the right kind; which buffers they stand for does not matter. */
  async #build(call: Call, lowered: LoweredKernel, state: WebGPUKernelState): Promise<void> {
    const wgsl = state.assembleWGSL.bind(state);
    state.assembleWGSL = () => withVectors(wgsl(), lowered, call);
    const placeholder = { size: 16 } as GPUBuffer;
    await state.build(
      ...this.#operands(
        call,
        call.inputs.map(() => placeholder),
      ),
    );
    state.outputBuffer?.destroy();
  }

  /** gpu.js encodes and submits before it returns its promise, which only wraps the result. */
  #submit(call: Call, state: WebGPUKernelState): GPUBuffer {
    const inputs = call.inputs.map((input) => {
      const { ready } = input as PromisedBuffer;
      if (ready instanceof GPUBuffer) return ready;
      throw new BackendError('gpu', 'an operand was not computed: the kernel before this one failed');
    });
    const buffer = this.#take(byteLength(call.length));
    state.outputBuffer = buffer;
    state.bindGroupDirty = true;
    void state.run(...this.#operands(call, inputs));
    return buffer;
  }

  /** A buffer that a task makes in its turn. */
  #promise(task: () => GPUBuffer, prerequisite?: Promise<void>): PromisedBuffer {
    const result: PromisedBuffer = { ready: this.#inOrder(task, prerequisite) };
    if (result.ready instanceof Promise) {
      result.ready = result.ready.then((buffer) => {
        result.ready = buffer;
        return buffer;
      });
      result.ready.catch(ignore); // whoever reads the result gets the error
    }
    return result;
  }

  /** Runs a task after every one before it: at once if none waits. */
  #inOrder<T>(task: () => T, prerequisite?: Promise<void>): Pending<T> {
    if (!this.#tail && !prerequisite) return task();
    const result = Promise.all([this.#tail, prerequisite]).then(task);
    const tail = result.then(ignore, ignore).then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
    this.#tail = tail;
    return result;
  }

  #operands(call: Call, inputs: readonly GPUBuffer[]): unknown[] {
    const views = inputs.map(
      (buffer) =>
        new this.#gpujs.WebGPUBufferResult({
          buffer,
          output: [buffer.size / 4],
          componentCount: 1,
          context: this.#context,
          kernel: null,
        }),
    );
    return [...views, ...(call.numbers ?? [])];
  }

  destroy(): void {
    this.#pool.clear();
    this.#kernels.destroy();
    void this.#kernels.gpu.destroy();
  }

  #take(size: number): GPUBuffer {
    const pooled = this.#pool.take(size, size);
    if (pooled) return pooled;
    const limit = Math.min(this.#device.limits.maxStorageBufferBindingSize, this.#device.limits.maxBufferSize);
    if (size > limit) throw new BackendError('gpu', `a buffer of ${size} bytes exceeds this device's ${limit}`);
    return this.#device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
  }
}

/** Whole cells, in bytes. */
function byteLength(length: number): number {
  return Math.ceil(length / 4) * 16;
}

function ignore(): void {}
