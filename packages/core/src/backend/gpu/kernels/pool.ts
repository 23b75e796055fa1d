import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';

export function poolKernels(
  _device: Device,
): Pick<Backend, 'maxPool2d' | 'maxPool2dGrad' | 'avgPool2d' | 'avgPool2dGrad'> {
  return {} as ReturnType<typeof poolKernels>;
}
