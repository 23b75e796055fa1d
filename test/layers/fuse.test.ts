import { memory, mul, noGrad, Random, randomNormal, type Shape, setBackend, type Tensor } from '@fer/core';
import {
  Activation,
  type ActivationName,
  Add,
  type Applicable,
  BatchNormalization,
  Concatenate,
  type Context,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  encodeModel,
  Flatten,
  InvertedResidual,
  input,
  loadModel,
  MaxPooling2D,
  MBConv,
  Model,
  RandomFlip,
  ReLU,
  SeparableConv2D,
  Sequential,
  SpatialDropout2D,
  StochasticDepth,
  ZeroPadding2D,
} from '@fer/layers';
import { describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { randomizeWeights } from '../models.ts';

await setBackend('simd');

const chain = (layers: readonly Applicable[], inputShape: Shape = [6, 6, 4]) => new Sequential(layers, { inputShape });

const classNames = ({ layers }: Model) => layers.map(({ className }) => className);

/** Compares the two, and gives the fused one back. */
async function fusedLike(model: Model): Promise<Model> {
  randomizeWeights(model);
  const fused = model.fuse();
  using x = randomNormal([2, ...model.inputShape], new Random(2));
  using expected = noGrad(() => model.forward(x));
  using actual = fused.forward(x);
  expect(actual.requiresGrad).toBe(false);
  expectNumbersClose(await actual.data(), await expected.data(), 1e-4, 'results');
  return fused;
}

const conv = () => new Conv2D({ filters: 4, kernelSize: 3, padding: 'same' });

class DoubledNormalization extends BatchNormalization {
  override forward(x: Tensor, context?: Context): Tensor {
    return mul(super.forward(x, context), 2);
  }
}

class DoubledActivation extends Activation {
  override forward(x: Tensor): Tensor {
    return mul(super.forward(x), 2);
  }
}

class DoubledReLU extends ReLU {
  override forward(x: Tensor): Tensor {
    return mul(super.forward(x), 2);
  }
}

class DoubledPadding extends ZeroPadding2D {
  override forward(x: Tensor): Tensor {
    return mul(super.forward(x), 2);
  }
}

/** Drops in inference, too, so that several results tell how sure a network is. */
class MonteCarloDropout extends Dropout {
  override get className() {
    return 'MonteCarloDropout' as never;
  }

  override forward(x: Tensor): Tensor {
    return super.forward(x, { training: true, random: new Random(1) });
  }
}

/** Ignores its own padding. */
class UnpaddedConv extends Conv2D {
  constructor({ padding: _, ...options }: Conv2D['options']) {
    super(options);
  }
}

describe('fuse', () => {
  it.each<[string, Applicable, Shape?]>([
    ['Conv2D', conv()],
    ['Conv2D without bias', new Conv2D({ filters: 3, kernelSize: 3, useBias: false })],
    ['DepthwiseConv2D', new DepthwiseConv2D({ kernelSize: 3, depthMultiplier: 2 })],
    ['SeparableConv2D', new SeparableConv2D({ filters: 3, kernelSize: 3, depthMultiplier: 2, useBias: false })],
    ['Dense', new Dense({ units: 3 }), [5]],
    ['Dense on several axes', new Dense({ units: 3, useBias: false }), [2, 5]],
  ])('folds normalisation and activation into %s', async (_, layer, inputShape) => {
    const model = chain([layer, new BatchNormalization({ epsilon: 0.01 }), new ReLU({ maxValue: 6 })], inputShape);
    const fused = await fusedLike(model);
    expect(fused.layers.length).toBe(1);
    expect(fused.layers[0]).toMatchObject({ name: model.layers[0]?.name, className: model.layers[0]?.className });
  });

  it('folds normalisations without factor or offset, and several', async () => {
    const norms = [
      new BatchNormalization({ scale: false }),
      new BatchNormalization({ center: false }),
      new BatchNormalization({ center: false, scale: false }),
    ];
    expect(classNames(await fusedLike(chain([conv(), ...norms])))).toEqual(['Conv2D']);
  });

  it('folds the activations that kernels can apply, and leaves the others', async () => {
    const left = async (layer: Applicable) => (await fusedLike(chain([conv(), layer]))).layers.length - 1;
    const activation = (name: ActivationName) => new Activation({ activation: name });
    for (const name of ['relu', 'swish', 'sigmoid', 'linear'] as const)
      expect(await left(activation(name)), name).toBe(0);
    for (const name of ['softmax', 'elu', 'leakyRelu'] as const) expect(await left(activation(name)), name).toBe(1);
    expect(await left(new ReLU())).toBe(0);
    expect(await left(new ReLU({ maxValue: 6 }))).toBe(0);
    expect(await left(new ReLU({ maxValue: 1 }))).toBe(1);
    expect(await left(new ReLU({ negativeSlope: 0.1 }))).toBe(1);
    expect(await left(new ReLU({ threshold: 0.1 }))).toBe(1);
  });

  it('folds nothing into a layer after its activation', async () => {
    const relu = new Conv2D({ filters: 3, kernelSize: 1, activation: 'relu' });
    const fused = await fusedLike(
      chain([relu, new BatchNormalization(), new ReLU(), new Activation({ activation: 'swish' })]),
    );
    expect(classNames(fused)).toEqual(['Conv2D', 'BatchNormalization', 'ReLU', 'Activation']);
  });

  it('keeps normalisations that follow no convolution', async () => {
    const fused = await fusedLike(
      chain([new BatchNormalization(), conv(), new MaxPooling2D(), new BatchNormalization()]),
    );
    expect(classNames(fused)).toEqual(['BatchNormalization', 'Conv2D', 'MaxPooling2D', 'BatchNormalization']);
  });

  it.each([
    ['valid', 'valid' as const],
    ['a number', 2],
    [
      'pairs',
      [
        [0, 1],
        [2, 3],
      ] as const,
    ],
  ])('adds zeros around an image to the padding of a convolution: %s', async (_, padding) => {
    const zeros = () =>
      new ZeroPadding2D({
        padding: [
          [1, 2],
          [3, 4],
        ],
      });
    for (const layer of [
      new Conv2D({ filters: 2, kernelSize: 3, strides: 2, padding }),
      new DepthwiseConv2D({ kernelSize: 3, padding }),
      new SeparableConv2D({ filters: 2, kernelSize: 3, padding }),
    ])
      expect((await fusedLike(chain([zeros(), layer]))).layers.length).toBe(1);
  });

  it('leaves zeros before other layers, and before padding that depends on the size', async () => {
    const fused = await fusedLike(chain([new ZeroPadding2D(), conv(), new ZeroPadding2D(), new MaxPooling2D()]));
    expect(classNames(fused)).toEqual(['ZeroPadding2D', 'Conv2D', 'ZeroPadding2D', 'MaxPooling2D']);
  });

  it('drops what has no effect but in training', async () => {
    const fused = await fusedLike(
      chain([
        new RandomFlip({ mode: 'horizontal' }),
        conv(),
        new SpatialDropout2D({ rate: 0.5 }),
        new BatchNormalization(),
        new StochasticDepth({ rate: 0.5 }),
        new Flatten(),
        new Dropout({ rate: 0.5 }),
      ]),
    );
    expect(classNames(fused)).toEqual(['Conv2D', 'Flatten']);
    const nothing = chain([new Dropout({ rate: 0.5 })], [3]).fuse();
    expect(nothing.layers).toEqual([]);
    using x = randomNormal([2, 3], new Random(1));
    using same = nothing.forward(x);
    expect(same).not.toBe(x);
    expect(same.buffer).toBe(x.buffer);
  });

  it('leaves a result as it is that another layer sees too', async () => {
    const x = input([6, 6, 4]);
    const y = x.pipe(conv());
    const dropped = y.pipe(new Dropout({ rate: 0.5 }));
    const output = new Add().apply([dropped.pipe(new BatchNormalization()), y, dropped.pipe(new ReLU())]);
    const fused = await fusedLike(new Model({ input: x, output }));
    expect(classNames(fused)).toEqual(['Conv2D', 'BatchNormalization', 'ReLU', 'Add']);
  });

  it('leaves layers as they are that are applied twice', async () => {
    const x = input([6, 6, 4]);
    const shared = conv();
    const once = x.pipe(new ZeroPadding2D(), shared, new BatchNormalization());
    const output = new Concatenate().apply([
      once,
      once.pipe(new MaxPooling2D({ poolSize: 1 })),
      x.pipe(new ZeroPadding2D(), shared),
    ]);
    const fused = await fusedLike(new Model({ input: x, output }));
    expect(classNames(fused).filter((name) => name === 'Conv2D').length).toBe(1);
    expect(classNames(fused)).toContain('BatchNormalization');
  });

  it.each<[string, readonly Applicable[]]>([
    ['BatchNormalization', [conv(), new DoubledNormalization()]],
    ['Activation', [conv(), new DoubledActivation({ activation: 'relu' })]],
    ['a linear Activation', [conv(), new DoubledActivation({ activation: 'linear' })]],
    ['ReLU', [conv(), new DoubledReLU()]],
    ['ZeroPadding2D', [new DoubledPadding(), new Conv2D({ filters: 4, kernelSize: 3 })]],
    ['Dropout', [conv(), new MonteCarloDropout({ rate: 0.5 })]],
    ['Conv2D', [new ZeroPadding2D(), new UnpaddedConv({ filters: 4, kernelSize: 3 })]],
  ])('keeps classes made from %s, which may compute something else', async (_, layers) => {
    expect((await fusedLike(chain(layers))).layers.length).toBe(2);
  });

  const blocks = () =>
    chain([new InvertedResidual({ name: 'a', filters: 4 }), new MBConv({ name: 'b', filters: 6, strides: 2 })]);

  it('gives a model that is flat, frozen and can be saved', async () => {
    const fused = await fusedLike(blocks());
    expect(fused.countParams().trainable).toBe(0);
    const again = await loadModel(await encodeModel(fused));
    using x = randomNormal([1, 6, 6, 4], new Random(2));
    using expected = fused.forward(x);
    using actual = again.forward(x);
    expect(await actual.data()).toEqual(await expected.data());
    expect(classNames(fused.fuse())).toEqual(classNames(fused));
  });

  it('gives a model with weights of its own', async () => {
    const before = memory();
    const model = blocks();
    randomizeWeights(model);
    const alone = memory();
    const fused = model.fuse();
    using x = randomNormal([1, 6, 6, 4], new Random(2));
    using expected = fused.forward(x);
    randomizeWeights(model, 2);
    using actual = fused.forward(x);
    expect(await actual.data()).toEqual(await expected.data());
    for (const tensor of [x, expected, actual]) tensor.dispose();
    fused.dispose();
    expect(memory()).toEqual(alone);
    model.dispose();
    expect(memory()).toEqual(before);
  });
});
