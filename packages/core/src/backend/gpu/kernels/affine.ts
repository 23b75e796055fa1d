import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';

export function affineKernels(_device: Device): Pick<Backend, 'affineTransform' | 'affineTransformGrad'> {
  return {} as ReturnType<typeof affineKernels>;
}
