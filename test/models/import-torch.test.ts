/** @file Weights of PyTorch's networks: what PyTorch computes with them, our model does. */
import { readFile } from 'node:fs/promises';
import {
  ArgumentError,
  encodeSafetensors,
  FormatError,
  flip,
  type Shape,
  type StoredTensor,
  setBackend,
  sizeOf,
  type Tensor,
  tensor,
} from '@fer/core';
import {
  Activation,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  input,
  type Layer,
  LayerNormalization,
  Model,
  Normalization,
  ReLU,
  Rescaling,
  Reshape,
  Sequential,
  Softmax,
  StochasticDepth,
  WeightsError,
  ZeroPadding2D,
} from '@fer/layers';
import { loadTorchWeights } from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';

/** See fixtures/pytorch.py. */
interface Fixture {
  readonly file: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

let fixture: Fixture;
let file: Uint8Array;
beforeAll(async () => {
  await setBackend('simd');
  fixture = JSON.parse(await readFile(new URL('fixtures/pytorch.json', import.meta.url), 'utf8'));
  file = Buffer.from(fixture.file, 'base64');
});

const names = { 0: 'conv', 1: 'bn', 3: 'depthwise', 5: 'pointwise', 7: 'flat', 9: 'hidden', 11: 'square', 12: 'top' };

/** The network of fixtures/pytorch.py. */
const network = ({ units = 4 } = {}): Model =>
  new Sequential(
    [
      new ZeroPadding2D({ padding: 1 }),
      new Conv2D({ name: 'conv', filters: 6, kernelSize: 3, strides: 2, useBias: false }),
      new BatchNormalization({ name: 'bn', epsilon: 1e-5 }),
      new ReLU({ maxValue: 6 }),
      new DepthwiseConv2D({ name: 'depthwise', kernelSize: 3, depthMultiplier: 2, activation: 'relu' }),
      new Conv2D({ name: 'pointwise', filters: 5, kernelSize: 1 }),
      new Flatten(),
      new BatchNormalization({ name: 'flat', epsilon: 1e-5 }),
      new Dropout({ rate: 0.5 }),
      new Dense({ name: 'hidden', units: 60 }),
      new Activation({ activation: 'tanh' }),
      new Dense({ name: 'square', units: 60 }),
      new Dense({ name: 'top', units }),
    ],
    { inputShape: [10, 12, 3] },
  );

function outputsOf(model: Model): Float32Array {
  return model.forward(tensor(fixture.x, [2, 10, 12, 3])).dataSync() as Float32Array;
}

const anyWeights = (dtype: 'int32' | 'float64'): Record<string, StoredTensor> => {
  const data = dtype === 'int32' ? Int32Array.of(1, 2) : Float64Array.of(1, 2);
  return { 'top.weight': { shape: [1, 2], dtype, data } as StoredTensor };
};

/** A file with one weight: 0, 1, 2, ... */
function counting(name: string, shape: Shape): Uint8Array {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i);
  return encodeSafetensors({ [name]: { shape, dtype: 'float32', data } });
}

const valuesOf = (model: Model, name: string) => [...(model.weights.get(name)?.dataSync() ?? [])];

const top = () => new Dense({ name: 'top', units: 1, useBias: false });

/** Moves elements, as a class made from one that does not. */
class Swapped extends Activation {
  constructor() {
    super({ activation: 'linear' });
  }

  override forward(x: Tensor): Tensor {
    return flip(x, [1]);
  }
}

describe('loadTorchWeights', () => {
  it('makes a model compute what PyTorch does', async () => {
    const model = network();
    const { matched, missing, unexpected } = await loadTorchWeights(model, file, { names });
    expect([matched.length, missing, unexpected]).toEqual([model.weights.size, [], []]);
    expectNumbersClose(outputsOf(model), fixture.y, 1e-5, 'output');
  });

  it('takes names by a function too', async () => {
    const model = network();
    await loadTorchWeights(model, file, { names: (module) => names[Number(module) as keyof typeof names] });
    expectNumbersClose(outputsOf(model), fixture.y, 1e-5, 'output');
  });

  it('tells what does not fit, and changes nothing', async () => {
    const model = network({ units: 3 });
    const before = outputsOf(model);
    const loading = loadTorchWeights(model, file, { names: { ...names, 3: 'elsewhere' } });
    const error: WeightsError = await loading.then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.missing).toEqual(['depthwise/depthwise_kernel', 'depthwise/bias']);
    expect(error.unexpected).toEqual(['3.weight', '3.bias']);
    expect(error.misshapen).toEqual([
      { name: 'top/kernel', expected: [60, 3], actual: [60, 4] },
      { name: 'top/bias', expected: [3], actual: [4] },
    ]);
    expect(outputsOf(model)).toEqual(before);
  });

  it('loads what fits if it need not be all', async () => {
    const model = network({ units: 3 });
    const { matched, misshapen } = await loadTorchWeights(model, file, { names, strict: false });
    expect(matched).not.toContain('top/kernel');
    expect(misshapen.map(({ name }) => name)).toEqual(['top/kernel', 'top/bias']);
    expect(matched).toHaveLength(model.weights.size - 2);
  });

  it('does not take a kernel the wrong way round', async () => {
    const model = new Sequential([new Dense({ name: 'top', units: 3, useBias: false })], { inputShape: [2] });
    const data = new Float32Array(6);
    const load = (shape: number[]) =>
      loadTorchWeights(model, encodeSafetensors({ 'top.weight': { shape, dtype: 'float32', data } }));
    await expect(load([2, 3])).rejects.toThrow('top/kernel is [3,2] in place of [2,3]');
    expect((await load([3, 2])).matched).toEqual(['top/kernel']);
  });

  it('puts what a Reshape flattened in order too, and refuses what merges hide', async () => {
    const bytes = counting('top.weight', [1, 8]);
    const model = new Sequential([new Reshape({ targetShape: [8] }), top()], { inputShape: [2, 2, 2] });
    await loadTorchWeights(model, bytes);
    expect(valuesOf(model, 'top/kernel')).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
    const x = input([1, 2, 2]);
    const both = new Concatenate().apply([new Flatten().apply(x), new Flatten().apply(x)]);
    const merged = new Model({ input: x, output: top().apply(both) });
    await expect(loadTorchWeights(merged, bytes)).rejects.toThrow(ArgumentError);
  });

  it.each<[string, readonly Layer[], Shape]>([
    ['a vector', [new Dense({ units: 8 }), new Reshape({ targetShape: [2, 2, 2] })], [3]],
    ['another map', [new Reshape({ targetShape: [1, 4, 2] })], [2, 2, 2]],
    ['pixels', [new Flatten(), new Reshape({ targetShape: [1, 1, 8] })], [2, 2, 2]],
  ])('refuses a map made of %s', async (_, layers, inputShape) => {
    const model = new Sequential([...layers, new Flatten(), top()], { inputShape });
    await expect(loadTorchWeights(model, counting('top.weight', [1, 8]), { strict: false })).rejects.toThrow(
      /loadTorchWeights: in which order Reshape.* makes a map \[.*\] is not known/,
    );
  });

  it.each<[string, readonly Layer[], Shape]>([
    ['one pixel', [new Dense({ units: 8 }), new Reshape({ targetShape: [1, 1, 8] })], [3]],
    ['one channel', [new Dense({ units: 8 }), new Reshape({ targetShape: [2, 4, 1] })], [3]],
    ['what it was before', [new Flatten(), new Reshape({ targetShape: [2, 2, 2] })], [2, 2, 2]],
  ])('takes a map of %s', async (_, layers, inputShape) => {
    const model = new Sequential([...layers, new Flatten(), top()], { inputShape });
    const { matched } = await loadTorchWeights(model, counting('top.weight', [1, 8]), { strict: false });
    expect(matched).toEqual(['top/kernel']);
  });

  it.each<[string, Layer]>([
    ['Flatten', new Flatten()],
    ['Reshape', new Reshape({ targetShape: [8] })],
    ['Softmax', new Softmax()],
    ['StochasticDepth', new StochasticDepth({ rate: 0.5 })],
    ['Rescaling', new Rescaling({ scale: 2 })],
    ['Normalization', new Normalization({ mean: 1, variance: 2 })],
  ])('puts what was flattened before a %s in order', async (_, between) => {
    const model = new Sequential([new Flatten(), between, top()], { inputShape: [2, 2, 2] });
    await loadTorchWeights(model, counting('top.weight', [1, 8]));
    expect(valuesOf(model, 'top/kernel')).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
  });

  it('refuses what layers that it does not know hide, but not behind a Dense', async () => {
    const swapped = (before: readonly Layer[]) => [new Flatten(), ...before, new Swapped(), top()];
    const hidden = new Sequential(swapped([]), { inputShape: [2, 2, 2] });
    await expect(loadTorchWeights(hidden, counting('top.weight', [1, 8]))).rejects.toThrow(
      /loadTorchWeights: in which order .* has what was flattened is not known/,
    );
    const model = new Sequential(swapped([new Dense({ units: 8 })]), { inputShape: [2, 2, 2] });
    await loadTorchWeights(model, counting('top.weight', [1, 8]), { strict: false });
    expect(valuesOf(model, 'top/kernel')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each<[string, Shape, number[], number[], number[]]>([
    ['maps', [2, 2, 2], [1, 2, 3], [2, 2, 2], [0, 4, 1, 5, 2, 6, 3, 7]],
    ['other maps', [1, 2, 3], [1, 2, 3], [3, 1, 2], [0, 2, 4, 1, 3, 5]],
    ['the pixels of maps', [2, 2, 3], [1, 2], [2, 2], [0, 1, 2, 3]],
    ['rows', [2, 2], [1, 2], [2, 2], [0, 1, 2, 3]],
  ])('puts the factors of normalised %s in order', async (_, inputShape, axis, shape, expected) => {
    const norm = new LayerNormalization({ name: 'norm', axis, center: false });
    const model = new Sequential([norm], { inputShape });
    await loadTorchWeights(model, counting('norm.weight', shape));
    expect(valuesOf(model, 'norm/gamma')).toEqual(expected);
  });

  it('does not take the factors of maps in our order', async () => {
    const norm = new LayerNormalization({ name: 'norm', axis: [1, 2, 3], center: false });
    const model = new Sequential([norm], { inputShape: [1, 2, 3] });
    await expect(loadTorchWeights(model, counting('norm.weight', [4, 1, 2]))).rejects.toThrow(
      'norm/gamma is [1,2,4] in place of [1,2,3]',
    );
    await expect(loadTorchWeights(model, counting('norm.weight', [1, 2, 3]))).rejects.toThrow(WeightsError);
  });

  it('takes float64, and refuses integers and damaged files', async () => {
    const model = new Sequential([new Dense({ name: 'top', units: 1, useBias: false })], { inputShape: [2] });
    await loadTorchWeights(model, encodeSafetensors(anyWeights('float64')));
    expect([...(model.weights.get('top/kernel')?.dataSync() ?? [])]).toEqual([1, 2]);
    await expect(loadTorchWeights(model, encodeSafetensors(anyWeights('int32')))).rejects.toThrow(
      new FormatError('loadTorchWeights', "weights are floats but 'top.weight' is int32"),
    );
    await expect(loadTorchWeights(model, file.subarray(0, 100))).rejects.toBeInstanceOf(FormatError);
  });
});
