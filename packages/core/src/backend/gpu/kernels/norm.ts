import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';

export function normKernels(
  _device: Device,
): Pick<
  Backend,
  | 'batchNorm'
  | 'channelMoments'
  | 'batchNormGradParameters'
  | 'batchNormGradInput'
  | 'localResponseNormalization'
  | 'localResponseNormalizationGrad'
> {
  return {} as ReturnType<typeof normKernels>;
}
