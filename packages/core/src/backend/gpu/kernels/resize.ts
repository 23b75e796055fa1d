import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';

export function resizeKernels(_device: Device): Pick<Backend, 'resize' | 'resizeGrad'> {
  return {} as ReturnType<typeof resizeKernels>;
}
