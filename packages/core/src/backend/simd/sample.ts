/** @file Resizing and affine transformations. */
import { at, type Shape, sizeOf } from '../../shape.ts';
import type { AffineAttributes, Backend, FillMode } from '../backend.ts';
import { pointer, type SimdDevice } from './device.ts';

/** Their numbers in assembly/sample.ts. */
const fillIds: Record<FillMode, number> = { nearest: 0, constant: 1, reflect: 2 };

/** What an element of the target costs, in floating point operations. */
const SAMPLE = 32;

type Attributes = Pick<AffineAttributes, 'interpolation'> & Partial<AffineAttributes>;

export function sampleKernels(
  device: SimdDevice,
): Pick<Backend, 'resize' | 'resizeGrad' | 'affineTransform' | 'affineTransformGrad'> {
  const run = (
    kernel: 'sample' | 'sampleGrad',
    images: { shape: Shape; pointer: number },
    target: { shape: Shape; pointer: number },
    matrices: number,
    { interpolation, fillMode = 'nearest', fillValue = 0 }: Attributes,
  ) =>
    device.run(kernel, {
      integers: [
        ...[images.pointer, target.pointer, at(images.shape, 3), at(images.shape, 1), at(images.shape, 2)],
        ...[at(target.shape, 1), at(target.shape, 2), Number(interpolation === 'nearest'), fillIds[fillMode], matrices],
      ],
      floats: [fillValue],
      items: at(images.shape, 0) * (kernel === 'sample' ? at(target.shape, 1) : 1),
      work: sizeOf(target.shape) * SAMPLE,
    });

  return {
    resize([x], attributes, shape) {
      const y = device.allocate(shape);
      run('sample', { shape: x.shape, pointer: pointer(x) }, { shape, pointer: y.pointer }, 0, attributes);
      return y;
    },

    resizeGrad([dy], attributes, shape) {
      const dx = device.allocate(shape);
      run('sampleGrad', { shape, pointer: dx.pointer }, { shape: dy.shape, pointer: pointer(dy) }, 0, attributes);
      return dx;
    },

    affineTransform([x, matrices], attributes, shape) {
      const y = device.allocate(shape);
      const images = { shape: x.shape, pointer: pointer(x) };
      run('sample', images, { shape, pointer: y.pointer }, pointer(matrices), attributes);
      return y;
    },

    affineTransformGrad([dy, matrices], attributes, shape) {
      const dx = device.allocate(shape);
      const target = { shape: dy.shape, pointer: pointer(dy) };
      run('sampleGrad', { shape, pointer: dx.pointer }, target, pointer(matrices), attributes);
      return dx;
    },
  };
}
