/** @file The backend whose kernels are WebAssembly SIMD, written in AssemblyScript (see packages/core/assembly). */
import { ArgumentError } from '../../errors.ts';
import type { Backend } from '../backend.ts';
import { convKernels } from './conv.ts';
import { depthwiseKernels } from './depthwise.ts';
import { SimdDevice } from './device.ts';
import { elementwiseKernels } from './elementwise.ts';
import { layoutKernels } from './layout.ts';
import { matMulKernels } from './matmul.ts';
import { normKernels } from './norm.ts';
import { optimizerKernels } from './optimizer.ts';
import { poolKernels } from './pool.ts';
import { reduceKernels } from './reduce.ts';
import { sampleKernels } from './sample.ts';
import { availableThreads, canShare } from './threads.ts';

export interface SimdOptions {
  /**
   * Threads to compute on, the caller's included. Unless given, FER_THREADS, or as many as the machine has. Where
   * memory cannot be shared, as on pages that are not cross-origin isolated, it is always 1; and unless given, where workers
   * do not start.
   */
  readonly threads?: number | undefined;
  /**
   * Whether to use relaxed SIMD's fused multiply-add, which is faster and rounds once instead of twice. Unless given,
   * where the engine has it.
   */
  readonly relaxed?: boolean | undefined;
}

/**
 * @param onBroken Called if a worker thread ends: no kernel can run any more.
 * @throws BackendError if this engine cannot run it, ArgumentError if the number of threads is none.
 */
export async function createSimdBackend({ threads, relaxed }: SimdOptions, onBroken: () => void): Promise<Backend> {
  const device = await createDevice({ threads, relaxed }, onBroken);
  const layout = layoutKernels(device);
  const reductions = reduceKernels(device);
  return {
    name: 'simd',
    upload: (values) => device.upload(values),
    download: async (buffer, length) => device.download(buffer, length),
    downloadSync: (buffer, length) => device.download(buffer, length),
    release: (buffer) => device.release(buffer),
    destroy: () => device.destroy(),
    ...device.allocations.guard({
      ...layout,
      ...reductions,
      ...elementwiseKernels(device),
      ...matMulKernels(device),
      ...convKernels(device),
      ...depthwiseKernels(device, { ...layout, ...reductions }),
      ...poolKernels(device),
      ...normKernels(device),
      ...sampleKernels(device),
      ...optimizerKernels(device),
    }),
  };
}

async function createDevice({ threads, relaxed }: SimdOptions, onBroken: () => void): Promise<SimdDevice> {
  const count = numberOfThreads(threads);
  try {
    return await SimdDevice.create(count, relaxed, onBroken);
  } catch (error) {
    // a page may forbid workers: unless they were asked for, one thread is better than no simd
    if (count === 1 || threads !== undefined) throw error;
    return SimdDevice.create(1, relaxed, onBroken);
  }
}

function numberOfThreads(asked: number | undefined): number {
  const named = globalThis.process?.env.FER_THREADS;
  const threads = asked ?? (named ? Number(named) : availableThreads());
  if (!Number.isInteger(threads) || threads < 1)
    throw new ArgumentError('setBackend', `threads must be a positive integer but is ${asked ?? named}`);
  return canShare() ? threads : 1;
}
