import {
  memory,
  noGrad,
  ones,
  Random,
  randomNormal,
  ShapeError,
  type StoredTensor,
  setBackend,
  type Tensor,
} from '@fer/core';
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  GlobalAveragePooling2D,
  InvertedResidual,
  input,
  Model,
  modelFromConfig,
  ReLU,
  SeparableConv2D,
  Sequential,
} from '@fer/layers';
import { describe, expect, it } from 'vitest';

await setBackend('simd');

const network = () =>
  new Sequential(
    [
      new Conv2D({ filters: 4, kernelSize: 3, name: 'stem' }),
      new InvertedResidual({ name: 'block_1', filters: 4 }),
      new GlobalAveragePooling2D(),
      new Dense({ units: 7, name: 'top' }),
    ],
    { inputShape: [8, 8, 1] },
  );

async function valuesOf(compute: () => Tensor): Promise<ArrayLike<number>> {
  using result = noGrad(compute);
  return result.data();
}

describe('layer', () => {
  it('finds a layer by its name', () => {
    const model = network();
    expect(model.layer('stem')).toBe(model.layers[0]);
    expect(() => model.layer('steam')).toThrow("Model: there is no layer 'steam'");
  });
});

describe('submodel', () => {
  it('computes the features at a layer', async () => {
    const model = network();
    const features = model.submodel('global_average_pooling2d');
    expect(features.output.shape).toEqual([4]);
    using x = randomNormal([2, 8, 8, 1], new Random(1));
    using maps = noGrad(() => features.forward(x));
    const { kernel, bias } = (await model.layer('top').stateDict()) as Record<'kernel' | 'bias', StoredTensor>;
    const [values, weights, offsets] = [await maps.data(), kernel.data, bias.data] as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const expected = Array.from({ length: 14 }, (_, i) => {
      const [row, unit] = [Math.floor(i / 7), i % 7];
      const products = [0, 1, 2, 3].map((k) => (values[row * 4 + k] as number) * (weights[k * 7 + unit] as number));
      return products.reduce((sum, one) => sum + one, offsets[unit] as number);
    });
    const actual = await valuesOf(() => model.forward(x));
    expected.forEach((value, i) => {
      expect(actual[i]).toBeCloseTo(value, 5);
    });
  });

  it('shares the layers, and makes no weights', async () => {
    const model = network();
    const before = memory();
    const features = model.submodel('block_1_add');
    expect(memory()).toEqual(before);
    expect(features.layers).toEqual(model.layers.slice(0, -2));
    features.trainable = false;
    expect(model.countParams().trainable).toBe(4 * 7 + 7);
    expect(() => model.submodel('nothing')).toThrow("there is no layer 'nothing'");
  });

  it('is the base of another model, whose new layers alone are made', async () => {
    const base = network().submodel('block_1_add');
    base.trainable = false;
    const other = new Sequential([base, new GlobalAveragePooling2D(), new Dense({ units: 2, name: 'other' })], {
      inputShape: [8, 8, 1],
    });
    expect(other.layer('stem')).toBe(base.layer('stem'));
    expect(other.countParams().trainable).toBe(4 * 2 + 2);
  });
});

describe('a model', () => {
  it('draws the same weights from the same seed', async () => {
    const state = (seed: number) => new Sequential([new Dense({ units: 3 })], { inputShape: [4], seed }).stateDict();
    expect(await state(1)).toEqual(await state(1));
    expect(await state(1)).not.toEqual(await state(2));
  });

  it('leaves nothing behind if one of its layers cannot be built, which may be built another time', () => {
    const before = memory();
    const first = new Dense({ units: 3 });
    const layer = new Dense({ units: 2, biasInitializer: 'nothing' as never });
    expect(() => new Sequential([first, layer], { inputShape: [2] })).toThrow('there is no initializer "nothing"');
    expect(memory()).toEqual(before);
    expect([first.isBuilt, layer.isBuilt]).toEqual([false, false]);
    expect(() => new Sequential([layer], { inputShape: [2] })).toThrow('there is no initializer "nothing"');
  });

  it('frees its intermediate results', () => {
    const model = network();
    using x = randomNormal([2, 8, 8, 1], new Random(1));
    const before = memory();
    noGrad(() => model.forward(x)).dispose();
    expect(memory()).toEqual(before);
  });

  it('frees them if a layer throws', () => {
    class Failing extends ReLU {
      override forward(): Tensor {
        throw new Error('on purpose');
      }
    }
    const layers = [new Conv2D({ filters: 2, kernelSize: 3 }), new Dropout({ rate: 0.5 }), new Failing()];
    const model = new Sequential(layers, { inputShape: [8, 8, 1] });
    using x = randomNormal([2, 8, 8, 1], new Random(1));
    const before = memory();
    expect(() => noGrad(() => model.forward(x))).toThrow('on purpose');
    expect(memory()).toEqual(before);
    expect(x.shape).toEqual([2, 8, 8, 1]);
  });

  it('refuses weights of another shape, which would change what layers give', () => {
    const config = new Sequential([new Dense({ units: 2, useBias: false })], { inputShape: [3] }).toConfig();
    const before = memory();
    expect(() => modelFromConfig(config, () => ones([3, 7]))).toThrow(
      "Dense 'dense': its kernel must be [3,2] but is given as [3,7]",
    );
    expect(memory()).toEqual(before);
  });

  it.each([-3, 0, 2.5])('refuses an axis of %d', (size) => {
    const message = `input: shape[1] must be an integer of at least 1 but is ${size}`;
    expect(() => new Sequential([new ReLU()], { inputShape: [3, size] })).toThrow(message);
  });

  it('refuses an input of another shape, two layers of one name, and an output of another input', () => {
    using x = randomNormal([2, 8, 8, 3], new Random(1));
    expect(() => network().forward(x)).toThrow('expected x [N,8,8,1] but got [2,8,8,3]');
    const twice = [new ReLU({ name: 'relu' }), new ReLU({ name: 'relu' })];
    expect(() => new Sequential(twice, { inputShape: [2] })).toThrow("there are two layers of the name of ReLU 'relu'");
    const output = input([2]).pipe(new ReLU());
    expect(() => new Model({ input: input([2]), output })).toThrow('depends on an input other than the one given');
  });

  it('refuses a layer whose weights do not fit what it is applied to, and leaves those as they were', () => {
    const x = input([8, 8, 1]);
    const layer = new Conv2D({ filters: 4, kernelSize: 3, name: 'shared' });
    const output = layer.apply(layer.apply(x));
    const before = memory();
    expect(() => new Model({ input: x, output })).toThrow(
      "Conv2D 'shared': its kernel is [3,3,1,4] but this input needs [3,3,4,4]",
    );
    expect(memory()).toEqual(before);
    new Sequential([layer], { inputShape: [8, 8, 1] });
    new Sequential([layer], { inputShape: [5, 6, 1] });
    expect(() => new Sequential([layer], { inputShape: [8, 8, 3] })).toThrow(ShapeError);
    expect(layer.weights.get('kernel')?.shape).toEqual([3, 3, 1, 4]);
    for (const other of [
      new BatchNormalization(),
      new Dense({ units: 1 }),
      new SeparableConv2D({ filters: 1, kernelSize: 1 }),
    ]) {
      new Sequential([other], { inputShape: [2, 2, 3] });
      expect(() => new Sequential([other], { inputShape: [2, 2, 4] })).toThrow(
        /is \[.*3.*\] but this input needs \[.*4/,
      );
    }
  });

  it('names layers as Keras does', () => {
    const layers = [
      new Dense({ units: 2 }),
      new BatchNormalization(),
      new Dense({ units: 2, name: 'dense_1' }),
      new Dense({ units: 1 }),
    ];
    const { weights } = new Sequential(layers, { inputShape: [3] });
    expect([...weights.keys()]).toEqual([
      'dense/kernel',
      'dense/bias',
      'batch_normalization/gamma',
      'batch_normalization/beta',
      'batch_normalization/moving_mean',
      'batch_normalization/moving_variance',
      'dense_1/kernel',
      'dense_1/bias',
      'dense_2/kernel',
      'dense_2/bias',
    ]);
  });
});
