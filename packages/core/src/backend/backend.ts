/**
 * @file THE CONTRACT between operators and backends: one method for each kernel.
 *
 * Operators check their arguments; a kernel may trust what it is given. Every kernel takes its operands, its attributes
 * and the shape of its result, and returns a new buffer that holds the result in row-major order. Images are
 * [N, H, W, C], filters [kh, kw, in, out], depthwise filters [kh, kw, channels, multiplier]. All elements are float32:
 * the integers of int32 tensors are exact up to 2^24, and tensors refuse larger ones.
 */
import type { Shape } from '../shape.ts';

/** A backend's own memory. Opaque to everyone else. */
export type Buffer = object;

/** What a kernel sees of a tensor. */
export interface Operand {
  readonly shape: Shape;
  readonly buffer: Buffer;
}

/** A kernel: from operands and attributes to the buffer of a result of the given shape. */
export type Kernel<Operands extends readonly (Operand | undefined)[], Attributes = object> = (
  operands: Operands,
  attributes: Attributes,
  shape: Shape,
) => Buffer;

/** Elementwise functions of one variable; `alpha` and `beta` are their parameters, if they have any. */
export type UnaryFunction =
  | Activation
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'square'
  | 'abs'
  | 'sign'
  | 'reciprocal'
  | 'truncate'
  | 'clip' // to [alpha, beta]
  | 'leakyRelu' // slope alpha below 0
  | 'elu'; // alpha (e^x - 1) below 0

/** Functions without parameters that a kernel can apply to its result before it is stored. */
export type Activation =
  | 'relu'
  | 'relu6'
  | 'sigmoid'
  | 'hardSigmoid'
  | 'tanh'
  | 'swish'
  | 'hardSwish'
  | 'gelu'
  | 'softplus';

/** Elementwise functions of two variables. Comparisons give 1 or 0. */
export type BinaryFunction =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'equal'
  | 'notEqual'
  | 'less'
  | 'lessEqual'
  | 'greater'
  | 'greaterEqual';

export interface UnaryAttributes {
  readonly fn: UnaryFunction;
  readonly alpha: number;
  readonly beta: number;
}

/** Window geometry of convolutions and pooling. Padding after the image follows from the sizes. */
export interface Window2d {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/** A product's or convolution's last touch: an activation applied after the bias. */
export interface Epilogue {
  readonly activation: Activation | undefined;
}

/** Result[b] = op(A[b]) op(B[b]), op being a transposition or nothing; op(A[b]) is [m, k], op(B[b]) is [k, n]. */
export interface MatMulAttributes extends Epilogue {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** One matrix serves the whole batch. */
  readonly sharedA: boolean;
  readonly sharedB: boolean;
}

/** An array seen as [outer, length, inner], for kernels that work along one axis. */
export interface AxisView {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

export type Reduction = 'sum' | 'max' | 'min' | 'argMax';

export type FillMode = 'nearest' | 'constant' | 'reflect';
export type Interpolation = 'bilinear' | 'nearest';

/** [N, H, W, C] to [N, outHeight, outWidth, C], half-pixel centres: source = (target + 0.5) * in / out - 0.5. */
export interface ResizeAttributes {
  readonly interpolation: Interpolation;
}

/** Sampling at (ax + by + c, dx + ey + f) for the pixel (x, y) of the result, with one row [a, b, c, d, e, f] an image. */
export interface AffineAttributes {
  readonly interpolation: Interpolation;
  readonly fillMode: FillMode;
  readonly fillValue: number;
}

export interface LrnAttributes {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

export interface BatchNormAttributes {
  readonly epsilon: number;
  /** The moments are those of this very batch, so the gradient flows through them. */
  readonly training: boolean;
}

/** Kernels that the tape records: each has a row in autograd/gradients.ts. */
export interface ForwardKernels {
  unary: Kernel<[x: Operand], UnaryAttributes>;
  /** With NumPy's broadcasting. */
  binary: Kernel<[a: Operand, b: Operand], { readonly fn: BinaryFunction }>;
  /** fn(a, scalar), or fn(scalar, a) if `scalarFirst`. */
  binaryScalar: Kernel<
    [a: Operand],
    { readonly fn: BinaryFunction; readonly scalar: number; readonly scalarFirst: boolean }
  >;
  /** Elements of `a` where `condition` is not 0, else of `b`; three operands of the result's shape. */
  where: Kernel<[condition: Operand, a: Operand, b: Operand]>;

  /** [batch, m, n]; bias [n]. */
  matMul: Kernel<[a: Operand, b: Operand, bias: Operand | undefined], MatMulAttributes>;
  /** [N, oh, ow, out]; bias [out]. */
  conv2d: Kernel<[x: Operand, filter: Operand, bias: Operand | undefined], Window2d & Epilogue>;
  /** [N, oh, ow, channels * multiplier]; bias of that length. Channel c feeds results c * multiplier and following. */
  depthwiseConv2d: Kernel<[x: Operand, filter: Operand, bias: Operand | undefined], Window2d & Epilogue>;
  maxPool2d: Kernel<[x: Operand], Window2d>;
  /** Padding does not count: border windows average the pixels that exist. */
  avgPool2d: Kernel<[x: Operand], Window2d>;

  /** (x - mean) / sqrt(variance + epsilon) * gamma + beta along the last axis; moments [2, C] = means, variances. */
  batchNorm: Kernel<[x: Operand, moments: Operand, gamma: Operand, beta: Operand], BatchNormAttributes>;
  /** x / (bias + alpha * sum of x^2 over channels c - depthRadius ... c + depthRadius)^beta, as in TensorFlow. */
  localResponseNormalization: Kernel<[x: Operand], LrnAttributes>;
  /** [outer, length, inner] to [outer, inner]. argMax gives the first index of the largest. */
  reduce: Kernel<[x: Operand], AxisView & { readonly fn: Reduction }>;
  /** Along the last axis; with `log`, its logarithm. */
  softmax: Kernel<[x: Operand], { readonly log: boolean }>;

  /** Axis i of the result is axis permutation[i] of x. */
  transpose: Kernel<[x: Operand], { readonly permutation: readonly number[] }>;
  broadcastTo: Kernel<[x: Operand]>;
  /** The block of the result's shape that starts at `begin`. */
  slice: Kernel<[x: Operand], { readonly begin: readonly number[] }>;
  /** x at `before` within a result filled with `value`. */
  pad: Kernel<[x: Operand], { readonly before: readonly number[]; readonly value: number }>;
  flip: Kernel<[x: Operand], { readonly axes: readonly number[] }>;
  concat: Kernel<readonly Operand[], { readonly axis: number }>;
  /** x as [outer, length, inner], indices [n]: result [outer, n, inner]. Indices outside 0..length-1 give NaN. */
  gather: Kernel<[x: Operand, indices: Operand], AxisView>;

  resize: Kernel<[x: Operand], ResizeAttributes>;
  affineTransform: Kernel<[x: Operand, matrices: Operand], AffineAttributes>;
}

/** Kernels that only derivatives and statistics use. `dy` is the derivative by the forward kernel's result. */
export interface GradientKernels {
  /** dy * fn'(x), given x and y = fn(x). */
  unaryGrad: Kernel<[x: Operand, y: Operand, dy: Operand], UnaryAttributes>;
  conv2dGradInput: Kernel<[dy: Operand, filter: Operand], Window2d>;
  conv2dGradFilter: Kernel<[x: Operand, dy: Operand], Window2d>;
  depthwiseConv2dGradInput: Kernel<[dy: Operand, filter: Operand], Window2d>;
  depthwiseConv2dGradFilter: Kernel<[x: Operand, dy: Operand], Window2d>;
  /** To the first maximum of each window, in row-major order. */
  maxPool2dGrad: Kernel<[x: Operand, y: Operand, dy: Operand], Window2d>;
  avgPool2dGrad: Kernel<[dy: Operand], Window2d>;
  /** [2, C]: means and (biased) variances over all axes but the last. */
  channelMoments: Kernel<[x: Operand]>;
  /** [2, C]: the derivatives by gamma and by beta. */
  batchNormGradParameters: Kernel<[x: Operand, moments: Operand, dy: Operand], BatchNormAttributes>;
  batchNormGradInput: Kernel<
    [x: Operand, moments: Operand, gamma: Operand, dy: Operand, gradParameters: Operand],
    BatchNormAttributes
  >;
  localResponseNormalizationGrad: Kernel<[x: Operand, dy: Operand], LrnAttributes>;
  /** dy as [outer, n, inner] summed into [outer, length, inner] at the indices. */
  gatherGrad: Kernel<[dy: Operand, indices: Operand], AxisView>;
  resizeGrad: Kernel<[dy: Operand], ResizeAttributes>;
  affineTransformGrad: Kernel<[dy: Operand, matrices: Operand], AffineAttributes>;
}

/** What every optimizer step is told. */
export interface UpdateSettings {
  readonly learningRate: number;
  /** 0 for none. */
  readonly weightDecay: number;
  /**
   * Whether the decay leaves the gradient alone and learningRate * weightDecay * weights is subtracted from the weights
   * (Loshchilov & Hutter 2019). Else weightDecay * weights is added to the gradient (L2).
   */
  readonly decoupled: boolean;
}

export interface SgdSettings extends UpdateSettings {
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** Of Adam, AdamW and Adamax. */
export interface AdamSettings extends UpdateSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Counts from 1. */
  readonly step: number;
}

export interface RmspropSettings extends UpdateSettings {
  readonly rho: number;
  readonly momentum: number;
  /** Within the root. */
  readonly epsilon: number;
  readonly centered: boolean;
}

/** What one update leaves behind: the weights, and whatever state it was given, in that order. */
export type Update<State extends readonly (Operand | undefined)[], Settings> = (
  operands: [weights: Operand, gradient: Operand, ...state: State],
  settings: Settings,
) => Buffer[];

/**
 * Optimizer steps; ops/optimizer.ts has their formulas. The buffers of the weights and the state are given up: a
 * backend may update them in place and return them.
 */
export interface UpdateKernels {
  sgd: Update<[velocity: Operand | undefined], SgdSettings>;
  adam: Update<[m: Operand, v: Operand], AdamSettings>;
  adamax: Update<[m: Operand, u: Operand], AdamSettings>;
  rmsprop: Update<
    [meanSquare: Operand, meanGradient: Operand | undefined, velocity: Operand | undefined],
    RmspropSettings
  >;
}

export type ForwardName = keyof ForwardKernels;

/** The modes of gpu.js. */
export type GpuMode = 'webgpu' | 'webgl2' | 'webgl' | 'headlessgl' | 'webasm' | 'cpu';

export type BackendName = 'simd' | GpuMode;

/** Everything that a device must offer. */
export interface Backend extends ForwardKernels, GradientKernels, UpdateKernels {
  readonly name: BackendName;
  /** A buffer with a copy of these values. */
  upload(values: Float32Array): Buffer;
  /** The first `length` values of a buffer, as a copy. */
  download(buffer: Buffer, length: number): Promise<Float32Array>;
  /** The same at once; throws a BackendError where the device cannot. */
  downloadSync(buffer: Buffer, length: number): Float32Array;
  /** Gives the buffer back. It is not used again. */
  release(buffer: Buffer): void;
  /** Ends the backend: every buffer and kernel it still owns. */
  destroy(): void;
}
