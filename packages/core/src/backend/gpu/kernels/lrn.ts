/** @file Local response normalisation. */
import { at } from '../../../shape.ts';
import type { Backend, Buffer, LrnAttributes, Operand } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Floats, Thread } from '../dialect.ts';
import { floatGrid } from './sizes.ts';

type NeighbourSizes = { channels: number; depthRadius: number; width: number };
type Neighbours = Thread<NeighbourSizes>;

/** bias + alpha * the sum of x^2 over the neighbouring channels: what x is divided by, before the power. */
function lrnBase(this: Neighbours, x: Floats, bias: number, alpha: number): number {
  const start = this.divide(this.thread.x, this.constants.channels) * this.constants.channels;
  const first = this.thread.x - start - this.constants.depthRadius;
  let total = 0;
  for (let i = 0; i < this.constants.width; i++) {
    const inside = first + i >= 0 && first + i < this.constants.channels;
    const neighbour = x.at(start + (inside ? first + i : 0));
    total += inside ? neighbour * neighbour : 0;
  }
  return bias + alpha * total;
}

function lrn(this: Thread, x: Floats, base: Floats, beta: number): number {
  return x.at(this.thread.x) * this.power(base.at(this.thread.x), -beta);
}

/** dy / base^beta by x itself, and what x does to the bases of its neighbours. */
function lrnGrad(this: Neighbours, x: Floats, base: Floats, dy: Floats, alpha: number, beta: number): number {
  const start = this.divide(this.thread.x, this.constants.channels) * this.constants.channels;
  const first = this.thread.x - start - this.constants.depthRadius;
  let total = 0;
  for (let i = 0; i < this.constants.width; i++) {
    const inside = first + i >= 0 && first + i < this.constants.channels;
    const index = start + (inside ? first + i : 0);
    total += inside ? dy.at(index) * x.at(index) * this.power(base.at(index), -beta - 1) : 0;
  }
  const direct = dy.at(this.thread.x) * this.power(base.at(this.thread.x), -beta);
  return direct - 2 * alpha * beta * x.at(this.thread.x) * total;
}

export function lrnKernels(
  device: Device,
): Pick<Backend, 'localResponseNormalization' | 'localResponseNormalizationGrad'> {
  /** Calls `use` with the bases of x, for as long as that runs. */
  const withBase = (
    x: Operand,
    { depthRadius, bias, alpha }: LrnAttributes,
    use: (base: Buffer, constants: NeighbourSizes) => Buffer,
  ): Buffer => {
    const constants = { channels: at(x.shape, -1), depthRadius, width: 2 * depthRadius + 1 };
    const call = { kernel: lrnBase, inputs: [x.buffer], numbers: [bias, alpha], constants };
    const base = device.run({ ...call, ...floatGrid(x.shape) });
    const result = use(base, constants);
    device.release(base);
    return result;
  };

  return {
    localResponseNormalization: ([x], attributes, shape) =>
      withBase(x, attributes, (base) =>
        device.run({ kernel: lrn, inputs: [x.buffer, base], numbers: [attributes.beta], ...floatGrid(shape) }),
      ),

    localResponseNormalizationGrad: ([x, dy], attributes, shape) =>
      withBase(x, attributes, (base, constants) =>
        device.run({
          kernel: lrnGrad,
          inputs: [x.buffer, base, dy.buffer],
          numbers: [attributes.alpha, attributes.beta],
          constants,
          ...floatGrid(shape),
        }),
      ),
  };
}
