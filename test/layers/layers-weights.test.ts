/** @file Where weights begin, what they cost and what they are held to: initializers, regularizers, constraints. */
import { ArgumentError, memory, Random, type Shape, setBackend, type Tensor, tensor } from '@fer/core';
import {
  type AnyLayer,
  BatchNormalization,
  type Constraint,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  type Initializer,
  LayerNormalization,
  type Regularizer,
  SeparableConv2D,
} from '@fer/layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';

beforeAll(() => setBackend('simd'));

/** The kernel that a dense layer begins with. */
async function kernelOf(kernelInitializer: Initializer, shape: readonly [number, number], seed = 1) {
  const layer = new Dense({ units: shape[1], useBias: false, kernelInitializer });
  layer.build([shape[0]], new Random(seed));
  return (await weightOf(layer, 'kernel').data()) as Float32Array;
}

function weightOf(layer: AnyLayer, name: string) {
  const weight = layer.weights.get(name);
  if (!weight) throw new Error(`no weight ${name}`);
  return weight;
}

const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const deviationOf = (values: ArrayLike<number>) => {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(Array.from(values, (value) => (value - mean) ** 2)));
};
const largestOf = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));

describe('initializers', () => {
  it('zeros, ones and constant', async () => {
    expect(await kernelOf('zeros', [2, 1])).toEqual(Float32Array.of(0, 0));
    expect(await kernelOf('ones', [2, 1])).toEqual(Float32Array.of(1, 1));
    expect(await kernelOf({ name: 'constant', value: -2.5 }, [2, 1])).toEqual(Float32Array.of(-2.5, -2.5));
  });

  const [fanIn, fanOut] = [40, 100];
  const count = fanIn * fanOut;
  /** Of a mean of normal numbers, and of their deviation: three and a half standard errors. */
  const error = 3.5 / Math.sqrt(count);

  /** Keras' definitions; the limit is that of uniform numbers, or twice the deviation before the cut. */
  const kept = 0.87962566103423978;
  const average = (fanIn + fanOut) / 2;
  const drawn: [Initializer, mean: number, deviation: number, limit: number][] = [
    ['glorotUniform', 0, Math.sqrt(1 / average), Math.sqrt(6 / (fanIn + fanOut))],
    ['glorotNormal', 0, Math.sqrt(1 / average), (2 * Math.sqrt(1 / average)) / kept],
    ['heUniform', 0, Math.sqrt(2 / fanIn), Math.sqrt(6 / fanIn)],
    ['heNormal', 0, Math.sqrt(2 / fanIn), (2 * Math.sqrt(2 / fanIn)) / kept],
    ['lecunUniform', 0, Math.sqrt(1 / fanIn), Math.sqrt(3 / fanIn)],
    ['lecunNormal', 0, Math.sqrt(1 / fanIn), (2 * Math.sqrt(1 / fanIn)) / kept],
    [{ name: 'randomUniform' }, 0, 0.1 / Math.sqrt(12), 0.05],
    [{ name: 'randomUniform', minval: 1, maxval: 3 }, 2, 2 / Math.sqrt(12), 3],
    [{ name: 'randomNormal' }, 0, 0.05, Infinity],
    [{ name: 'randomNormal', mean: 3, stddev: 2 }, 3, 2, Infinity],
    [{ name: 'truncatedNormal' }, 0, 0.05 * kept, 0.1],
    [{ name: 'truncatedNormal', mean: 1, stddev: 0.5 }, 1, 0.5 * kept, 2],
    [{ name: 'varianceScaling' }, 0, Math.sqrt(1 / fanIn), (2 * Math.sqrt(1 / fanIn)) / kept],
    [
      { name: 'varianceScaling', scale: 3, mode: 'fanOut', distribution: 'uniform' },
      0,
      Math.sqrt(3 / fanOut),
      Math.sqrt(9 / fanOut),
    ],
    [
      { name: 'varianceScaling', mode: 'fanAvg', distribution: 'untruncatedNormal' },
      0,
      Math.sqrt(1 / average),
      Infinity,
    ],
  ];
  for (const [initializer, mean, deviation, limit] of drawn) {
    it(`${JSON.stringify(initializer)} has its mean, its deviation and its limit`, async () => {
      const values = await kernelOf(initializer, [fanIn, fanOut]);
      expect(Math.abs(meanOf(values) - mean)).toBeLessThan(error * deviation);
      expect(Math.abs(deviationOf(values) / deviation - 1)).toBeLessThan(error);
      const largest = largestOf(values);
      expect(largest).toBeLessThanOrEqual(limit * (1 + 1e-6));
      // what is cut off comes close to the limit, and what is not goes beyond three deviations
      expect(largest).toBeGreaterThan(limit === Infinity ? Math.abs(mean) + 3 * deviation : 0.98 * limit);
    });
  }

  it('draws the same from the same seed and something else from another', async () => {
    const [first, again, other] = await Promise.all([1, 1, 2].map((seed) => kernelOf('heNormal', [3, 4], seed)));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("counts a convolution's inputs and outputs over its window", async () => {
    const limitOf = async (layer: AnyLayer, name: string, channels: number) => {
      layer.build([8, 8, channels] as never, new Random(1));
      return largestOf(await weightOf(layer, name).data());
    };
    const initializer: Initializer = 'glorotUniform';
    // [3, 3, 16, 32]: 144 inputs and 288 outputs; depthwise [3, 3, 64, 2]: 576 and 18, as in Keras
    const dense = await limitOf(
      new Conv2D({ filters: 32, kernelSize: 3, kernelInitializer: initializer }),
      'kernel',
      16,
    );
    const depthwise = new DepthwiseConv2D({ kernelSize: 3, depthMultiplier: 2, depthwiseInitializer: initializer });
    expectNumbersClose([dense], [Math.sqrt(6 / (144 + 288))], 1e-3, 'limit');
    expectNumbersClose([await limitOf(depthwise, 'depthwise_kernel', 64)], [Math.sqrt(6 / (576 + 18))], 1e-3, 'limit');
  });

  for (const [shape, gain] of [
    [[6, 4], 1],
    [[3, 7], 1],
    [[5, 5], 2],
  ] as const) {
    it(`orthogonal of [${shape}] times ${gain}`, async () => {
      const values = await kernelOf({ name: 'orthogonal', gain }, shape);
      const [rows, columns] = shape;
      const at = (i: number, j: number) => values[i * columns + j] as number;
      const vectors =
        rows < columns
          ? Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => at(i, j)))
          : Array.from({ length: columns }, (_, j) => Array.from({ length: rows }, (_, i) => at(i, j)));
      for (const [i, a] of vectors.entries())
        for (const [j, b] of vectors.entries()) {
          const product = a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
          expect(product).toBeCloseTo(i === j ? gain ** 2 : 0, 5);
        }
    });
  }

  it('orthogonal takes all axes of a filter but the last as rows', async () => {
    const layer = new Conv2D({ filters: 4, kernelSize: 2, kernelInitializer: { name: 'orthogonal' } });
    layer.build([4, 4, 3], new Random(1));
    const values = await weightOf(layer, 'kernel').data();
    for (let filter = 0; filter < 4; filter++) {
      const column = Array.from({ length: 12 }, (_, i) => values[i * 4 + filter] as number);
      expect(column.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(1, 5);
    }
  });

  const refused: [unknown, string][] = [
    ['random', 'there is no initializer "random"'],
    ['toString', 'there is no initializer "toString"'],
    [{ name: 'cauchy' }, 'there is no initializer {"name":"cauchy"}'],
    [{ name: 'constant', value: Number.NaN }, 'constant: value must be a finite number'],
    [{ name: 'varianceScaling', scale: -1 }, 'varianceScaling: scale must be'],
    [{ name: 'varianceScaling', mode: 'fan' }, 'varianceScaling: mode must be one of fanIn, fanOut, fanAvg but is fan'],
    [{ name: 'varianceScaling', distribution: 'normal' }, 'varianceScaling: distribution must be one of'],
  ];
  for (const [initializer, message] of refused) {
    it(`refuses ${JSON.stringify(initializer)}`, async () => {
      const error = await kernelOf(initializer as Initializer, [2, 3]).catch((reason) => reason);
      expect(error).toBeInstanceOf(ArgumentError);
      expect(error.message).toContain(message);
    });
  }

  it('refuses an orthogonal vector', () => {
    const layer = new Dense({ units: 3, biasInitializer: { name: 'orthogonal' } });
    expect(() => layer.build([2], new Random(1))).toThrow('orthogonal: needs a weight of two or more axes but got [3]');
  });
});

describe('regularizers', () => {
  /** What a dense layer of the weights [[1, -2], [3, 0.5]] adds to the loss, and its gradient. */
  async function penaltyOf(kernelRegularizer: Regularizer) {
    const layer = new Dense({ units: 2, useBias: false, kernelRegularizer });
    layer.build([2], new Random(1));
    const kernel = weightOf(layer, 'kernel');
    kernel.assign(
      tensor([
        [1, -2],
        [3, 0.5],
      ]),
    );
    const penalties = layer.penalties();
    expect(penalties.length).toBe(1);
    const [penalty] = penalties as [Tensor];
    penalty.backward();
    return { cost: await penalty.item(), gradient: [...((await kernel.grad?.data()) ?? [])] };
  }

  it('l1 is the sum of magnitudes', async () => {
    expect(await penaltyOf({ l1: 2 })).toEqual({ cost: 13, gradient: [2, -2, 2, 2] });
  });
  it('l2 is the sum of squares', async () => {
    expect(await penaltyOf({ l2: 2 })).toEqual({ cost: 28.5, gradient: [4, -8, 12, 2] });
  });
  it('both add up', async () => {
    expect(await penaltyOf({ l1: 1, l2: 2 })).toEqual({ cost: 35, gradient: [5, -9, 13, 3] });
  });
  it('refuses negative factors', async () => {
    await expect(penaltyOf({ l1: -1 })).rejects.toThrow('Dense: l1 must be from 0');
    await expect(penaltyOf({ l2: Number.NaN })).rejects.toThrow('Dense: l2 must be from 0');
  });
});

describe('regularizers that are none', () => {
  it.each(['l2', { L2: 1 }, { l2: '1' }])('are refused when the layer is built: %o', (kernelRegularizer) => {
    const layer = new Dense({ units: 2, kernelRegularizer: kernelRegularizer as never });
    expect(() => layer.build([2], new Random(1))).toThrow(/^Dense: (a regularizer is|l2 must be)/);
  });
});

describe('constraints', () => {
  /** A weight after the constraint. */
  async function constrainedTo(kernelConstraint: Constraint, shape: Shape, values: readonly number[]) {
    const [inputs, units] = shape as [number, number];
    const layer = new Dense({ units, useBias: false, kernelConstraint });
    layer.build([inputs], new Random(1));
    const kernel = weightOf(layer, 'kernel');
    kernel.assign(tensor([...values], shape));
    layer.constrain();
    return kernel.data();
  }

  /** Columns of norm 5, 0.5 and 0. */
  const values = [3, 0.3, 0, 4, -0.4, 0];
  const results: [Constraint, readonly number[]][] = [
    ['nonNegative', [3, 0.3, 0, 4, 0, 0]],
    ['unitNorm', [0.6, 0.6, 0, 0.8, -0.8, 0]],
    [{ name: 'unitNorm', axis: 0 }, [0.6, 0.6, 0, 0.8, -0.8, 0]],
    [{ name: 'maxNorm', maxValue: 2 }, [1.2, 0.3, 0, 1.6, -0.4, 0]],
    [{ name: 'minMaxNorm', minValue: 1, maxValue: 2 }, [1.2, 0.6, 0, 1.6, -0.8, 0]],
    // a quarter of the way from 5 to 2, and from 0.5 to 1
    [{ name: 'minMaxNorm', minValue: 1, maxValue: 2, rate: 0.25 }, [2.55, 0.375, 0, 3.4, -0.5, 0]],
    // rows of norm sqrt(9.09) and sqrt(16.16)
    [
      { name: 'maxNorm', maxValue: 1, axis: 1 },
      [3 / Math.sqrt(9.09), 0.3 / Math.sqrt(9.09), 0, 4 / Math.sqrt(16.16), -0.4 / Math.sqrt(16.16), 0],
    ],
    // all of it: sqrt(25.25)
    [{ name: 'maxNorm', maxValue: 1, axis: [0, 1] }, values.map((value) => value / Math.sqrt(25.25))],
  ];
  for (const [constraint, expected] of results) {
    it(`${JSON.stringify(constraint)}`, async () => {
      expectNumbersClose(await constrainedTo(constraint, [2, 3], values), expected, 1e-6, 'weight');
    });
  }

  it('take the norm of a whole vector', async () => {
    const layer = new Dense({ units: 2, biasConstraint: 'unitNorm' });
    layer.build([1], new Random(1));
    weightOf(layer, 'bias').assign(tensor([3, 4]));
    layer.constrain();
    expectNumbersClose(await weightOf(layer, 'bias').data(), [0.6, 0.8], 1e-6, 'bias');
  });

  it('leave frozen weights alone', async () => {
    const layer = new Dense({ units: 1, kernelConstraint: 'unitNorm', kernelRegularizer: { l2: 1 }, trainable: false });
    layer.build([2], new Random(1));
    const before = await weightOf(layer, 'kernel').data();
    layer.constrain();
    expect(await weightOf(layer, 'kernel').data()).toEqual(before);
    expect(layer.penalties()).toEqual([]);
  });

  it('leave nothing behind', () => {
    const layer = new Dense({
      units: 2,
      kernelConstraint: { name: 'maxNorm', maxValue: 0.1 },
      biasConstraint: 'nonNegative',
    });
    layer.build([2], new Random(1));
    const before = memory();
    layer.constrain();
    expect(memory()).toEqual(before);
  });

  it('refuse what does not exist', async () => {
    await expect(constrainedTo({ name: 'minNorm' } as never, [2, 3], values)).rejects.toThrow(
      'Dense: there is no constraint {"name":"minNorm"}',
    );
    await expect(constrainedTo('maxNorm' as never, [2, 3], values)).rejects.toThrow(
      'Dense: there is no constraint "maxNorm"',
    );
    await expect(constrainedTo({ name: 'maxNorm' } as never, [2, 3], values)).rejects.toThrow(
      "Dense: maxNorm's maxValue must be above 0 but is undefined",
    );
    await expect(constrainedTo({ name: 'minMaxNorm', minValue: 2, maxValue: 1 }, [2, 3], values)).rejects.toThrow(
      "Dense: minMaxNorm's maxValue must be at least 2 but is 1",
    );
    for (const axis of [2, [0, -2], 0.5])
      await expect(constrainedTo({ name: 'maxNorm', maxValue: 1, axis }, [2, 3], values)).rejects.toThrow(
        `Dense: maxNorm's axis must be of the 2 of its weight, each once, but is [${axis}]`,
      );
  });
});

describe('the options of a weight', () => {
  const options = (prefix: string) => ({
    [`${prefix}Initializer`]: { name: 'constant', value: -2 },
    [`${prefix}Regularizer`]: { l1: 1 },
    [`${prefix}Constraint`]: 'nonNegative',
  });
  const window = { filters: 2, kernelSize: 2 };
  const weights: [string, weight: string, (options: object) => AnyLayer][] = [
    ['kernel', 'kernel', (own) => new Conv2D({ ...window, ...own })],
    ['bias', 'bias', (own) => new Conv2D({ ...window, ...own })],
    ['depthwise', 'depthwise_kernel', (own) => new DepthwiseConv2D({ kernelSize: 2, ...own })],
    ['bias', 'bias', (own) => new DepthwiseConv2D({ kernelSize: 2, ...own })],
    ['depthwise', 'depthwise_kernel', (own) => new SeparableConv2D({ ...window, ...own })],
    ['pointwise', 'pointwise_kernel', (own) => new SeparableConv2D({ ...window, ...own })],
    ['bias', 'bias', (own) => new SeparableConv2D({ ...window, ...own })],
    ['kernel', 'kernel', (own) => new Dense({ units: 2, ...own })],
    ['bias', 'bias', (own) => new Dense({ units: 2, ...own })],
    ['gamma', 'gamma', (own) => new BatchNormalization(own)],
    ['beta', 'beta', (own) => new BatchNormalization(own)],
    ['gamma', 'gamma', (own) => new LayerNormalization(own)],
    ['beta', 'beta', (own) => new LayerNormalization(own)],
  ];
  for (const [prefix, name, make] of weights) {
    const layer = make(options(prefix));
    it(`${layer.className}'s ${name} takes ${Object.keys(options(prefix)).join(', ')}`, async () => {
      layer.build([4, 4, 3] as never, new Random(1));
      const weight = weightOf(layer, name);
      expect(new Set(await weight.data())).toEqual(new Set([-2]));
      const penalties = await Promise.all(layer.penalties().map((penalty) => penalty.item()));
      expect(penalties).toEqual([2 * weight.size]);
      layer.constrain();
      expect(new Set(await weight.data())).toEqual(new Set([0]));
    });
  }

  it("BatchNormalization's moving statistics take initializers", async () => {
    const layer = new BatchNormalization({
      movingMeanInitializer: { name: 'constant', value: 3 },
      movingVarianceInitializer: { name: 'constant', value: 4 },
    });
    layer.build([1], new Random(1));
    expect([...(await weightOf(layer, 'moving_mean').data())]).toEqual([3]);
    expect([...(await weightOf(layer, 'moving_variance').data())]).toEqual([4]);
  });
});
