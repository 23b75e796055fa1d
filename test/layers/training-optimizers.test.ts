/** @file Optimizers: each step as tfjs takes it, decay, groups and clipping by hand, and state that can be continued. */
import { FormatError, GradientError, memory, mul, Parameter, Random, setBackend, sum, tensor, tidy } from '@fer/core';
import {
  Adam,
  Adamax,
  AdamW,
  noDecay,
  type Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  RAdam,
  RMSProp,
  SGD,
} from '@fer/layers';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';

beforeAll(async () => {
  await setBackend('simd');
  await tf.setBackend('cpu');
});

type Weights = Map<string, Parameter>;

function weightsOf(values: Record<string, number[]>): Weights {
  const parameter = (numbers: number[]) => {
    using value = tensor(numbers);
    return new Parameter(value);
  };
  return new Map(Object.entries(values).map(([name, numbers]) => [name, parameter(numbers)]));
}

function step(optimizer: Optimizer, weights: Weights, gradients: Record<string, number[]>): void {
  for (const [name, numbers] of Object.entries(gradients)) weights.get(name)?.setGrad(tensor(numbers));
  optimizer.step(weights);
}

async function valuesOf(weights: Weights): Promise<Record<string, number[]>> {
  const entries = [...weights].map(async ([name, weight]) => [name, Array.from(await weight.data())] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** tfjs adds epsilon to the corrected root of Adam, Keras before the correction: 2e-6 of a step of 0.05 apart at first. */
const TOLERANCE = 5e-6;

const draw = (random: Random, from: number, to: number) => Array.from({ length: 5 }, () => random.uniform(from, to));

describe('an optimizer takes the steps of tfjs', () => {
  const cases: [string, () => Optimizer, () => tf.Optimizer][] = [
    ['SGD', () => new SGD({ learningRate: 0.1 }), () => tf.train.sgd(0.1)],
    ['momentum', () => new SGD({ learningRate: 0.1, momentum: 0.9 }), () => tf.train.momentum(0.1, 0.9)],
    [
      'Nesterov',
      () => new SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true }),
      () => tf.train.momentum(0.1, 0.9, true),
    ],
    ['Adam', () => new Adam({ learningRate: 0.05 }), () => tf.train.adam(0.05, 0.9, 0.999, 1e-7)],
    [
      'Adam with other betas',
      () => new Adam({ learningRate: 0.05, beta1: 0.7, beta2: 0.9 }),
      () => tf.train.adam(0.05, 0.7, 0.9, 1e-7),
    ],
    ['Adamax', () => new Adamax({ learningRate: 0.05 }), () => tf.train.adamax(0.05, 0.9, 0.999, 1e-7)],
    ['RMSProp', () => new RMSProp({ learningRate: 0.02 }), () => tf.train.rmsprop(0.02, 0.9, 0, 1e-7)],
    [
      'RMSProp, centered, with momentum',
      () => new RMSProp({ learningRate: 0.02, rho: 0.8, momentum: 0.5, epsilon: 1e-10, centered: true }),
      // negligible, for tfjs subtracts it here where TensorFlow adds it
      () => tf.train.rmsprop(0.02, 0.8, 0.5, 1e-10, true),
    ],
  ];
  for (const [name, ours, theirs] of cases) {
    it(name, async () => {
      const random = new Random(1);
      const initial = draw(random, -1, 1);
      const [optimizer, weights] = [ours(), weightsOf({ 'a/kernel': initial })];
      const [peer, variable] = [theirs(), tf.variable(tf.tensor1d(initial), true, `${name} of the test`)];
      for (let t = 1; t <= 10; t++) {
        const gradient = draw(random, 0.2, 1).map((size, i) => (i % 2 ? size : -size));
        step(optimizer, weights, { 'a/kernel': gradient });
        peer.applyGradients({ [variable.name]: tf.tensor1d(gradient) });
        const [actual] = Object.values(await valuesOf(weights));
        expectNumbersClose(actual ?? [], await variable.data(), TOLERANCE, `step ${t}`);
      }
      expect(optimizer.steps).toBe(10);
    });
  }
});

describe('RAdam', () => {
  /** Liu et al. 2020, algorithm 2, for one weight. */
  function* reference(weight: number, rate: number, beta1: number, beta2: number) {
    let [m, v, t] = [0, 0, 0];
    const longest = 2 / (1 - beta2) - 1;
    for (;;) {
      const gradient: number = yield weight;
      t++;
      m = beta1 * m + (1 - beta1) * gradient;
      v = beta2 * v + (1 - beta2) * gradient ** 2;
      const mean = m / (1 - beta1 ** t);
      const length = longest - (2 * t * beta2 ** t) / (1 - beta2 ** t);
      if (length > 5) {
        const rectified = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
        weight -= (rate * Math.sqrt(rectified) * mean) / Math.sqrt(v / (1 - beta2 ** t));
      } else weight -= rate * mean;
    }
  }

  it.each([
    [0.9, 0.999],
    [0.8, 0.9],
  ])('takes the steps of its definition, with betas %f and %f', async (beta1, beta2) => {
    const random = new Random(2);
    const initial = draw(random, -1, 1);
    const weights = weightsOf({ 'a/kernel': initial });
    const optimizer = new RAdam({ learningRate: 0.05, beta1, beta2, epsilon: 1e-10 });
    const expected = initial.map((weight) => reference(weight, 0.05, beta1, beta2));
    for (const one of expected) one.next(0);
    for (let t = 1; t <= 20; t++) {
      const gradient = draw(random, 0.2, 1).map((size, i) => (i % 2 ? size : -size));
      step(optimizer, weights, { 'a/kernel': gradient });
      const [actual] = Object.values(await valuesOf(weights));
      const now = expected.map((one, i) => one.next(gradient[i] as number).value as number);
      expectNumbersClose(actual ?? [], now, TOLERANCE, `step ${t}`);
    }
  });
});

describe('Lookahead', () => {
  const options = { learningRate: 1, lookahead: { steps: 3, rate: 0.25 } };

  it('takes the weights back to those that follow them slowly', async () => {
    const weights = weightsOf({ 'a/kernel': [0, 8] });
    const optimizer = new SGD(options);
    const before = memory().tensors;
    const seen: number[][] = [];
    for (let t = 0; t < 6; t++) {
      step(optimizer, weights, { 'a/kernel': [-4, 0] });
      seen.push((await valuesOf(weights))['a/kernel'] as number[]);
    }
    // at the third step a quarter of the way from 0 to 12, at the sixth of that from 3 to 15
    expect(seen.map(([first]) => first)).toEqual([4, 8, 3, 7, 11, 6]);
    expect(seen.every(([, second]) => second === 8)).toBe(true);
    expect(memory().tensors).toBe(before + 1);
    optimizer.dispose();
    expect(memory().tensors).toBe(before);
  });

  it('is continued from a state', async () => {
    const [first, second] = [weightsOf({ a: [0] }), weightsOf({ a: [8] })];
    const before = new Adam({ ...options, learningRate: 0.1 });
    for (let t = 0; t < 4; t++) step(before, first, { a: [-4 + t] });
    const after = new Adam({ ...options, learningRate: 0.1 });
    after.loadStateDict(await before.stateDict());
    second.get('a')?.assign(first.get('a') as Parameter);
    for (let t = 0; t < 5; t++) {
      for (const [optimizer, weights] of [
        [before, first],
        [after, second],
      ] as const)
        step(optimizer, weights, { a: [t] });
      expect(await valuesOf(second)).toEqual(await valuesOf(first));
    }
    const slow = await before.stateDict();
    expect(() => new Adam().loadStateDict(slow)).toThrow("'a/slow' belongs to another optimizer");
    const { 'a/slow': _, ...plain } = slow;
    expect(() => before.loadStateDict(plain)).toThrow("'a/slow' is missing");
  });

  it('refuses no steps and rates that lead away', () => {
    expect(() => new SGD({ learningRate: 1, lookahead: { steps: 0, rate: 0.5 } })).toThrow('lookahead.steps');
    for (const rate of [0, -1, 1.5, Number.NaN])
      expect(() => new SGD({ learningRate: 1, lookahead: { steps: 5, rate } })).toThrow('lookahead.rate');
  });
});

/** One step of plain descent by a gradient, which shows what became of it. */
async function descent(gradients: Record<string, number[]>, options: OptimizerOptions) {
  const zeros = Object.fromEntries(
    Object.entries(gradients).map(([name, { length }]) => [name, Array(length).fill(0)]),
  );
  const weights = weightsOf(zeros);
  step(new SGD({ learningRate: 1, ...options }), weights, gradients);
  return valuesOf(weights);
}

describe('clipping', () => {
  const gradients = { 'a/kernel': [3, -4], 'b/kernel': [0, 12] };

  it('by value', async () => {
    expect(await descent(gradients, { clipValue: 3.5 })).toEqual({ 'a/kernel': [-3, 3.5], 'b/kernel': [0, -3.5] });
  });

  it('by the norm of each gradient, 5 and 12', async () => {
    expect(await descent(gradients, { clipNorm: 10 })).toEqual({ 'a/kernel': [-3, 4], 'b/kernel': [0, -10] });
  });

  it('by the norm of all, 13', async () => {
    const halved = await descent(gradients, { globalClipNorm: 6.5 });
    expect(halved).toEqual({ 'a/kernel': [-1.5, 2], 'b/kernel': [0, -6] });
    expect(await descent(gradients, { globalClipNorm: 14 })).toEqual({ 'a/kernel': [-3, 4], 'b/kernel': [0, -12] });
  });

  it.each(['clipNorm', 'globalClipNorm'])('by %s does not hide gradients whose norm overflows', async (limit) => {
    const { 'a/kernel': after } = await descent({ 'a/kernel': [3e19, 1] }, { [limit]: 1 });
    expect(after).toEqual([Number.NaN, Number.NaN]);
  });

  it('leaves a gradient of zeros alone', async () => {
    const zero = { 'a/kernel': [0, 0] };
    expect(await descent(zero, { clipNorm: 1 })).toEqual({ 'a/kernel': [0, 0] });
    expect(await descent(zero, { globalClipNorm: 1 })).toEqual({ 'a/kernel': [0, 0] });
  });
});

describe('weight decay', () => {
  const gradients = { 'a/kernel': [0.5], 'a/bias': [0.5], 'bn/gamma': [0.5] };
  const start = { 'a/kernel': [2], 'a/bias': [2], 'bn/gamma': [2] };
  const after = async (optimizer: Optimizer) => {
    const weights = weightsOf(start);
    step(optimizer, weights, gradients);
    return valuesOf(weights);
  };

  it('enters the gradient of SGD', async () => {
    // 2 - 0.5 (0.5 + 0.25 * 2)
    const optimizer = new SGD({ learningRate: 0.5, weightDecay: 0.25 });
    expect(await after(optimizer)).toEqual({ 'a/kernel': [1.5], 'a/bias': [1.5], 'bn/gamma': [1.5] });
  });

  it('is decoupled in AdamW', async () => {
    // Adam's first step is the learning rate: 2 - 0.5 - 0.5 * 0.25 * 2
    const { 'a/kernel': decayed } = await after(new AdamW({ learningRate: 0.5, weightDecay: 0.25 }));
    expect(decayed?.[0]).toBeCloseTo(1.25, 5);
    const { 'a/kernel': l2 } = await after(new Adam({ learningRate: 0.5, weightDecay: 0.25 }));
    expect(l2?.[0]).toBeCloseTo(1.5, 5);
  });

  it('spares biases and normalisations with noDecay', async () => {
    const optimizer = new SGD({ learningRate: 0.5, weightDecay: 0.25, groups: [noDecay] });
    expect(await after(optimizer)).toEqual({ 'a/kernel': [1.5], 'a/bias': [1.75], 'bn/gamma': [1.75] });
  });

  it('and learning rates differ by group, of which the last counts', async () => {
    const slow: ParameterGroup = { weights: '^a/', learningRateMultiplier: 0.5, weightDecay: 0.5 };
    const optimizer = new SGD({ learningRate: 0.5, weightDecay: 0.25, groups: [slow, noDecay] });
    // 2 - 0.25 (0.5 + 0.5 * 2), 2 - 0.25 * 0.5, 2 - 0.5 * 0.5
    expect(await after(optimizer)).toEqual({ 'a/kernel': [1.625], 'a/bias': [1.875], 'bn/gamma': [1.75] });
  });
});

describe('an optimizer', () => {
  it('follows its schedule', async () => {
    const weights = weightsOf({ 'a/kernel': [0] });
    const learningRate = { name: 'step', initialLearningRate: 1, stepSize: 2, gamma: 0.5 } as const;
    const optimizer = new SGD({ learningRate });
    const rates: number[] = [];
    for (let t = 0; t < 5; t++) {
      rates.push(optimizer.learningRate);
      step(optimizer, weights, { 'a/kernel': [1] });
    }
    expect(rates).toEqual([1, 1, 0.5, 0.5, 0.25]);
    expect(await valuesOf(weights)).toEqual({ 'a/kernel': [-3.25] });
    optimizer.reduction = 0.5;
    expect(optimizer.learningRate).toBe(0.125);
  });

  it('leaves weights without a gradient as they are, and clears those it used', async () => {
    const weights = weightsOf({ 'a/kernel': [1], 'b/kernel': [1] });
    const optimizer = new Adam({ learningRate: 0.1 });
    step(optimizer, weights, { 'b/kernel': [1] });
    expect((await valuesOf(weights))['a/kernel']).toEqual([1]);
    expect(weights.get('b/kernel')?.grad).toBeUndefined();
    expect(Object.keys(await optimizer.stateDict())).toEqual(['steps', 'reduction', 'b/kernel/m', 'b/kernel/v']);
  });

  const all = [
    () => new SGD({ momentum: 0.9, nesterov: true }),
    () => new Adam(),
    () => new AdamW(),
    () => new Adamax(),
    () => new RAdam(),
    () => new RMSProp({ centered: true, momentum: 0.9 }),
  ];
  for (const make of all) {
    it(`${make().className} continues bit by bit from its state, and keeps memory`, async () => {
      const random = new Random(2);
      const gradients = Array.from({ length: 6 }, () => ({
        'a/kernel': draw(random, -1, 1),
        'a/bias': [random.normal()],
      }));
      const start = { 'a/kernel': draw(random, -1, 1), 'a/bias': [1] };
      const [first, weights] = [make(), weightsOf(start)];
      for (const gradient of gradients.slice(0, 3)) step(first, weights, gradient);
      first.reduction = 0.7;
      const [second, copies] = [make(), weightsOf(await valuesOf(weights))];
      second.loadStateDict(await first.stateDict());
      const before = memory();
      for (const gradient of gradients.slice(3)) {
        step(first, weights, gradient);
        step(second, copies, gradient);
      }
      expect(await valuesOf(copies)).toEqual(await valuesOf(weights));
      expect(await second.stateDict()).toEqual(await first.stateDict());
      expect(memory()).toEqual(before);
      const { tensors } = memory();
      first.dispose();
      expect(memory().tensors).toBeLessThan(tensors);
      expect(first.steps).toBe(0);
    });
  }

  it('refuses the state of another one, and stays as it was', async () => {
    const weights = weightsOf({ 'a/kernel': [1] });
    const [adam, sgd] = [new Adam(), new SGD({ momentum: 0.9 })];
    step(adam, weights, { 'a/kernel': [1] });
    step(sgd, weights, { 'a/kernel': [1] });
    const before = await sgd.stateDict();
    const state = await adam.stateDict();
    expect(() => sgd.loadStateDict(state)).toThrow(/SGD: the state does not fit: 'a\/kernel\/m' belongs to another/);
    expect(() => sgd.loadStateDict({})).toThrow(FormatError);
    const { 'a/kernel/v': _, ...partial } = state;
    expect(() => adam.loadStateDict(partial)).toThrow(/'a\/kernel\/v' is missing/);
    const long = { ...state, 'a/kernel/v': { shape: [1], dtype: 'float32' as const, data: Float32Array.of(1, 2) } };
    expect(() => adam.loadStateDict(long)).toThrow(/'a\/kernel\/v' has 2 numbers for the shape \[1\]/);
    const bytes = { ...state, 'a/kernel/v': { shape: [1], dtype: 'uint8' as const, data: Uint8Array.of(1) } };
    expect(() => adam.loadStateDict(bytes)).toThrow(/'a\/kernel\/v' is uint8/);
    expect(await adam.stateDict()).toEqual(state);
    expect(await sgd.stateDict()).toEqual(before);
  });

  it('leaves weights as they are that were frozen with a gradient, which they lose', async () => {
    const weights = weightsOf({ 'a/kernel': [1], 'b/kernel': [1] });
    const frozen = weights.get('a/kernel') as Parameter;
    frozen.trainable = false;
    const optimizer = new SGD({ learningRate: 0.5, globalClipNorm: 1 });
    step(optimizer, weights, { 'a/kernel': [9], 'b/kernel': [1] });
    expect(await valuesOf(weights)).toEqual({ 'a/kernel': [1], 'b/kernel': [0.5] });
    expect(frozen.grad).toBeUndefined();
    expect(() => step(optimizer, weights, { 'a/kernel': [9] })).toThrow('SGD: no trainable weight has a gradient');
  });

  it('refuses steps without gradients', () => {
    expect(() => new SGD().step(weightsOf({ 'a/kernel': [1] }))).toThrow(GradientError);
  });

  it('refuses numbers that make no sense', () => {
    expect(() => new SGD({ learningRate: Number.NaN })).toThrow(/learning rate must be at least 0 but is NaN/);
    expect(() => new SGD({ clipNorm: 0 })).toThrow(/clipNorm must be above 0 but is 0/);
    expect(() => new Adam({ weightDecay: Infinity })).toThrow(/weightDecay must be a finite number but is Infinity/);
    expect(() => new Adam({ groups: [{ weights: '(' }] })).toThrow(/must be a regular expression/);
    expect(() => new Adam({ groups: [{ weights: '', learningRateMultiplier: Number.NaN }] })).toThrow(/is NaN/);
  });

  it.each<[string, () => Optimizer]>([
    ['the learning rate must be at least 0 but is -1', () => new SGD({ learningRate: -1 })],
    ['SGD: momentum must be from 0 to 1 but is 1.5', () => new SGD({ momentum: 1.5 })],
    ['SGD: nesterov needs a momentum', () => new SGD({ nesterov: true })],
    ['RMSProp: momentum must be from 0 to 1 but is -1', () => new RMSProp({ momentum: -1 })],
    ['RMSProp: rho must be at least 0 and below 1 but is 1', () => new RMSProp({ rho: 1 })],
    ['RMSProp: epsilon must be above 0 but is 0', () => new RMSProp({ epsilon: 0 })],
    ['Adam: beta1 must be at least 0 and below 1 but is 1', () => new Adam({ beta1: 1 })],
    ['beta2 must be at least 0 and below 1 but is 1', () => new AdamW({ beta2: 1 })],
    ['RAdam: beta2 must be at least 0 and below 1 but is -0.1', () => new RAdam({ beta2: -0.1 })],
    ['epsilon must be above 0 but is -1', () => new Adamax({ epsilon: -1 })],
    ['SGD: weightDecay must be at least 0 but is -1', () => new SGD({ weightDecay: -1 })],
    ['weightDecay must be at least 0 but is -1', () => new SGD({ groups: [{ weights: 'a', weightDecay: -1 }] })],
    [
      'learningRateMultiplier must be at least 0',
      () => new SGD({ groups: [{ weights: 'a', learningRateMultiplier: -1 }] }),
    ],
    ['clipNorm must be a finite number but is Infinity', () => new SGD({ clipNorm: Infinity })],
  ])('says that %s', (message, make) => {
    expect(make).toThrow(message);
  });

  it('refuses a group without weights at its first step, but for noDecay', async () => {
    const weights = weightsOf({ 'a/kernel': [1], 'b/kernel': [1] });
    const optimizer = new SGD({ groups: [noDecay, { weights: '^c/', learningRateMultiplier: 0 }] });
    expect(() => step(optimizer, weights, { 'a/kernel': [1] })).toThrow(
      "SGD: the group '^c/' fits none of a/kernel, b/kernel",
    );
    expect(await valuesOf(weights)).toEqual({ 'a/kernel': [1], 'b/kernel': [1] });
    step(new SGD({ groups: [noDecay, { weights: '^b/' }] }), weights, { 'a/kernel': [1] });
  });

  it('works without a model', async () => {
    const w = new Parameter(tensor([1, -2]));
    tidy(() => sum(mul(w, w)).backward());
    new SGD({ learningRate: 0.25 }).step(new Map([['w', w]]));
    expect(await w.array()).toEqual([0.5, -1]);
  });
});
