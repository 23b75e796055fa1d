/** @file The backend whose kernels are gpu.js functions: one for each of gpu.js's modes. */
import type { Backend, BackendName } from '../backend.ts';
import { createDevice } from './create-device.ts';
import { affineKernels } from './kernels/affine.ts';
import { convKernels } from './kernels/conv.ts';
import { depthwiseKernels } from './kernels/depthwise.ts';
import { elementwiseKernels } from './kernels/elementwise.ts';
import { layoutKernels } from './kernels/layout.ts';
import { matMulKernels } from './kernels/matmul.ts';
import { normKernels } from './kernels/norm.ts';
import { optimizerKernels } from './kernels/optimizer.ts';
import { poolKernels } from './kernels/pool.ts';
import { reduceKernels } from './kernels/reduce.ts';
import { resizeKernels } from './kernels/resize.ts';

/** @throws BackendError if this machine cannot run the mode. */
export async function createGpuBackend(name: BackendName): Promise<Backend> {
  const device = await createDevice(name);
  return {
    name,
    upload: (values) => device.upload(values),
    download: (buffer, length) => device.download(buffer, length),
    downloadSync: (buffer, length) => device.downloadSync(buffer, length),
    release: (buffer) => device.release(buffer),
    destroy: () => device.destroy(),
    ...elementwiseKernels(device),
    ...matMulKernels(device),
    ...convKernels(device),
    ...depthwiseKernels(device),
    ...poolKernels(device),
    ...normKernels(device),
    ...reduceKernels(device),
    ...layoutKernels(device),
    ...resizeKernels(device),
    ...affineKernels(device),
    ...optimizerKernels(device),
  };
}
