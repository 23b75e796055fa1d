import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';

export function depthwiseKernels(
  _device: Device,
): Pick<Backend, 'depthwiseConv2d' | 'depthwiseConv2dGradInput' | 'depthwiseConv2dGradFilter'> {
  return {} as ReturnType<typeof depthwiseKernels>;
}
