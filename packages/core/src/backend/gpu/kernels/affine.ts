/** @file Affine transformations of images: sampling, and what lies outside of the image. */
import { at, type Shape } from '../../../shape.ts';
import type { AffineAttributes, Backend, FillMode, Interpolation } from '../../backend.ts';
import type { Device } from '../device.ts';
import type { Floats, ScalarFunction, Thread } from '../dialect.ts';
import { floatGrid } from './sizes.ts';

/** A sample blends `taps` x `taps` pixels: 2 x 2, or the nearest one alone. */
type Sizes = {
  channels: number;
  inHeight: number;
  inWidth: number;
  outHeight: number;
  outWidth: number;
  taps: number;
};

interface Sampling {
  /** The first tap of a sample at this position. */
  start(position: number): number;
  /** The weight of a tap whose position is at this distance. */
  weight(distance: number): number;
  /** The pixel of the image that stands at i, or -1 for none. */
  inside(i: number, size: number): number;
}

function affineTransform(this: Thread<Sizes, Sampling>, x: Floats, matrices: Floats, fill: number): number {
  const pixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - pixel * this.constants.channels;
  const row = this.divide(pixel, this.constants.outWidth);
  const n = this.divide(row, this.constants.outHeight);
  const outX = pixel - row * this.constants.outWidth;
  const outY = row - n * this.constants.outHeight;
  const positionX = matrices.at(n * 6) * outX + matrices.at(n * 6 + 1) * outY + matrices.at(n * 6 + 2);
  const positionY = matrices.at(n * 6 + 3) * outX + matrices.at(n * 6 + 4) * outY + matrices.at(n * 6 + 5);
  let total = 0;
  for (let i = 0; i < this.constants.taps; i++) {
    for (let j = 0; j < this.constants.taps; j++) {
      const tapY = this.start(positionY) + i;
      const tapX = this.start(positionX) + j;
      const inY = this.inside(tapY, this.constants.inHeight);
      const inX = this.inside(tapX, this.constants.inWidth);
      const source = (n * this.constants.inHeight + Math.max(inY, 0)) * this.constants.inWidth + Math.max(inX, 0);
      const value = x.at(source * this.constants.channels + channel);
      const weight = this.weight(Math.abs(positionY - tapY)) * this.weight(Math.abs(positionX - tapX));
      total += weight * (inY < 0 || inX < 0 ? fill : value);
    }
  }
  return total;
}

type Gradient = Thread<Sizes & { targets: number }, Sampling>;

/**
 * Each pixel of x looks at every target of its image: the work grows with the square of the pixels. Augmentation, which
 * these transformations are for, takes no derivative by its images, so simple comes before fast here.
 */
function affineTransformGrad(this: Gradient, dy: Floats, matrices: Floats): number {
  const pixel = this.divide(this.thread.x, this.constants.channels);
  const channel = this.thread.x - pixel * this.constants.channels;
  const row = this.divide(pixel, this.constants.inWidth);
  const n = this.divide(row, this.constants.inHeight);
  const x = pixel - row * this.constants.inWidth;
  const y = row - n * this.constants.inHeight;
  let total = 0;
  for (let target = 0; target < this.constants.targets; target++) {
    const outY = this.divide(target, this.constants.outWidth);
    const outX = target - outY * this.constants.outWidth;
    const positionX = matrices.at(n * 6) * outX + matrices.at(n * 6 + 1) * outY + matrices.at(n * 6 + 2);
    const positionY = matrices.at(n * 6 + 3) * outX + matrices.at(n * 6 + 4) * outY + matrices.at(n * 6 + 5);
    let weightY = 0;
    let weightX = 0;
    for (let i = 0; i < this.constants.taps; i++) {
      const tapY = this.start(positionY) + i;
      const tapX = this.start(positionX) + i;
      weightY += this.inside(tapY, this.constants.inHeight) === y ? this.weight(Math.abs(positionY - tapY)) : 0;
      weightX += this.inside(tapX, this.constants.inWidth) === x ? this.weight(Math.abs(positionX - tapX)) : 0;
    }
    if (weightY > 0 && weightX > 0) {
      total += weightY * weightX * dy.at((n * this.constants.targets + target) * this.constants.channels + channel);
    }
  }
  return total;
}

const interpolations: Record<Interpolation, { taps: number; start: ScalarFunction; weight: ScalarFunction }> = {
  bilinear: { taps: 2, start: (position) => Math.floor(position), weight: (distance) => 1 - distance },
  nearest: { taps: 1, start: (position) => Math.floor(position + 0.5), weight: (_distance) => 1 },
};

const outside: Record<FillMode, ScalarFunction> = {
  nearest: (i, size) => Math.min(Math.max(i, 0), size - 1),
  constant: (i, size) => (i >= 0 && i < size ? i : -1),
  // of d c b a | a b c d | d c b a, everything repeats after twice the image
  reflect(i, size) {
    const j = i - Math.floor(i / (2 * size)) * 2 * size;
    return Math.min(Math.max(j < size ? j : 2 * size - 1 - j, 0), size - 1);
  },
};

export function affineKernels(device: Device): Pick<Backend, 'affineTransform' | 'affineTransformGrad'> {
  return {
    affineTransform: ([x, matrices], attributes, shape) =>
      device.run({
        kernel: affineTransform,
        inputs: [x.buffer, matrices.buffer],
        numbers: [attributes.fillValue],
        ...sampling(x.shape, shape, attributes),
        ...floatGrid(shape),
      }),

    affineTransformGrad([dy, matrices], attributes, shape) {
      const { constants, functions } = sampling(shape, dy.shape, attributes);
      return device.run({
        kernel: affineTransformGrad,
        inputs: [dy.buffer, matrices.buffer],
        constants: { ...constants, targets: constants.outHeight * constants.outWidth },
        functions,
        ...floatGrid(shape),
      });
    },
  };
}

function sampling(from: Shape, to: Shape, { interpolation, fillMode }: AffineAttributes) {
  const { taps, start, weight } = interpolations[interpolation];
  return {
    constants: {
      channels: at(from, 3),
      inHeight: at(from, 1),
      inWidth: at(from, 2),
      outHeight: at(to, 1),
      outWidth: at(to, 2),
      taps,
    },
    functions: { start, weight, inside: outside[fillMode] },
  };
}
