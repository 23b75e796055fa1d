import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';

export function convKernels(_device: Device): Pick<Backend, 'conv2d' | 'conv2dGradInput' | 'conv2dGradFilter'> {
  return {} as ReturnType<typeof convKernels>;
}
