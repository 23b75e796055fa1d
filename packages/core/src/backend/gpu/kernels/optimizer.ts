import type { Backend } from '../../backend.ts';
import type { Device } from '../device.ts';

export function optimizerKernels(_device: Device): Pick<Backend, 'sgd' | 'adam' | 'adamax' | 'rmsprop'> {
  return {} as ReturnType<typeof optimizerKernels>;
}
