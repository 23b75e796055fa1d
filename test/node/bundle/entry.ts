/** @file What bundle.test.ts bundles: a program that runs kernels of every kind, and tells the numbers that it got. */
import {
  adamUpdate,
  add,
  affineTransform,
  argMax,
  avgPool2d,
  type BackendName,
  batchNormTraining,
  concat,
  conv2d,
  depthwiseConv2d,
  gather,
  gelu,
  localResponseNormalization,
  matMul,
  maxPool2d,
  ones,
  Parameter,
  pad,
  Random,
  randomNormal,
  relu,
  reshape,
  resizeBilinear,
  setBackend,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from '@fer/core';

export async function compute(backend: BackendName): Promise<number[]> {
  await setBackend(backend);
  const random = new Random(1);
  const parameter = (...shape: number[]) => new Parameter(randomNormal(shape, random, 0, 0.5));
  const images = parameter(2, 8, 8, 4);
  const filters = {
    cells: parameter(3, 3, 4, 8),
    depthwise: parameter(3, 3, 8, 1),
    floats: parameter(3, 3, 8, 3),
    multiplied: parameter(3, 3, 3, 2),
    dense: parameter(196, 3),
  };
  const gamma = new Parameter(ones([8]));
  const beta = new Parameter(zeros([8]));

  const network = (x: Tensor) => {
    const normalised = batchNormTraining(conv2d(x, filters.cells, { padding: 'same' }), gamma, beta).output;
    const separated = gelu(depthwiseConv2d(normalised, filters.depthwise, { padding: 1, strides: 2 }));
    const pooled = localResponseNormalization(
      maxPool2d(add(separated, 1), { poolSize: 3, strides: 1, padding: 'same' }),
    );
    const mixed = depthwiseConv2d(relu(conv2d(pooled, filters.floats, { padding: 'same' })), filters.multiplied);
    const resized = avgPool2d(resizeBilinear(mixed, [4, 4]), { poolSize: 3, strides: 1, padding: 'same' });
    const flat = reshape(resized, [2, 96]);
    const others = gather(flat, tensor([1, 0], [2], 'int32'));
    return matMul(
      concat(
        [
          pad(flat, [
            [0, 0],
            [2, 2],
          ]),
          others,
        ],
        1,
      ),
      filters.dense,
    );
  };
  const loss = tidy(() => {
    const result = softmaxCrossEntropy(network(images), tensor([0, 2], [2], 'int32'));
    result.backward();
    return result;
  });
  const hyper = {
    learningRate: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-3,
    step: 1,
    weightDecay: 0,
    decoupled: false,
  };
  adamUpdate(filters.cells, new Parameter(zeros([3, 3, 4, 8])), new Parameter(zeros([3, 3, 4, 8])), hyper);

  const turned = affineTransform(
    images,
    tensor([
      [0.9, 0.1, 0.3, -0.1, 0.9, 0.2],
      [1, 0, 0.5, 0, 1, 0.5],
    ]),
  );
  const gradients = [images, ...Object.values(filters), gamma, beta].map(({ grad }) => grad as Tensor);
  const results = [loss, ...gradients, filters.cells, argMax(turned), turned];
  const heads = results.map(async (result) => [...(await result.data())].slice(0, 10));
  return (await Promise.all(heads)).flat();
}
