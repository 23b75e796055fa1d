/** @file Images: resizing and affine transformations. */
import { composite, compute, constant, run } from '../autograd/tape.ts';
import type { AffineAttributes, FillMode, Interpolation, ResizeAttributes } from '../backend/backend.ts';
import { ShapeError } from '../errors.ts';
import { at, formatShape, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { checkDType, checkFinite, checkImages, checkInteger, checkOneOf } from './check.ts';

/**
 * Images in another size, by linear interpolation between pixel centres: TensorFlow 2's resize without antialiasing
 * (half-pixel centres), torchvision's with antialias=False.
 * @param x [N, H, W, C]
 * @returns [N, height, width, C]
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function resizeBilinear(x: Tensor, [height, width]: readonly [height: number, width: number]): Tensor {
  return resize('resizeBilinear', x, height, width, 'bilinear');
}

/** The same, each pixel that of the nearest centre (TensorFlow 2's, half-pixel centres). */
export function resizeNearest(x: Tensor, [height, width]: readonly [height: number, width: number]): Tensor {
  return resize('resizeNearest', x, height, width, 'nearest');
}

function resize(operator: string, x: Tensor, height: number, width: number, interpolation: Interpolation): Tensor {
  checkImages(operator, x);
  checkInteger(operator, 'height', height, 1);
  checkInteger(operator, 'width', width, 1);
  return run('resize', [x], { interpolation }, [at(x.shape, 0), height, width, at(x.shape, 3)]);
}

/** The derivative of resizing images of this shape. */
export function resizeGrad(dy: Tensor, shape: Shape, attributes: ResizeAttributes): Tensor {
  return compute('resizeGrad', [dy], shape, (backend) => backend.resizeGrad([dy], attributes, shape));
}

export interface AffineOptions {
  /** [height, width] of the result; as x unless given. */
  readonly outputSize?: readonly [number, number];
  /** 'bilinear' unless given. */
  readonly interpolation?: Interpolation;
  /**
   * What lies outside of the image: 'nearest' (the default), its border's pixels; 'constant', fillValue; 'reflect', the
   * image mirrored with its border pixels doubled (d c b a | a b c d | d c b a), as in Keras.
   */
  readonly fillMode?: FillMode;
  /** 0 unless given. */
  readonly fillValue?: number;
}

/**
 * Moves, turns, scales or shears images. The pixel (x, y) of result n is taken from the image at
 * (a x + b y + c, d x + e y + f), in pixels from the centre of the upper left one.
 * @param x [N, H, W, C]
 * @param matrices [N, 6]: a, b, c, d, e, f for each image. They carry no gradient.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function affineTransform(
  x: Tensor,
  matrices: Tensor,
  { outputSize, interpolation = 'bilinear', fillMode = 'nearest', fillValue = 0 }: AffineOptions = {},
): Tensor {
  checkImages('affineTransform', x);
  checkDType('affineTransform', 'matrices', matrices);
  const batch = at(x.shape, 0);
  if (matrices.rank !== 2 || matrices.shape[0] !== batch || matrices.shape[1] !== 6) {
    throw new ShapeError('affineTransform', `matrices must be [${batch},6] but are ${formatShape(matrices.shape)}`);
  }
  checkOneOf('affineTransform', 'interpolation', interpolation, ['bilinear', 'nearest']);
  checkOneOf('affineTransform', 'fillMode', fillMode, ['nearest', 'constant', 'reflect']);
  checkFinite('affineTransform', 'fillValue', fillValue);
  const [height, width] = outputSize ?? [at(x.shape, 1), at(x.shape, 2)];
  checkInteger('affineTransform', 'outputSize[0]', height, 1);
  checkInteger('affineTransform', 'outputSize[1]', width, 1);
  const shape = [batch, height, width, at(x.shape, 3)];
  return composite([x], () =>
    run('affineTransform', [x, constant(matrices)], { interpolation, fillMode, fillValue }, shape),
  );
}

/** The derivative of affineTransform by images of this shape. */
export function affineTransformGrad(dy: Tensor, matrices: Tensor, shape: Shape, attributes: AffineAttributes): Tensor {
  return compute('affineTransformGrad', [dy, matrices], shape, (backend) =>
    backend.affineTransformGrad([dy, matrices], attributes, shape),
  );
}
