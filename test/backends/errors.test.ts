import {
  ArgumentError,
  adamaxUpdate,
  adamUpdate,
  add,
  affineTransform,
  argMax,
  avgPool2d,
  BackendError,
  type BackendName,
  batchNorm,
  batchNormTraining,
  broadcastTo,
  cast,
  clip,
  concat,
  conv2d,
  DisposedError,
  type DType,
  DTypeError,
  depthwiseConv2d,
  div,
  dropout,
  elu,
  equal,
  expandDims,
  FerError,
  flip,
  full,
  GradientError,
  gather,
  globalAveragePool2d,
  grad,
  gradientCheck,
  leakyRelu,
  localResponseNormalization,
  logSumExp,
  matMul,
  max,
  maxPool2d,
  mean,
  mse,
  mul,
  noGrad,
  oneHot,
  ones,
  Parameter,
  pad,
  Random,
  randomNormal,
  range,
  relu,
  reshape,
  resizeBilinear,
  resizeNearest,
  rmspropUpdate,
  ShapeError,
  setBackend,
  sgdUpdate,
  slice,
  softmax,
  softmaxCrossEntropy,
  split,
  squeeze,
  stack,
  sum,
  type Tensor,
  tensor,
  tile,
  transpose,
  variance,
  where,
  zeros,
} from '@fer/core';
import ndarray from 'ndarray';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { onEveryBackend } from '../backends.ts';

type ErrorClass = new (operator: string, message: string) => FerError;
type Case = [message: string, errorClass: ErrorClass, run: () => unknown];

const refuses = (cases: Case[]) =>
  it.each(cases)('%s', async (message, errorClass, run) => {
    const error = await new Promise((_, reject) => {
      Promise.resolve()
        .then(run)
        .then(() => reject(new Error('nothing was thrown')), reject);
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FerError);
    const { name, message: told, operator } = error as FerError;
    expect({ name, told }).toEqual({ name: errorClass.name, told: message });
    expect(error).toBeInstanceOf(errorClass);
    expect(message.startsWith(`${operator}: `)).toBe(true);
  });

/** What a caller without types might pass. */
const wrong = <T>(value: unknown) => value as T;

onEveryBackend(({ name: backend, options }) => {
  let x: Tensor; // [2, 3]
  let vector: Tensor; // [3]
  let images: Tensor; // [1, 4, 4, 3]
  let labels: Tensor; // int32 [2]
  let disposed: Tensor; // [2, 3]
  beforeAll(() => {
    x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    vector = tensor([1, 2, 3]);
    images = ones([1, 4, 4, 3]);
    labels = tensor([0, 1], [2], 'int32');
    disposed = ones([2, 3]);
    disposed.dispose();
  });

  describe('no tensors', () => {
    refuses([
      ['relu: x must be a tensor but is number', ArgumentError, () => relu(wrong(3))],
      ['relu: x must be a tensor but is null', ArgumentError, () => relu(wrong(null))],
      ['sum: x must be a tensor but is Array', ArgumentError, () => sum(wrong([1, 2]))],
      ['relu: x must be a tensor but is object', ArgumentError, () => relu(wrong(Object.create(null)))],
      ['add: b must be a tensor but is string', ArgumentError, () => add(x, wrong('1'))],
      ['matMul: b must be a tensor but is undefined', ArgumentError, () => matMul(x, wrong(undefined))],
      [
        'conv2d: filter must be a tensor but is Float32Array',
        ArgumentError,
        () => conv2d(images, wrong(new Float32Array(3))),
      ],
      ['concat: tensors[0] must be a tensor but is undefined', ArgumentError, () => concat([])],
      ['concat: tensors[1] must be a tensor but is number', ArgumentError, () => concat([x, wrong(1)])],
      ['stack: tensors[0] must be a tensor but is undefined', ArgumentError, () => stack([])],
    ]);
  });

  describe('element types', () => {
    refuses([
      ['relu: x must be float32 but is int32 (use cast)', DTypeError, () => relu(labels)],
      ['add: b must be float32 but is int32 (use cast)', DTypeError, () => add(vector, labels)],
      ['where: a must be float32 but is int32 (use cast)', DTypeError, () => where(labels, labels, labels)],
      ['sum: x must be float32 but is int32 (use cast)', DTypeError, () => sum(labels)],
      ['mean: x must be float32 but is int32 (use cast)', DTypeError, () => mean(labels)],
      ['variance: x must be float32 but is int32 (use cast)', DTypeError, () => variance(labels)],
      ['stack: tensors[1] must be float32, as the first, but is int32', DTypeError, () => stack([ones([2]), labels])],
      ['argMax: x must be float32 but is int32 (use cast)', DTypeError, () => argMax(labels)],
      ['softmax: x must be float32 but is int32 (use cast)', DTypeError, () => softmax(labels)],
      ['matMul: a must be float32 but is int32 (use cast)', DTypeError, () => matMul(labels, x)],
      [
        'conv2d: filter must be float32 but is int32 (use cast)',
        DTypeError,
        () => conv2d(images, ones([1, 1, 3, 1], 'int32')),
      ],
      [
        'maxPool2d: x must be float32 but is int32 (use cast)',
        DTypeError,
        () => maxPool2d(ones([1, 2, 2, 1], 'int32')),
      ],
      ['gather: indices must be int32 but is float32 (use cast)', DTypeError, () => gather(x, vector)],
      ['concat: tensors[1] must be float32 but is int32', DTypeError, () => concat([vector, labels])],
      ['Parameter: expected float32 but got int32', DTypeError, () => new Parameter(labels)],
      ['assign: expected float32 but got int32', DTypeError, () => new Parameter(ones([2])).assign(labels)],
      ['setGrad: expected float32 but got int32', DTypeError, () => new Parameter(ones([2])).setGrad(labels)],
      [
        'cast: dtype must be one of float32, int32 but is float64',
        ArgumentError,
        () => cast(x, wrong<DType>('float64')),
      ],
      [
        'tensor: dtype must be one of float32, int32 but is bool',
        ArgumentError,
        () => tensor([1], [1], wrong<DType>('bool')),
      ],
    ]);
  });

  describe('values', () => {
    refuses([
      ['tensor: values must not be empty', ShapeError, () => tensor([])],
      ['tensor: values must not be empty', ShapeError, () => tensor([[], []])],
      ['tensor: values must be numbers, arrays or an ndarray but hold null', ArgumentError, () => tensor(wrong(null))],
      [
        'tensor: values must be numbers, arrays or an ndarray but hold text',
        ArgumentError,
        () => tensor(wrong(['text'])),
      ],
      ['tensor: values are ragged: expected 2 entries but got 1', ShapeError, () => tensor([[1, 2], [3]])],
      ['tensor: values are ragged: expected 2 entries but got a number', ShapeError, () => tensor([[1, 2], 3])],
      ['tensor: values are nested to different depths', ShapeError, () => tensor([1, [2]])],
      [
        'tensor: values are ragged: expected 2 entries but got 1',
        ShapeError,
        () => tensor([[[1, 2]], [Float32Array.of(9)]]),
      ],
      [
        'tensor: values are ragged: expected 2 entries but got a number',
        ShapeError,
        () => tensor([[[1, 2]], Float32Array.of(9)]),
      ],
      [
        'tensor: values must be numbers, arrays or an ndarray but hold null',
        ArgumentError,
        () => tensor([1, null] as never),
      ],
      ['tensor: 3 values do not fill the shape [2,2]', ShapeError, () => tensor([1, 2, 3], [2, 2])],
      [
        'tensor: int32 values must be integers of at most 2^24 in magnitude, but one is 1.5',
        ArgumentError,
        () => tensor([1, 1.5], [2], 'int32'),
      ],
      [
        'tensor: int32 values must be integers of at most 2^24 in magnitude, but one is 16777218',
        ArgumentError,
        () => tensor([2 ** 24 + 2], [1], 'int32'),
      ],
      [
        'tensor: int32 values must be integers of at most 2^24 in magnitude, but one is -33554432',
        ArgumentError,
        () => tensor([-(2 ** 25)], [1], 'int32'),
      ],
      [
        'tensor: int32 values must be integers of at most 2^24 in magnitude, but one is NaN',
        ArgumentError,
        () => tensor([Number.NaN], [1], 'int32'),
      ],
      [
        'tensor: int32 values must be integers of at most 2^24 in magnitude, but one is 16777217',
        ArgumentError,
        () => tensor([16_777_217], [1], 'int32'),
      ],
      [
        'tensor: int32 values must be integers of at most 2^24 in magnitude, but one is 1.00000001',
        ArgumentError,
        () => tensor(ndarray([1, 1.000_000_01]), undefined, 'int32'),
      ],
      [
        'full: int32 values must be integers of at most 2^24 in magnitude, but one is 0.5',
        ArgumentError,
        () => full([1], 0.5, 'int32'),
      ],
      ['full: value must be a number but is undefined', ArgumentError, () => full([2], wrong(undefined))],
      ['full: value must be a number but is 3', ArgumentError, () => full([2], wrong('3'))],
      [
        'range: int32 values must be integers of at most 2^24 in magnitude, but one is 0.5',
        ArgumentError,
        () => range(0, 1, 0.5, 'int32'),
      ],
      [
        'data: the int32 tensor [2] holds NaN, which is none of the integers of at most 2^24 in magnitude',
        ArgumentError,
        () => gather(tensor([1, 2], [2], 'int32'), tensor([0, 2], [2], 'int32')).data(),
      ],
      [
        'data: the int32 tensor [1] holds 3000000000, which is none of the integers of at most 2^24 in magnitude',
        ArgumentError,
        () => cast(tensor([3e9]), 'int32').item(),
      ],
      [
        'pad: value must be one of the integers of at most 2^24 in magnitude for an int32 x but is 0.5',
        ArgumentError,
        () => pad(labels, [[1, 0]], 0.5),
      ],
      ['range: no number lies from 0 to 0 by steps of 1', ArgumentError, () => range(0, 0)],
      ['range: no number lies from 0 to 3 by steps of 0', ArgumentError, () => range(0, 3, 0)],
      ['range: no number lies from NaN to 3 by steps of 1', ArgumentError, () => range(Number.NaN, 3)],
      ['oneHot: labels must be integers from 0 to 2 but labels[1] is 3', ArgumentError, () => oneHot([0, 3], 3)],
      ['oneHot: labels must be integers from 0 to 2 but labels[0] is -1', ArgumentError, () => oneHot([-1], 3)],
      ['oneHot: classes must be an integer of at least 1 but is 0', ArgumentError, () => oneHot([0], 0)],
      ['oneHot: shape must hold positive integers but is [0,3]', ShapeError, () => oneHot([], 3)],
      ['Random: seed must be an integer but is 0.5', ArgumentError, () => new Random(0.5)],
      [
        'Random: state must hold integers from 0 to 2^32 - 1, not all 0, but is [0,0,0,0]',
        ArgumentError,
        () => new Random(1).restore([0, 0, 0, 0]),
      ],
      [
        'Random: state must hold integers from 0 to 2^32 - 1, not all 0, but is [1,2,3,4.5]',
        ArgumentError,
        () => new Random(1).restore([1, 2, 3, 4.5]),
      ],
      ['Random: end must be an integer from 1 to 2^32 but is 0', ArgumentError, () => new Random(1).integer(0)],
      [
        'Random: end must be an integer from 1 to 2^32 but is NaN',
        ArgumentError,
        () => new Random(1).integer(Number.NaN),
      ],
      ['Random: state must hold 4 numbers but holds 1', ArgumentError, () => new Random(1).restore([1])],
    ]);
  });

  describe('sizes', () => {
    refuses([
      ['tensor: shape must hold positive integers but is [NaN]', ShapeError, () => tensor([1], [Number.NaN])],
      ['tensor: shape must hold positive integers but is [0]', ShapeError, () => tensor([1], [0])],
      ['full: shape must hold positive integers but is [2,NaN]', ShapeError, () => full([2, Number.NaN], 1)],
      ['zeros: shape must hold positive integers but is [-1]', ShapeError, () => zeros([-1])],
      ['zeros: shape must be an array of positive integers but is 3', ShapeError, () => zeros(wrong(3))],
      [
        'zeros: [1000000,1000000] has more elements than the 1073741824 of the largest tensor',
        ShapeError,
        () => zeros([1e6, 1e6]),
      ],
      ['ones: shape must hold positive integers but is [1.5]', ShapeError, () => ones([1.5])],
      [
        'randomNormal: shape must hold positive integers but is [0,2]',
        ShapeError,
        () => randomNormal([0, 2], new Random(1)),
      ],
      ['reshape: cannot see the 6 elements of [2,3] as [4,2]', ShapeError, () => reshape(x, [4, 2])],
      ['reshape: cannot complete [-1,4] for the 6 elements of [2,3]', ShapeError, () => reshape(x, [-1, 4])],
      ['reshape: cannot complete [-1,-1] for the 6 elements of [2,3]', ShapeError, () => reshape(x, [-1, -1])],
      ['reshape: shape must hold positive integers but is [NaN,3]', ShapeError, () => reshape(x, [Number.NaN, 3])],
      ['broadcastTo: [2,3] does not broadcast to [3]', ShapeError, () => broadcastTo(x, [3])],
      [
        'broadcastTo: shapes [2,3] and [2,4] do not broadcast (axis 1: 3 and 4)',
        ShapeError,
        () => broadcastTo(x, [2, 4]),
      ],
      ['add: shapes [2,3] and [2] do not broadcast (axis 1: 3 and 2)', ShapeError, () => add(x, ones([2]))],
      ['equal: shapes [2,3] and [4,1] do not broadcast (axis 0: 2 and 4)', ShapeError, () => equal(x, ones([4, 1]))],
      ['where: shapes [2,3] and [2] do not broadcast (axis 1: 3 and 2)', ShapeError, () => where(labels, x, x)],
      ['squeeze: axis 1 of [2,3] has size 3, not 1', ShapeError, () => squeeze(x, 1)],
      ['concat: tensors[1] [3] does not fit [2,3] along axis 0', ShapeError, () => concat([x, vector])],
      [
        'concat: tensors[2] [2,3] does not fit [1,3] along axis 1',
        ShapeError,
        () => concat([ones([1, 3]), ones([1, 2]), x], 1),
      ],
      ['stack: tensors[1] must be [2,3], as the first, but is [3]', ShapeError, () => stack([x, vector])],
      ['slice: begin [0] and size [1] must have 2 entries for [2,3]', ShapeError, () => slice(x, [0], [1])],
      [
        'slice: begin undefined and size 1 leave axis 0 of [2,3]',
        ShapeError,
        () => slice(x, [undefined as unknown as number, 0], [1, 1]),
      ],
      ['slice: begin 1 and size 2 leave axis 0 of [2,3]', ShapeError, () => slice(x, [1, 0], [2, 3])],
      ['slice: begin -1 and size 1 leave axis 1 of [2,3]', ShapeError, () => slice(x, [0, -1], [1, 1])],
      ['slice: begin 0 and size NaN leave axis 1 of [2,3]', ShapeError, () => slice(x, [0, 0], [1, Number.NaN])],
      ['split: 2 parts do not divide axis 1 of [2,3]', ArgumentError, () => split(x, 2, 1)],
      ['split: NaN parts do not divide axis 0 of [2,3]', ArgumentError, () => split(x, Number.NaN)],
      ['split: sizes [1,3] do not divide axis 1 of [2,3]', ArgumentError, () => split(x, [1, 3], 1)],
      ['pad: paddings must be 2 pairs [before,after] for [2,3] but are [[1,1]]', ShapeError, () => pad(x, [[1, 1]])],
      [
        'pad: paddings must be 2 pairs [before,after] for [2,3] but are [[1],[1]]',
        ShapeError,
        () => pad(x, wrong([[1], [1]])),
      ],
      ['pad: paddings must be 2 pairs [before,after] for [2,3] but are [1,1]', ShapeError, () => pad(x, wrong([1, 1]))],
      [
        'pad: paddings must be an integer of at least 0 but is -1',
        ArgumentError,
        () =>
          pad(x, [
            [0, -1],
            [0, 0],
          ]),
      ],
      [
        'pad: paddings must be an integer of at least 0 but is NaN',
        ArgumentError,
        () =>
          pad(x, [
            [0, Number.NaN],
            [0, 0],
          ]),
      ],
      ['tile: expected 2 repeats for [2,3] but got 1', ShapeError, () => tile(x, [2])],
      ['tile: repeats must be an integer of at least 1 but is 0', ArgumentError, () => tile(x, [2, 0])],
      ['item: expected one element but the tensor is [2,3]', ShapeError, () => x.item()],
      ['assign: expected [2,3] but got [3]', ShapeError, () => new Parameter(x).assign(vector)],
      ['setGrad: expected [2,3] but got []', ShapeError, () => new Parameter(x).setGrad(tensor(5))],
      ['split: 10000000000 parts do not divide axis 1 of [2,3]', ArgumentError, () => split(x, 1e10, 1)],
      [
        'tensor: values [2,3] by strides [3,1] from 0 do not lie in their 3 numbers',
        ShapeError,
        () => tensor(ndarray(new Float32Array(3), [2, 3])),
      ],
    ]);
  });

  describe('axes', () => {
    refuses([
      ['sum: axis must be an integer from -2 to 1 but is 2', ArgumentError, () => sum(x, 2)],
      ['max: axis must be an integer from -2 to 1 but is NaN', ArgumentError, () => max(x, Number.NaN)],
      ['mean: axis must be an integer from -2 to 1 but is 0.5', ArgumentError, () => mean(x, [0.5])],
      ['argMax: a scalar has no axis, but axis is -1', ArgumentError, () => argMax(tensor(1))],
      ['sum: axes [0,-2] name an axis twice', ArgumentError, () => sum(x, [0, -2])],
      ['argMax: axis must be an integer from -2 to 1 but is -3', ArgumentError, () => argMax(x, -3)],
      ['logSumExp: axis must be an integer from -2 to 1 but is 5', ArgumentError, () => logSumExp(x, 5)],
      ['variance: axis must be an integer from -2 to 1 but is 3', ArgumentError, () => variance(x, 3)],
      [
        `transpose: tensors with more than ${backend === 'simd' ? 9 : 6} independent axes are not supported`,
        BackendError,
        () => transpose(ones(Array.from({ length: 10 }, () => 2))),
      ],
      [
        `flip: tensors with more than ${backend === 'simd' ? 9 : 6} independent axes are not supported`,
        BackendError,
        () => flip(ones(Array.from({ length: 10 }, () => 2)), [0, 2, 4, 6, 8]),
      ],
      [
        `add: tensors with more than ${backend === 'simd' ? 9 : 6} independent axes are not supported`,
        BackendError,
        () => {
          const other = Array.from({ length: 10 }, (_, axis) => 1 + (axis % 2));
          return add(ones(Array.from({ length: 10 }, () => 2)), ones(other));
        },
      ],
      ['transpose: [0] is no permutation of the 2 axes of [2,3]', ArgumentError, () => transpose(x, [0])],
      ['transpose: [0,0] is no permutation of the 2 axes of [2,3]', ArgumentError, () => transpose(x, [0, 0])],
      ['transpose: axis must be an integer from -2 to 1 but is 2', ArgumentError, () => transpose(x, [0, 2])],
      ['expandDims: axis must be an integer from -3 to 2 but is 3', ArgumentError, () => expandDims(x, 3)],
      ['concat: axis must be an integer from -2 to 1 but is 2', ArgumentError, () => concat([x], 2)],
      ['stack: axis must be an integer from -3 to 2 but is -4', ArgumentError, () => stack([x], -4)],
      ['flip: axis must be an integer from -2 to 1 but is 2', ArgumentError, () => flip(x, 2)],
      ['gather: axis must be an integer from -2 to 1 but is 2', ArgumentError, () => gather(x, labels, 2)],
    ]);
  });

  describe('numbers', () => {
    refuses([
      ['add: one of a and b must be a tensor', ArgumentError, () => add(1, 2)],
      ['div: b must be a finite number but is NaN', ArgumentError, () => div(x, Number.NaN)],
      ['mul: a must be a finite number but is Infinity', ArgumentError, () => mul(Number.POSITIVE_INFINITY, x)],
      ['clip: minimum must not exceed maximum but they are 1 and 0', ArgumentError, () => clip(x, 1, 0)],
      ['clip: minimum must not exceed maximum but they are NaN and 1', ArgumentError, () => clip(x, Number.NaN, 1)],
      ['leakyRelu: alpha must be a finite number but is NaN', ArgumentError, () => leakyRelu(x, Number.NaN)],
      ['elu: alpha must be a finite number but is Infinity', ArgumentError, () => elu(x, Number.POSITIVE_INFINITY)],
      ['pad: value must be a finite number but is NaN', ArgumentError, () => pad(vector, [[1, 1]], Number.NaN)],
      ['dropout: rate must be from 0 to 1 but is -0.1', ArgumentError, () => dropout(x, -0.1, new Random(1))],
      ['dropout: rate must be from 0 to 1 but is NaN', ArgumentError, () => dropout(x, Number.NaN, new Random(1))],
      ['dropout: rate must be below 1: nothing would be left', ArgumentError, () => dropout(x, 1, new Random(1))],
      [
        'dropout: noiseShape [3,3] does not broadcast to x [1,3]',
        ShapeError,
        () => dropout(ones([1, 3]), 0.5, new Random(1), [3, 3]),
      ],
    ]);
  });

  describe('matrices', () => {
    refuses([
      ['matMul: a must have at least rank 2 but is [3]', ShapeError, () => matMul(vector, x)],
      ['matMul: inner sizes 3 and 2 differ (a [2,3], b [2,3])', ShapeError, () => matMul(x, x)],
      [
        'matMul: inner sizes 3 and 5 differ (a [2,3], b [4,5], b transposed)',
        ShapeError,
        () => matMul(x, ones([4, 5]), { transposeB: true }),
      ],
      [
        'matMul: shapes [2] and [3] do not broadcast (axis 0: 2 and 3)',
        ShapeError,
        () => matMul(ones([2, 1, 1]), ones([3, 1, 1])),
      ],
      ['matMul: bias must be [2] but is [3]', ShapeError, () => matMul(x, x, { transposeB: true, bias: vector })],
      [
        'matMul: activation must be one of relu, relu6, sigmoid, hardSigmoid, tanh, swish, hardSwish, gelu, softplus but is sine',
        ArgumentError,
        () => matMul(x, x, { transposeB: true, activation: wrong('sine') }),
      ],
      ['softmax: x must have rank 1 or more but is []', ShapeError, () => softmax(tensor(1))],
    ]);
  });

  describe('convolutions', () => {
    const filter = () => ones([3, 3, 3, 2]);
    refuses([
      ['conv2d: x must have rank 4 [N,H,W,C] but is [2,3]', ShapeError, () => conv2d(x, filter())],
      ['conv2d: filter must have rank 4 [kh,kw,in,out] but is [2,3]', ShapeError, () => conv2d(images, x)],
      [
        'conv2d: filter has 4 input channels but x has 3 (x [1,4,4,3], filter [3,3,4,2])',
        ShapeError,
        () => conv2d(images, ones([3, 3, 4, 2])),
      ],
      [
        'depthwiseConv2d: filter must have rank 4 [kh,kw,channels,multiplier] but is [3]',
        ShapeError,
        () => depthwiseConv2d(images, vector),
      ],
      [
        'depthwiseConv2d: filter has 1 input channels but x has 3 (x [1,4,4,3], filter [3,3,1,3])',
        ShapeError,
        () => depthwiseConv2d(images, ones([3, 3, 1, 3])),
      ],
      [
        'conv2d: a window of 5 x 5 does not fit into x [1,4,4,3] padded by [[0,0],[0,0]]',
        ShapeError,
        () => conv2d(images, filter(), { dilation: 2 }),
      ],
      ['conv2d: bias must be [2] but is [3]', ShapeError, () => conv2d(images, filter(), { bias: vector })],
      [
        'conv2d: strides must be an integer of at least 1 but is 0',
        ArgumentError,
        () => conv2d(images, filter(), { strides: 0 }),
      ],
      [
        'conv2d: strides must be an integer of at least 1 but is NaN',
        ArgumentError,
        () => conv2d(images, filter(), { strides: [1, Number.NaN] }),
      ],
      [
        'conv2d: strides must be a number or a pair but is [1,1,1]',
        ArgumentError,
        () => conv2d(images, filter(), { strides: wrong([1, 1, 1]) }),
      ],
      [
        'conv2d: dilation must be an integer of at least 1 but is 1.5',
        ArgumentError,
        () => conv2d(images, filter(), { dilation: 1.5 }),
      ],
      [
        'conv2d: padding must be an integer of at least 0 but is -1',
        ArgumentError,
        () => conv2d(images, filter(), { padding: -1 }),
      ],
      [
        'conv2d: padding must be an integer of at least 0 but is NaN',
        ArgumentError,
        () => conv2d(images, filter(), { padding: Number.NaN }),
      ],
      [
        `conv2d: padding must be 'same', 'valid', a number or [[top,bottom],[left,right]] but is "full"`,
        ArgumentError,
        () => conv2d(images, filter(), { padding: wrong('full') }),
      ],
      [
        `conv2d: padding must be 'same', 'valid', a number or [[top,bottom],[left,right]] but is [1,1]`,
        ArgumentError,
        () => conv2d(images, filter(), { padding: wrong([1, 1]) }),
      ],
      [
        'conv2d: activation must be one of relu, relu6, sigmoid, hardSigmoid, tanh, swish, hardSwish, gelu, softplus but is ReLU',
        ArgumentError,
        () => conv2d(images, filter(), { activation: wrong('ReLU') }),
      ],
    ]);
  });

  describe('pooling and normalisation', () => {
    refuses([
      ['maxPool2d: x must have rank 4 [N,H,W,C] but is [2,3]', ShapeError, () => maxPool2d(x)],
      [
        'avgPool2d: poolSize must be an integer of at least 1 but is 0',
        ArgumentError,
        () => avgPool2d(images, { poolSize: 0 }),
      ],
      [
        'maxPool2d: strides must be an integer of at least 1 but is NaN',
        ArgumentError,
        () => maxPool2d(images, { strides: Number.NaN }),
      ],
      [
        'maxPool2d: a window of 5 x 5 does not fit into x [1,4,4,3] padded by [[0,0],[0,0]]',
        ShapeError,
        () => maxPool2d(images, { poolSize: 5 }),
      ],
      [
        'avgPool2d: padding 2 leaves windows of 2 x 2 without a pixel',
        ArgumentError,
        () => avgPool2d(images, { padding: 2 }),
      ],
      ['globalAveragePool2d: x must have rank 4 [N,H,W,C] but is [3]', ShapeError, () => globalAveragePool2d(vector)],
      ['batchNorm: mean must be [3] but is [2]', ShapeError, () => batchNorm(x, ones([2]), vector, vector, vector)],
      [
        'batchNorm: beta must be [3] but is [1,3]',
        ShapeError,
        () => batchNorm(x, vector, vector, vector, ones([1, 3])),
      ],
      [
        'batchNorm: epsilon must be positive but is 0',
        ArgumentError,
        () => batchNorm(x, vector, vector, vector, vector, { epsilon: 0 }),
      ],
      [
        'batchNorm: epsilon must be a finite number but is Infinity',
        ArgumentError,
        () => batchNorm(x, vector, vector, vector, vector, { epsilon: Number.POSITIVE_INFINITY }),
      ],
      [
        'batchNormTraining: epsilon must be positive but is NaN',
        ArgumentError,
        () => batchNormTraining(x, vector, vector, { epsilon: Number.NaN }),
      ],
      [
        'batchNormTraining: x must have rank 2 or more but is [3]',
        ShapeError,
        () => batchNormTraining(vector, vector, vector),
      ],
      ['batchNormTraining: gamma must be [3] but is [2]', ShapeError, () => batchNormTraining(x, ones([2]), vector)],
      [
        'localResponseNormalization: depthRadius must be an integer of at least 0 but is 1.5',
        ArgumentError,
        () => localResponseNormalization(images, { depthRadius: 1.5 }),
      ],
      [
        'localResponseNormalization: alpha must be a finite number but is NaN',
        ArgumentError,
        () => localResponseNormalization(images, { alpha: Number.NaN }),
      ],
    ]);
  });

  describe('images and losses', () => {
    const matrix = () => ones([1, 6]);
    refuses([
      [
        'resizeBilinear: height must be an integer of at least 1 but is 0',
        ArgumentError,
        () => resizeBilinear(images, [0, 2]),
      ],
      [
        'resizeNearest: width must be an integer of at least 1 but is NaN',
        ArgumentError,
        () => resizeNearest(images, [2, Number.NaN]),
      ],
      ['resizeNearest: x must have rank 4 [N,H,W,C] but is [2,3]', ShapeError, () => resizeNearest(x, [2, 2])],
      ['affineTransform: matrices must be [1,6] but are [2,3]', ShapeError, () => affineTransform(images, x)],
      [
        'affineTransform: interpolation must be one of bilinear, nearest but is cubic',
        ArgumentError,
        () => affineTransform(images, matrix(), { interpolation: wrong('cubic') }),
      ],
      [
        'affineTransform: fillMode must be one of nearest, constant, reflect but is wrap',
        ArgumentError,
        () => affineTransform(images, matrix(), { fillMode: wrong('wrap') }),
      ],
      [
        'affineTransform: fillValue must be a finite number but is NaN',
        ArgumentError,
        () => affineTransform(images, matrix(), { fillValue: Number.NaN }),
      ],
      [
        'affineTransform: outputSize[1] must be an integer of at least 1 but is -3',
        ArgumentError,
        () => affineTransform(images, matrix(), { outputSize: [3, -3] }),
      ],
      [
        'softmaxCrossEntropy: logits must have rank 2 [N,classes] but is [3]',
        ShapeError,
        () => softmaxCrossEntropy(vector, labels),
      ],
      [
        'softmaxCrossEntropy: int32 labels must be [2] but are [1]',
        ShapeError,
        () => softmaxCrossEntropy(x, ones([1], 'int32')),
      ],
      [
        'softmaxCrossEntropy: float32 labels must be [2,3] but are [3]',
        ShapeError,
        () => softmaxCrossEntropy(x, vector),
      ],
      [
        'softmaxCrossEntropy: labelSmoothing must be in [0,1) but is 1',
        ArgumentError,
        () => softmaxCrossEntropy(x, labels, { labelSmoothing: 1 }),
      ],
      [
        'softmaxCrossEntropy: labelSmoothing must be in [0,1) but is NaN',
        ArgumentError,
        () => softmaxCrossEntropy(x, labels, { labelSmoothing: Number.NaN }),
      ],
      [
        'softmaxCrossEntropy: classWeights must have 3 entries but have 2',
        ArgumentError,
        () => softmaxCrossEntropy(x, labels, { classWeights: [1, 2] }),
      ],
      [
        'softmaxCrossEntropy: classWeights[1] must be a finite number but is NaN',
        ArgumentError,
        () => softmaxCrossEntropy(x, labels, { classWeights: [1, Number.NaN, 1] }),
      ],
      [
        'softmaxCrossEntropy: gamma must be 0 or at least 1 but is Infinity',
        ArgumentError,
        () => softmaxCrossEntropy(x, labels, { gamma: Infinity }),
      ],
      ['mse: predictions [2,3] and targets [3] differ in shape', ShapeError, () => mse(x, vector)],
    ]);
  });

  describe('disposed tensors', () => {
    refuses([
      ['relu: x [2,3] was disposed', DisposedError, () => relu(disposed)],
      ['add: a [2,3] was disposed', DisposedError, () => add(disposed, x)],
      ['reshape: x [2,3] was disposed', DisposedError, () => reshape(disposed, [6])],
      ['matMul: a [2,3] was disposed', DisposedError, () => matMul(disposed, x)],
      ['concat: tensors[1] [2,3] was disposed', DisposedError, () => concat([x, disposed])],
      ['mean: x [2,3] was disposed', DisposedError, () => mean(disposed)],
      ['tensor: the float32 tensor [2,3] was disposed', DisposedError, () => disposed.data()],
      ['tensor: the float32 tensor [2,3] was disposed', DisposedError, () => new Parameter(disposed)],
      ['tensor: the float32 tensor [2,3] was disposed', DisposedError, () => new Parameter(x).assign(disposed)],
    ]);
  });

  describe('differentiation', () => {
    const weights = () => new Parameter(x);
    refuses([
      ['backward: expected a scalar but the tensor is [2,3]', GradientError, () => mul(weights(), 2).backward()],
      [
        'backward: the tensor was not computed from a trainable parameter (or under noGrad)',
        GradientError,
        () => sum(x).backward(),
      ],
      [
        'backward: the tensor was not computed from a trainable parameter (or under noGrad)',
        GradientError,
        () => noGrad(() => sum(weights())).backward(),
      ],
      [
        'backward: the tensor was not computed from a trainable parameter (or under noGrad)',
        GradientError,
        () => sum(equal(weights(), 1)).backward(),
      ],
      [
        'backward: the tensor was not computed from a trainable parameter (or under noGrad)',
        GradientError,
        () => sum(where(weights(), x, x)).backward(),
      ],
      [
        'backward: operand 1 [2,3] of binary was assigned after it was used',
        GradientError,
        () => {
          const w = weights();
          const loss = sum(mul(x, w));
          w.assign(ones([2, 3]));
          loss.backward();
        },
      ],
      [
        'backward: operand 0 [2,3] of binaryScalar was assigned after it was used',
        GradientError,
        () => {
          const w = weights();
          const loss = sum(mul(w, 2));
          w.setGrad(ones([2, 3]));
          sgdUpdate(w, undefined, { learningRate: 1, momentum: 0, nesterov: false, weightDecay: 0, decoupled: false });
          loss.backward();
        },
      ],
      [
        'backward: operand 0 [2,3] of unary was disposed before',
        GradientError,
        () => {
          const doubled = mul(weights(), 2);
          const loss = sum(relu(doubled));
          doubled.dispose();
          loss.backward();
        },
      ],
      [
        'grad: the result does not depend on the first argument',
        GradientError,
        () => {
          const other = weights();
          grad((_x: Tensor) => sum(other))(x);
        },
      ],
      [
        'noGrad: the function must not return a promise; await outside of noGrad',
        ArgumentError,
        () => noGrad(async () => relu(x)),
      ],
    ]);
  });

  describe('optimizer steps', () => {
    const rates = { learningRate: 0.1, weightDecay: 0, decoupled: false };
    const sgd = { ...rates, momentum: 0, nesterov: false };
    const adam = { ...rates, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, step: 1 };
    const rmsprop = { ...rates, rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false };
    const weights = () => {
      const w = new Parameter(x);
      w.setGrad(ones([2, 3]));
      return w;
    };
    const moment = () => new Parameter(zeros([2, 3]));
    refuses([
      [
        'adamUpdate: beta1 must be at least 0 and below 1 but is 1',
        ArgumentError,
        () => adamUpdate(weights(), moment(), moment(), { ...adam, beta1: 1 }),
      ],
      [
        'adamaxUpdate: beta2 must be at least 0 and below 1 but is 2',
        ArgumentError,
        () => adamaxUpdate(weights(), moment(), moment(), { ...adam, beta2: 2 }),
      ],
      [
        'sgdUpdate: the parameter [2,3] has no gradient; call backward() first',
        GradientError,
        () => sgdUpdate(new Parameter(x), undefined, sgd),
      ],
      [
        'sgdUpdate: learningRate must be a finite number but is NaN',
        ArgumentError,
        () => sgdUpdate(weights(), undefined, { ...sgd, learningRate: Number.NaN }),
      ],
      [
        'sgdUpdate: velocity must be a parameter for momentum 0.9 but is undefined',
        ArgumentError,
        () => sgdUpdate(weights(), undefined, { ...sgd, momentum: 0.9 }),
      ],
      [
        'sgdUpdate: velocity must be [2,3], as the weights, but is [3]',
        ShapeError,
        () => sgdUpdate(weights(), new Parameter(vector), { ...sgd, momentum: 0.9 }),
      ],
      [
        'adamUpdate: m must be a parameter but is undefined',
        ArgumentError,
        () => adamUpdate(weights(), wrong(undefined), weights(), adam),
      ],
      [
        'adamUpdate: v must be a parameter but is [object Object]',
        ArgumentError,
        () => adamUpdate(weights(), weights(), wrong({}), adam),
      ],
      [
        'adamaxUpdate: u must be a parameter but is undefined',
        ArgumentError,
        () => adamaxUpdate(weights(), weights(), wrong(undefined), adam),
      ],
      [
        'rmspropUpdate: meanSquare must be a parameter but is undefined',
        ArgumentError,
        () => rmspropUpdate(weights(), wrong({}), rmsprop),
      ],
      [
        'sgdUpdate: weights must be a parameter but is undefined',
        ArgumentError,
        () => sgdUpdate(wrong(undefined), undefined, sgd),
      ],
      [
        'adamUpdate: epsilon must be a finite number but is undefined',
        ArgumentError,
        () => adamUpdate(weights(), weights(), weights(), wrong({ ...adam, epsilon: undefined })),
      ],
      [
        'sgdUpdate: weightDecay must be a finite number but is undefined',
        ArgumentError,
        () => sgdUpdate(weights(), undefined, wrong({ learningRate: 1, momentum: 0 })),
      ],
      [
        'adamUpdate: step must be an integer of at least 1 but is 0',
        ArgumentError,
        () => adamUpdate(weights(), weights(), weights(), { ...adam, step: 0 }),
      ],
      [
        'rmspropUpdate: velocity must be a parameter for momentum 0.5 but is undefined',
        ArgumentError,
        () => rmspropUpdate(weights(), { meanSquare: weights() }, { ...rmsprop, momentum: 0.5 }),
      ],
      [
        'rmspropUpdate: meanGradient must be a parameter for centered but is undefined',
        ArgumentError,
        () => rmspropUpdate(weights(), { meanSquare: weights() }, { ...rmsprop, centered: true }),
      ],
      [
        'sgdUpdate: gradient [2,3] was disposed',
        DisposedError,
        () => {
          const w = weights();
          w.grad?.dispose();
          sgdUpdate(w, undefined, sgd);
        },
      ],
    ]);
  });

  describe('backends', () => {
    const other = inject('backends').find(({ name }) => name !== backend)?.name as BackendName;
    let stranger: Tensor;
    let strangeLabels: Tensor;
    beforeAll(async () => {
      await setBackend(other);
      stranger = ones([2, 3]);
      strangeLabels = tensor([0, 1]);
      await setBackend(backend, options);
    });
    refuses([
      [`add: operands live on two backends, ${backend} and ${other}`, BackendError, () => add(x, stranger)],
      [
        `matMul: operands live on two backends, ${other} and ${backend}`,
        BackendError,
        () => matMul(stranger, x, { transposeB: true }),
      ],
      [`concat: operands live on two backends, ${backend} and ${other}`, BackendError, () => concat([x, x, stranger])],
      [
        `setGrad: expected a gradient on ${backend} but it lives on ${other}`,
        BackendError,
        () => new Parameter(x).setGrad(stranger),
      ],
      [
        "setBackend: unknown backend 'vulkan'; there are auto, webgpu, webgl2, simd, webasm, cpu, webgl, headlessgl",
        BackendError,
        () => setBackend(wrong('vulkan')),
      ],
    ]);
    it('go on after a wrong name', async () => {
      await expect(setBackend(wrong('vulkan'))).rejects.toThrow();
      expect(ones([1]).backend.name).toBe(backend);
    });
    it('computes where its operands live', async () => {
      const result = mul(stranger, 2);
      expect(result.backend.name).toBe(other);
      expect([...(await result.data())]).toEqual([2, 2, 2, 2, 2, 2]);
      // these make tensors of their own
      expect(dropout(stranger, 0.5, new Random(1)).backend.name).toBe(other);
      const loss = softmaxCrossEntropy(stranger, cast(strangeLabels, 'int32'), { classWeights: [1, 2, 3] });
      expect(await loss.item()).toBeCloseTo(Math.log(3) * 1.5, 3);
      expect(await gradientCheck((x) => mul(x, x), [stranger])).toBeLessThan(1e-2);
    });
  });
});
