/**
 * @file The kernels of the simd backend: AssemblyScript, TypeScript's syntax with WebAssembly's types, compiled by
 * build.mjs into two modules, one of them with relaxed SIMD's fused multiply-add.
 *
 * How to add a kernel: export `name(args: usize, start: i32, end: i32): void` from a file that is named below and call it
 * from src/backend/simd by `device.run('name', { integers, floats, items, work })`. The kernel reads its parameters by
 * `int(args, i)`, `pointer(args, i)` and `float(args, i)` and does the items start <= item < end of the call's `items`.
 * What an item is, the kernel and its caller agree on: a row, an image, a block of the result. Items run on any thread in
 * any order, so no two of them write the same float, and what an item computes depends on nothing but its number: then
 * results do not depend on the number of threads. A sum over items is a row of partial sums, folded by a second call.
 *
 * Nothing here allocates: the host gives every buffer, and `scratch()` is a piece of memory of the running thread. Behind
 * every buffer lie at least 64 bytes that may be read and written, so that vectors need no special last step.
 */

export { batchNorm, batchNormGradTable, batchNormTable } from './batch-norm';
export { binary, where } from './binary';
export { copyStrided, fill } from './copy';
export { depthwise, depthwiseGradFilter } from './depthwise';
export { gather, gatherGrad } from './gather';
export { claim, setScratch } from './job';
export { localResponseNormalization, localResponseNormalizationGrad } from './lrn';
export { batchNormGradientParts, batchNormGradParameters, channelMomentParts, channelMoments } from './norm';
export { adam, rmsprop, sgd } from './optimizer';
export { pack } from './pack';
export { avgPool, maxPool } from './pool';
export { avgPoolGrad, maxPoolGrad } from './pool-gradient';
export { product } from './product';
export { argMax, reduce, softmax } from './reduce';
export { sample, sampleGrad } from './sample';
export { sumParts } from './sum';
export { transposedProduct } from './transposed-product';
export { unary } from './unary';
export { winograd, winogradFilter } from './winograd';
export { winogradGradient, winogradGradientSums } from './winograd-gradient';
