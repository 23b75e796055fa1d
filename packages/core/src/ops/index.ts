/** @file The public operators. */
export {
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  logSoftmax,
  relu,
  relu6,
  sigmoid,
  softmax,
  softplus,
  swish,
  tanh,
} from './activation.ts';
export { type ConvOptions, conv2d, depthwiseConv2d } from './conv.ts';
export {
  abs,
  add,
  cast,
  clip,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  rsqrt,
  sign,
  sqrt,
  square,
  sub,
  where,
} from './elementwise.ts';
export { type AffineOptions, affineTransform, resizeBilinear, resizeNearest } from './image.ts';
export { type CrossEntropyOptions, dropout, mse, softmaxCrossEntropy } from './loss.ts';
export { type MatMulOptions, matMul } from './matmul.ts';
export { type BatchNormOptions, batchNorm, batchNormTraining, localResponseNormalization } from './norm.ts';
export { adamaxUpdate, adamUpdate, rmspropUpdate, sgdUpdate } from './optimizer.ts';
export { avgPool2d, globalAveragePool2d, maxPool2d, type PoolOptions, poolWindow } from './pool.ts';
export { type Axes, argMax, logSumExp, max, mean, min, sum, variance } from './reduce.ts';
export {
  broadcastTo,
  concat,
  expandDims,
  flip,
  gather,
  pad,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  tile,
  transpose,
} from './shape.ts';
export { type Padding, type Pair, pair, type WindowOptions, window2d } from './window.ts';
