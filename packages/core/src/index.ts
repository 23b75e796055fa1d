/** @file @fer/core: tensors, differentiation, operators and backends. */
export { type GradientCheckOptions, grad, gradientCheck } from './autograd/grad.ts';
export { composite, noGrad } from './autograd/tape.ts';
export type {
  Activation,
  AdamSettings,
  BackendName,
  FillMode,
  Interpolation,
  RmspropSettings,
  SgdSettings,
  UpdateSettings,
  Window2d,
} from './backend/backend.ts';
export { availableBackends, getBackend, setBackend } from './backend/registry.ts';
export type { SimdOptions } from './backend/simd/index.ts';
export {
  full,
  oneHot,
  ones,
  randomNormal,
  randomUniform,
  range,
  type TensorValues,
  tensor,
  truncatedNormal,
  zeros,
} from './creation.ts';
export {
  ArgumentError,
  BackendError,
  DisposedError,
  DTypeError,
  FerError,
  FormatError,
  GradientError,
  ShapeError,
} from './errors.ts';
export { fromFloat16 } from './io/half.ts';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './io/safetensors.ts';
export type { StoredDType, StoredTensor } from './io/stored.ts';
export { assertNoLeaks, keep, memory, tidy } from './memory.ts';
export { checkFinite, checkInteger, checkNdArray, checkOneOf, checkRange, isActivation } from './ops/check.ts';
export * from './ops/index.ts';
export { type KernelTime, profileKernels } from './profile.ts';
export { Random } from './random.ts';
export { type Shape, sameShape, sizeOf } from './shape.ts';
export { type DType, type NestedArray, Parameter, Tensor, type TypedArray } from './tensor.ts';
export { type WorkerModule, workerModule } from './worker-module.ts';
