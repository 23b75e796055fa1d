/** @file Optimizer steps, in place. */
import { sizeOf } from '../../shape.ts';
import { adamaxRate, adamRate } from '../adam.ts';
import type { Backend, Operand, UpdateSettings } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';
import { MEMORY_BOUND } from './elementwise.ts';
import { blocks } from './walk.ts';

type State = readonly (Operand | undefined)[];

export function optimizerKernels(device: SimdDevice): Pick<Backend, 'sgd' | 'adam' | 'adamax' | 'rmsprop'> {
  const update = (
    kernel: 'sgd' | 'adam' | 'rmsprop',
    [weights, gradient]: readonly [Operand, Operand, ...State],
    state: State,
    flag: boolean,
    { learningRate, weightDecay, decoupled }: UpdateSettings,
    floats: readonly number[],
  ) => {
    const count = sizeOf(weights.shape);
    const used = [weights, ...state];
    device.run(kernel, {
      integers: [
        ...[count, pointer(weights), pointer(gradient)],
        ...state.map((operand) => (operand ? pointer(operand) : 0)),
        Number(flag),
      ],
      floats: [decoupled ? 0 : weightDecay, decoupled ? 1 - learningRate * weightDecay : 1, ...floats],
      items: blocks(count),
      work: 2 * count * MEMORY_BOUND,
    });
    for (const operand of used) if (operand) device.changed(operand.buffer);
    return used.flatMap((operand) => (operand ? [operand.buffer] : []));
  };

  return {
    sgd: (operands, { momentum, nesterov, ...rate }) =>
      update('sgd', operands, [operands[2]], nesterov, rate, [rate.learningRate, momentum]),

    adam(operands, settings) {
      const { beta1, beta2, epsilon } = settings;
      const floats = [adamRate(settings), beta1, 1 - beta1, beta2, 1 - beta2, epsilon];
      return update('adam', operands, operands.slice(2), false, settings, floats);
    },

    adamax(operands, settings) {
      const { beta1, beta2, epsilon } = settings;
      const floats = [adamaxRate(settings), beta1, 1 - beta1, beta2, 0, epsilon];
      return update('adam', operands, operands.slice(2), true, settings, floats);
    },

    rmsprop(operands, { rho, momentum, epsilon, centered, ...rate }) {
      const [, , meanSquare, meanGradient, velocity] = operands;
      const floats = [rate.learningRate, momentum, rho, 1 - rho, epsilon];
      return update('rmsprop', operands, [meanSquare, meanGradient, velocity], centered, rate, floats);
    },
  };
}
