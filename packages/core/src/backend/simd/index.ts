/** @file The backend whose kernels are WebAssembly SIMD, written in AssemblyScript (see packages/core/assembly). */
import { ArgumentError } from '../../errors.ts';
import type { Backend } from '../backend.ts';
import { convKernels } from './conv.ts';
import { SimdDevice } from './device.ts';
import { elementwiseKernels } from './elementwise.ts';
import { layoutKernels } from './layout.ts';
import { matMulKernels } from './matmul.ts';
import { availableThreads, canShare } from './threads.ts';

export interface SimdOptions {
  /** Threads to compute on, the caller's included. Unless given, FER_THREADS, or as many as the machine has. */
  readonly threads?: number | undefined;
  /**
   * Whether to use relaxed SIMD's fused multiply-add, which is faster and rounds once instead of twice. Unless given, where
   * the engine has it.
   */
  readonly relaxed?: boolean | undefined;
}

/** @throws BackendError if this engine cannot run it, ArgumentError if the number of threads is none. */
export async function createSimdBackend({ threads, relaxed }: SimdOptions = {}): Promise<Backend> {
  const device = await SimdDevice.create(numberOfThreads(threads), relaxed);
  return {
    name: 'simd',
    upload: (values: Float32Array) => device.upload(values),
    download: async (buffer: object, length: number) => device.download(buffer, length),
    downloadSync: (buffer: object, length: number) => device.download(buffer, length),
    release: (buffer: object) => device.release(buffer),
    destroy: () => device.destroy(),
    ...elementwiseKernels(device),
    ...layoutKernels(device),
    ...matMulKernels(device),
    ...convKernels(device),
  } as Backend;
}

function numberOfThreads(asked: number | undefined): number {
  const named = globalThis.process?.env.FER_THREADS;
  const threads = asked ?? (named ? Number(named) : availableThreads());
  if (!Number.isInteger(threads) || threads < 1)
    throw new ArgumentError('setBackend', `threads must be a positive integer but is ${asked ?? named}`);
  return canShare() ? threads : 1;
}
