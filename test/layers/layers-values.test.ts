/** @file What single layers compute, by hand: what is random, what tfjs lacks, and what they refuse. */
import { ArgumentError, noGrad, Random, range, reshape, type Shape, setBackend, type Tensor, tensor } from '@fer/core';
import {
  Activation,
  Add,
  type AnyLayer,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  input,
  LayerNormalization,
  LocalResponseNormalization,
  layerFromConfig,
  MaxPooling2D,
  Multiply,
  Normalization,
  RandomFlip,
  RandomRotation,
  RandomTranslation,
  RandomZoom,
  ReLU,
  Rescaling,
  Reshape,
  Resizing,
  SeparableConv2D,
  Sequential,
  Softmax,
  SpatialDropout2D,
  StochasticDepth,
  ZeroPadding2D,
} from '@fer/layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';

beforeAll(() => setBackend('simd'));

/** What a layer makes of a batch, by a generator of that seed in training. */
async function run(layer: AnyLayer, x: Tensor | readonly Tensor[], training = false, seed = 1): Promise<number[]> {
  return [...(await layer.forward(x as never, { training, random: new Random(seed) }).data())];
}

const train = (layer: AnyLayer, x: Tensor, seed?: number) => run(layer, x, true, seed);

/** 1, 2, 3, ... */
const counted = (shape: Shape) => reshape(range(1, shape.reduce((product, size) => product * size, 1) + 1), shape);

describe('dropout', () => {
  it('drops the given fraction and keeps the expectation', async () => {
    const values = await train(new Dropout({ rate: 0.3 }), tensor(new Float32Array(10_000).fill(7), [100, 100]));
    const dropped = values.filter((value) => value === 0).length;
    // three standard deviations of 10,000 draws
    expect(Math.abs(dropped / 10_000 - 0.3)).toBeLessThan(3 * Math.sqrt((0.3 * 0.7) / 10_000));
    for (const value of new Set(values)) expect([0, 10]).toContain(Math.round(value * 1e4) / 1e4);
  });

  /** The entries of a batch of ones that were dropped together: whether all agree, along given axes. */
  async function groupsOf(layer: AnyLayer, groups: (n: number, y: number, x: number, c: number) => number) {
    const [count, height, width, channels] = [20, 3, 2, 4];
    const values = await train(
      layer,
      tensor(new Float32Array(count * height * width * channels).fill(1), [count, height, width, channels]),
    );
    const kept = new Map<number, Set<boolean>>();
    values.forEach((value, i) => {
      const group = groups(Math.floor(i / 24), Math.floor(i / 8) % 3, Math.floor(i / 4) % 2, i % 4);
      kept.set(group, (kept.get(group) ?? new Set()).add(value !== 0));
    });
    return [...kept.values()];
  }

  for (const [layer, what, group, number] of [
    [new Dropout({ rate: 0.5, noiseShape: [null, null, 1, 1] }), 'rows', (n: number, y: number) => n * 3 + y, 60],
    [new SpatialDropout2D({ rate: 0.5 }), 'maps', (n: number, _y: number, _x: number, c: number) => n * 4 + c, 80],
    [new StochasticDepth({ rate: 0.5 }), 'examples', (n: number) => n, 20],
  ] as const) {
    it(`${layer.className} drops whole ${what}, each by a draw of its own`, async () => {
      const groups = await groupsOf(layer, group);
      expect(groups.length).toBe(number);
      for (const decisions of groups) expect(decisions.size).toBe(1);
      expect(new Set(groups.map((decisions) => [...decisions][0])).size).toBe(2);
    });
  }
});

describe('ReLU', () => {
  const x = [-2, -0.5, 0, 0.5, 1, 3, 7];
  const results: [ConstructorParameters<typeof ReLU>[0], readonly number[]][] = [
    [{}, [0, 0, 0, 0.5, 1, 3, 7]],
    [{ maxValue: 6 }, [0, 0, 0, 0.5, 1, 3, 6]],
    [{ maxValue: 2 }, [0, 0, 0, 0.5, 1, 2, 2]],
    [{ negativeSlope: 0.5 }, [-1, -0.25, 0, 0.5, 1, 3, 7]],
    [{ negativeSlope: 0.5, maxValue: 6 }, [-1, -0.25, 0, 0.5, 1, 3, 6]],
    [{ threshold: 0.75 }, [0, 0, 0, 0, 1, 3, 7]],
    [{ threshold: 0.75, maxValue: 2 }, [0, 0, 0, 0, 1, 2, 2]],
    [{ threshold: 0.75, negativeSlope: 2, maxValue: 2 }, [-5.5, -2.5, -1.5, -0.5, 1, 2, 2]],
  ];
  for (const [options, expected] of results) {
    it(`${JSON.stringify(options)}`, async () => {
      const values = await run(new ReLU(options), tensor([x]));
      // -0 becomes 0
      expect(values.map((value) => value + 0)).toEqual(expected);
    });
  }

  it('with a threshold, of what is no finite number', async () => {
    const x = tensor([[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN]]);
    expect(await run(new ReLU({ threshold: 1 }), x)).toEqual([0, Number.POSITIVE_INFINITY, Number.NaN]);
  });
});

describe('normalisation', () => {
  it('of batches moves its statistics by the batch', async () => {
    const layer = new BatchNormalization({ momentum: 0.75 });
    layer.build([2], new Random(1));
    const x = tensor([
      [1, 10],
      [3, 30],
    ]);
    // means 2 and 20, variances 1 and 100
    expectNumbersClose(await train(layer, x), [-1, -1, 1, 1], 1e-3, 'output');
    expectNumbersClose((await layer.weights.get('moving_mean')?.data()) ?? [], [0.5, 5], 1e-6, 'mean');
    expectNumbersClose((await layer.weights.get('moving_variance')?.data()) ?? [], [1, 25.75], 1e-6, 'variance');
  });

  it('of layers by each example', async () => {
    const layer = new LayerNormalization({ epsilon: 1e-9 });
    layer.build([4], new Random(1));
    const expected = [-3, -1, 1, 3].map((value) => value / Math.sqrt(5));
    expectNumbersClose(
      await run(
        layer,
        tensor([
          [1, 2, 3, 4],
          [10, 20, 30, 40],
        ]),
      ),
      [...expected, ...expected],
      1e-5,
      'output',
    );
  });

  it('of local responses divides by the neighbours', async () => {
    const layer = new LocalResponseNormalization({ depthRadius: 1, bias: 2, alpha: 0.5, beta: 1 });
    // 1 / (2 + (1 + 4) / 2), 2 / (2 + (1 + 4 + 9) / 2), 3 / (2 + (4 + 9) / 2)
    expectNumbersClose(await run(layer, tensor([[[[1, 2, 3]]]])), [1 / 4.5, 2 / 9, 3 / 8.5], 1e-6, 'output');
  });
});

describe('preprocessing', () => {
  const pixels = () =>
    tensor([
      [
        [
          [0, 100],
          [200, 50],
        ],
      ],
    ]);
  it('Rescaling', async () => {
    expect(await run(new Rescaling({ scale: 0.5, offset: -1 }), pixels())).toEqual([-1, 49, 99, 24]);
    expect(await run(new Rescaling({ scale: [1, 2], offset: [0, -1] }), pixels())).toEqual([0, 199, 200, 99]);
  });
  it('Normalization, and back', async () => {
    const statistics = { mean: [100, 50], variance: [4, 25] };
    expect(await run(new Normalization(statistics), pixels())).toEqual([-50, 10, 50, 0]);
    expect(await run(new Normalization({ ...statistics, invert: true }), pixels())).toEqual([100, 550, 500, 300]);
    expect(await run(new Normalization({ mean: 50, variance: 100 }), pixels())).toEqual([-5, 5, 15, 0]);
  });
  it('Normalization of what does not vary', async () => {
    expect(await run(new Normalization({ mean: 0, variance: 0 }), tensor([[0]]))).toEqual([0]);
  });
  it('Resizing', async () => {
    const x = reshape(tensor([1, 2, 3, 4]), [1, 1, 4, 1]);
    expect(await run(new Resizing({ height: 1, width: 2 }), x)).toEqual([1.5, 3.5]);
    expect(await run(new Resizing({ height: 1, width: 2, interpolation: 'nearest' }), x)).toEqual([2, 4]);
  });
});

describe('shapes', () => {
  it('Softmax along an axis adds up to 1 there', async () => {
    const values = await run(new Softmax({ axis: 1 }), counted([2, 3, 2]));
    const weights = [0, 2, 4].map((x) => Math.exp(x));
    const total = weights.reduce((sum, weight) => sum + weight);
    expectNumbersClose(
      values.slice(0, 6),
      weights.flatMap((weight) => [weight / total, weight / total]),
      1e-6,
      'softmax',
    );
  });
  it('Reshape infers one size', () => {
    expect(new Reshape({ targetShape: [3, -1, 2] }).outputShape([6, 4])).toEqual([3, 4, 2]);
    expect(() => new Reshape({ targetShape: [5, -1] }).outputShape([6, 4])).toThrow('cannot see the 24 elements');
    expect(() => new Reshape({ targetShape: [-1, -1] }).outputShape([6, 4])).toThrow('cannot see the 24 elements');
    expect(() => new Reshape({ targetShape: [25] }).outputShape([6, 4])).toThrow('cannot see the 24 elements');
  });
  it('merges of one tensor are that tensor', () => {
    const x = tensor([[1, 2]]);
    for (const layer of [new Add(), new Multiply()]) expect(layer.forward([x])).toBe(x);
  });
  it('merges of several', async () => {
    const [a, b, c] = [tensor([[1, 2]]), tensor([[3, 4]]), tensor([[5, 6]])];
    expect(await run(new Add(), [a, b, c])).toEqual([9, 12]);
    expect(await run(new Multiply(), [a, b, c])).toEqual([15, 48]);
    expect(await run(new Concatenate(), [a, b, c])).toEqual([1, 2, 3, 4, 5, 6]);
  });
  it('Multiply weighs channels', async () => {
    const x = counted([1, 2, 1, 2]);
    expect(await run(new Multiply(), [x, reshape(tensor([10, 100]), [1, 1, 1, 2])])).toEqual([10, 200, 30, 400]);
  });
  it('forward refuses what outputShape refuses', () => {
    const [column, row] = [tensor([[1], [2]]), tensor([[1, 2]])];
    expect(() => new Add().forward([column, row])).toThrow('Add: expected inputs of one shape but got [2,1] and [1,2]');
    expect(() => new Multiply().forward([tensor([1]), row])).toThrow('Multiply: [1] and [1,2] do not broadcast');
  });
});

describe('augmentation', () => {
  const image = () => counted([1, 3, 3, 1]);
  const constant = { fillMode: 'constant', fillValue: -1 } as const;

  it('turns counter-clockwise by positive angles', async () => {
    const quarter = new RandomRotation({ factor: [0.25, 0.25] });
    expectNumbersClose(await train(quarter, image()), [3, 6, 9, 2, 5, 8, 1, 4, 7], 1e-5, 'image');
  });
  it('zooms out by positive factors', async () => {
    const out = new RandomZoom({ heightFactor: [1, 1], ...constant });
    expect(await train(out, image())).toEqual([-1, -1, -1, -1, 5, -1, -1, -1, -1]);
    const wide = new RandomZoom({ heightFactor: [0, 0], widthFactor: [-0.5, -0.5] });
    expect(await train(wide, image())).toEqual([1.5, 2, 2.5, 4.5, 5, 5.5, 7.5, 8, 8.5]);
  });
  it('moves down and to the right by positive factors', async () => {
    const move = { heightFactor: [1 / 3, 1 / 3], widthFactor: [-1 / 3, -1 / 3] } as const;
    const expected = {
      constant: [-1, -1, -1, 2, 3, -1, 5, 6, -1],
      nearest: [2, 3, 3, 2, 3, 3, 5, 6, 6],
      reflect: [2, 3, 3, 2, 3, 3, 5, 6, 6],
    };
    for (const fillMode of ['constant', 'nearest', 'reflect'] as const) {
      const layer = new RandomTranslation({ ...move, fillMode, fillValue: -1, interpolation: 'nearest' });
      expect(await train(layer, image()), fillMode).toEqual(expected[fillMode]);
    }
  });
  it('reflects with the border doubled unless told otherwise', async () => {
    const layer = new RandomTranslation({ heightFactor: [2 / 3, 2 / 3], widthFactor: 0 });
    expectNumbersClose(await train(layer, image()), [4, 5, 6, 1, 2, 3, 1, 2, 3], 1e-5, 'image');
  });

  const flips: ['horizontal' | 'vertical' | 'horizontalAndVertical', string[]][] = [
    ['horizontal', ['1,2,3,4', '2,1,4,3']],
    ['vertical', ['1,2,3,4', '3,4,1,2']],
    ['horizontalAndVertical', ['1,2,3,4', '2,1,4,3', '3,4,1,2', '4,3,2,1']],
  ];
  for (const [mode, variants] of flips) {
    it(`flips each image by a draw of its own: ${mode}`, async () => {
      const count = 400;
      const x = tensor(
        Array.from({ length: count }, () => [1, 2, 3, 4]),
        [count, 2, 2, 1],
      );
      const values = await train(new RandomFlip({ mode }), x);
      const images = Array.from({ length: count }, (_, i) => `${values.slice(4 * i, 4 * i + 4)}`);
      expect([...new Set(images)].sort()).toEqual(variants);
      for (const variant of variants) {
        const share = images.filter((one) => one === variant).length / count;
        expect(Math.abs(share - 1 / variants.length)).toBeLessThan(0.08);
      }
    });
  }

  it('draws from the whole interval of its factor', async () => {
    const count = 300;
    const ramp = tensor(
      Array.from({ length: count }, () => [0, 1, 2, 3, 4, 5, 6, 7]),
      [count, 1, 8, 1],
    );
    for (const [widthFactor, lowest, highest] of [
      [0.25, -2, 2],
      [[0.125, 0.25], 1, 2],
    ] as const) {
      const values = await train(new RandomTranslation({ heightFactor: 0, widthFactor }), ramp);
      // the fourth pixel shows how far its image was moved
      const moves = Array.from({ length: count }, (_, i) => 3 - (values[8 * i + 3] as number));
      expect(Math.min(...moves)).toBeGreaterThanOrEqual(lowest - 1e-5);
      expect(Math.max(...moves)).toBeLessThanOrEqual(highest + 1e-5);
      expect(Math.min(...moves)).toBeLessThan(lowest + 0.05 * (highest - lowest));
      expect(Math.max(...moves)).toBeGreaterThan(highest - 0.05 * (highest - lowest));
    }
  });

  it('zooms width and height alike unless told otherwise', async () => {
    const values = await train(new RandomZoom({ heightFactor: [-0.9, -0.1] }), image());
    const [, top, , left, , right, , bottom] = values as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    // a row is worth three columns
    expect(bottom - top).toBeCloseTo(3 * (right - left), 4);
  });
});

describe('bad options are refused', () => {
  const refused: [() => AnyLayer, string][] = [
    [() => new Conv2D({ filters: 0, kernelSize: 3 }), 'Conv2D: filters must be an integer of at least 1 but is 0'],
    [() => new Conv2D({ filters: 2, kernelSize: 3, activation: 'selu' as never }), 'Conv2D: activation must be one of'],
    [
      () => new Conv2D({ filters: 2, kernelSize: 3, activation: 'toString' as never }),
      'Conv2D: activation must be one of',
    ],
    [() => new Conv2D({ name: 'stem', filters: 2.5, kernelSize: 3 }), "Conv2D 'stem': filters must be"],
    [() => new DepthwiseConv2D({ kernelSize: 3, depthMultiplier: 0 }), 'DepthwiseConv2D: depthMultiplier'],
    [() => new SeparableConv2D({ filters: 1, kernelSize: 3, depthMultiplier: -1 }), 'SeparableConv2D: depthMultiplier'],
    [() => new Dense({ units: Number.NaN }), 'Dense: units must be an integer of at least 1 but is NaN'],
    [() => new Activation({ activation: 'none' as never }), 'Activation: activation must be one of'],
    [() => layerFromConfig('Activation', {}), 'Activation: activation must be one of'],
    [() => new ReLU({ maxValue: -1 }), 'ReLU: maxValue must be from 0'],
    [() => new ReLU({ threshold: Number.NaN }), 'ReLU: threshold must be from 0'],
    [() => new Dropout({ rate: 1 }), 'Dropout: rate must be at least 0 and below 1 but is 1'],
    [() => new SpatialDropout2D({ rate: -0.1 }), 'SpatialDropout2D: rate'],
    [() => new StochasticDepth({} as never), 'StochasticDepth: rate must be at least 0 and below 1 but is undefined'],
    [() => new BatchNormalization({ momentum: 2 }), 'BatchNormalization: momentum must be from 0 to 1'],
    [() => new LayerNormalization({ epsilon: 0 }), 'LayerNormalization: epsilon must be above 0 but is 0'],
    [() => new BatchNormalization({ epsilon: 0 }), 'BatchNormalization: epsilon must be above 0 but is 0'],
    [() => new ZeroPadding2D({ padding: -1 }), 'ZeroPadding2D: padding must be an integer of at least 0'],
    [() => new ZeroPadding2D({ padding: [1, 2, 3] as never }), 'ZeroPadding2D: padding must be a number or a pair'],
    [() => new Normalization({ mean: 0, variance: -1 }), 'Normalization: variance must not be negative'],
    [() => new Resizing({ height: 0, width: 2 }), 'Resizing: height must be an integer of at least 1'],
    [
      () => new Resizing({ height: 2, width: 2, interpolation: 'cubic' as never }),
      'Resizing: interpolation must be one of',
    ],
    [() => new RandomFlip({ mode: 'both' as never }), 'RandomFlip: mode must be one of'],
    [() => new RandomRotation({ factor: 1.5 }), 'RandomRotation: factor must be from -1 to 1 but is 1.5'],
    [() => new RandomZoom({ heightFactor: [0, 2] }), 'RandomZoom: heightFactor must be from -1 to 1 but is 2'],
    [
      () => new RandomTranslation({ heightFactor: 0, widthFactor: [0, 0, 0] as never }),
      'RandomTranslation: widthFactor',
    ],
    [() => new RandomRotation({ factor: [] as never }), 'RandomRotation: factor must be a number or [lower,upper]'],
    [
      () => new RandomZoom({ heightFactor: [0.1] as never }),
      'heightFactor must be a number or [lower,upper] but is [0.1]',
    ],
    [() => new RandomRotation({ factor: 0.1, fillMode: 'wrap' as never }), 'RandomRotation: fillMode must be one of'],
    [
      () => new LocalResponseNormalization({ depthRadius: -1 }),
      'LocalResponseNormalization: depthRadius must be an integer of at least 0 but is -1',
    ],
    [() => layerFromConfig('Conv9D', {}), "layerFromConfig: there is no layer class 'Conv9D'"],
    [() => layerFromConfig('toString', {}), "layerFromConfig: there is no layer class 'toString'"],
    [() => layerFromConfig('Dense', {}), 'Dense: units must be an integer'],
  ];
  for (const [make, message] of refused) {
    it(message, () => {
      expect(make).toThrow(ArgumentError);
      expect(make).toThrow(message);
    });
  }

  const shapes: [AnyLayer, Shape | readonly Shape[], string][] = [
    [new Conv2D({ filters: 1, kernelSize: 0 }), [4, 4, 1], 'Conv2D: kernelSize must be an integer of at least 1'],
    [new Conv2D({ filters: 1, kernelSize: 5 }), [4, 4, 1], 'Conv2D: a window of 5 x 5 does not fit'],
    [new Conv2D({ filters: 1, kernelSize: 1, dilationRate: 0 }), [4, 4, 1], 'Conv2D: dilationRate must be an integer'],
    [new MaxPooling2D({ poolSize: 3 }), [2, 2, 1], 'MaxPooling2D: a window of 3 x 3 does not fit'],
    [new MaxPooling2D({ poolSize: 0 }), [2, 2, 1], 'MaxPooling2D: poolSize must be an integer of at least 1 but is 0'],
    [new MaxPooling2D({ padding: 2 }), [4, 4, 1], 'MaxPooling2D: padding 2 leaves windows of 2 x 2 without a pixel'],
    [new Softmax({ axis: 0 }), [3], 'Softmax: axis must be from 1 to 1, or from -1 to -1, but is 0'],
    [new LayerNormalization({ axis: [1, -1] }), [3], 'LayerNormalization: axis must name each axis once but is [1,-1]'],
    [new Concatenate({ axis: 2 }), [[3], [3]], 'Concatenate: axis must be from 1 to 1'],
  ];
  for (const [layer, shape, message] of shapes) {
    it(message, () => expect(() => layer.outputShape(shape as never)).toThrow(message));
  }

  it('a layer without weights says so', () => {
    expect(() => new Dense({ units: 1 }).forward(tensor([[1]]))).toThrow('Dense: the layer has no weights yet');
  });
});

it("layers get Keras' names", () => {
  const layers = [
    new Conv2D({ filters: 1, kernelSize: 1 }),
    new DepthwiseConv2D({ kernelSize: 1 }),
    new ReLU(),
    new Conv2D({ filters: 1, kernelSize: 1 }),
    new BatchNormalization(),
    new MaxPooling2D(),
  ];
  const model = new Sequential(layers, { inputShape: [4, 4, 1] });
  expect(model.layers.map(({ name }) => name)).toEqual([
    'conv2d',
    'depthwise_conv2d',
    're_lu',
    'conv2d_1',
    'batch_normalization',
    'max_pooling2d',
  ]);
  expect([...model.weights.keys()].slice(0, 4)).toEqual([
    'conv2d/kernel',
    'conv2d/bias',
    'depthwise_conv2d/depthwise_kernel',
    'depthwise_conv2d/bias',
  ]);
});

it('dropout in inference costs nothing', () => {
  const x = tensor([[1, 2]]);
  for (const layer of [new Dropout({ rate: 0.5 }), new StochasticDepth({ rate: 0.5 }), new RandomFlip()])
    expect(noGrad(() => layer.forward(x))).toBe(x);
  expect(new Dropout({ rate: 0.5 }).apply(input([2])).shape).toEqual([2]);
});
