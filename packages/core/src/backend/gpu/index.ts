/** @file The backend whose kernels are gpu.js functions: one for each of gpu.js's modes. */
import { BackendError } from '../../errors.ts';
import { Allocations } from '../allocations.ts';
import type { Backend, GpuMode } from '../backend.ts';
import { createDevice } from './create-device.ts';
import { type Device, MAX_LENGTH } from './device.ts';
import { affineKernels } from './kernels/affine.ts';
import { convKernels } from './kernels/conv.ts';
import { depthwiseKernels } from './kernels/depthwise.ts';
import { elementwiseKernels } from './kernels/elementwise.ts';
import { layoutKernels } from './kernels/layout.ts';
import { lrnKernels } from './kernels/lrn.ts';
import { matMulKernels } from './kernels/matmul.ts';
import { normKernels } from './kernels/norm.ts';
import { optimizerKernels } from './kernels/optimizer.ts';
import { poolKernels } from './kernels/pool.ts';
import { reduceKernels } from './kernels/reduce.ts';
import { resizeKernels } from './kernels/resize.ts';

/**
 * @param onBroken Called if the device is lost: no kernel can run any more.
 * @throws BackendError if this machine cannot run the mode
 */
export async function createGpuBackend(name: GpuMode, onBroken: () => void): Promise<Backend> {
  const bare = await createDevice(name, onBroken);
  const allocations = new Allocations((buffer) => bare.release(buffer));
  const device = watched(bare, allocations);
  return {
    name,
    upload: device.upload,
    download: device.download,
    downloadSync: device.downloadSync,
    release: device.release,
    destroy: device.destroy,
    ...allocations.guard({
      ...elementwiseKernels(device),
      ...matMulKernels(device),
      ...convKernels(device),
      ...depthwiseKernels(device),
      ...poolKernels(device),
      ...normKernels(device),
      ...lrnKernels(device),
      ...reduceKernels(device),
      ...layoutKernels(device),
      ...resizeKernels(device),
      ...affineKernels(device),
      ...optimizerKernels(device),
    }),
  };
}

/** A device that refuses tensors which are too long, and tells of its buffers. */
function watched(device: Device, allocations: Allocations): Device {
  const check = (length: number) => {
    if (length > MAX_LENGTH) {
      throw new BackendError(
        'gpu',
        `a tensor of ${length} elements exceeds the ${MAX_LENGTH} that gpu.js kernels can number`,
      );
    }
  };
  const { runTiles } = device;
  return {
    upload(values) {
      check(values.length);
      return device.upload(values);
    },
    run(call) {
      check(call.length);
      return allocations.add(device.run(call));
    },
    runTiles:
      runTiles &&
      ((call) => {
        check(call.length);
        return runTiles(call).map((buffer) => allocations.add(buffer));
      }),
    download: (buffer, length) => device.download(buffer, length),
    downloadSync: (buffer, length) => device.downloadSync(buffer, length),
    release(buffer) {
      allocations.delete(buffer);
      device.release(buffer);
    },
    destroy: () => device.destroy(),
  };
}
