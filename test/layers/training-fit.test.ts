/** @file fit: what is learnt, reproduced, left in memory, and refused. */
import { memory, Random, randomNormal, setBackend, softmaxCrossEntropy, type Tensor, tensor, tidy } from '@fer/core';
import {
  Adam,
  Adamax,
  AdamW,
  type Batches,
  BatchNormalization,
  type Callback,
  Conv2D,
  Dense,
  Dropout,
  evaluate,
  type FitOptions,
  Flatten,
  fit,
  gradCam,
  type Loss,
  type Model,
  Normalization,
  noDecay,
  predict,
  RAdam,
  RandomFlip,
  ReLU,
  Rescaling,
  RMSProp,
  Sequential,
  SGD,
  training,
} from '@fer/layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { convolutional, dense, randomImages } from './training-networks.ts';

beforeAll(async () => {
  await setBackend('simd');
});

describe('fit learns 64 random images by heart with', () => {
  const optimizers = [
    new SGD({ learningRate: 0.1 }),
    new SGD({ learningRate: 0.05, momentum: 0.9 }),
    new SGD({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-4, groups: [noDecay] }),
    new Adam({ learningRate: 0.02 }),
    new AdamW({ learningRate: 0.02 }),
    new Adamax({ learningRate: 0.03 }),
    new RAdam({ learningRate: 0.03 }),
    new SGD({ learningRate: 0.1, momentum: 0.9, lookahead: { steps: 5, rate: 0.5 } }),
    new RMSProp({ learningRate: 0.005 }),
    new RMSProp({ learningRate: 0.003, momentum: 0.9, centered: true }),
  ];
  for (const optimizer of optimizers) {
    it(`${optimizer.className} ${JSON.stringify(optimizer.options)}`, async () => {
      const model = convolutional();
      const train = { ...randomImages(), batchSize: 16 };
      await fit(model, { train, epochs: 60, optimizer });
      const { loss, accuracy } = await evaluate(model, train);
      expect(accuracy).toBe(1);
      expect(loss).toBeLessThan(0.1);
    });
  }
});

/** A run with every source of randomness, and its history. */
async function run(options: Partial<FitOptions> = {}) {
  const model = convolutional({ rate: 0.2 });
  const { epochs } = await fit(model, {
    train: { ...randomImages(), batchSize: 16 },
    epochs: 3,
    optimizer: new SGD({ learningRate: 0.05, momentum: 0.9 }),
    mixup: 0.4,
    cutmix: 1,
    ...options,
  });
  return { epochs, weights: await model.stateDict() };
}

describe('a run', () => {
  it('is the same with the same seed, bit for bit, and another with another', async () => {
    const first = await run({ seed: 1 });
    expect(await run({ seed: 1 })).toEqual(first);
    const other = await run({ seed: 2 });
    expect(other.epochs).not.toEqual(first.epochs);
    expect(other.weights).not.toEqual(first.weights);
  });

  it('is the same as an iteration over its epochs', async () => {
    const { epochs } = await run();
    const model = convolutional({ rate: 0.2 });
    const optimizer = new SGD({ learningRate: 0.05, momentum: 0.9 });
    const train = { ...randomImages(), batchSize: 16 };
    const seen: unknown[] = [];
    for await (const logs of training(model, { train, epochs: 9, optimizer, mixup: 0.4, cutmix: 1 })) {
      seen.push(logs);
      if (logs.epoch === 3) break;
    }
    expect(seen).toEqual(epochs);
  });

  it('tells loss, metrics, validation and learning rate of each epoch', async () => {
    const data = randomImages();
    const model = dense();
    const { epochs, stopped, interrupted } = await fit(model, {
      train: data,
      validation: data,
      epochs: 2,
      optimizer: new SGD({ learningRate: { name: 'step', initialLearningRate: 0.1, stepSize: 3, gamma: 0.5 } }),
      metrics: ['accuracy', { name: 'topK', k: 2 }],
    });
    expect(epochs.map(({ epoch, learningRate }) => [epoch, learningRate])).toEqual([
      [1, 0.1],
      [2, 0.05],
    ]);
    const names = 'epoch,loss,accuracy,top2,valLoss,valAccuracy,valTop2,learningRate';
    expect(Object.keys(epochs[0] ?? {}).join()).toBe(names);
    expect({ stopped, interrupted }).toEqual({ stopped: undefined, interrupted: false });
    const { loss, accuracy, top2 } = await evaluate(model, data, { metrics: ['accuracy', { name: 'topK', k: 2 }] });
    expect([epochs[1]?.valLoss, epochs[1]?.valAccuracy, epochs[1]?.valTop2]).toEqual([loss, accuracy, top2]);
  });

  it('leaves memory as it was, after 1,000 steps and with everything on', async () => {
    const model = convolutional({ rate: 0.2 });
    const data = randomImages();
    const optimizer = new Adam({ globalClipNorm: 1 });
    const options = { train: { ...data, batchSize: 4 }, validation: data, optimizer, ema: 0.99, mixup: 1, cutmix: 1 };
    await fit(model, { ...options, epochs: 1 });
    const before = memory();
    await fit(model, { ...options, gradientAccumulation: 2, epochs: 8 });
    await fit(model, { ...options, epochs: 58 });
    expect(optimizer.steps).toBe(16 + 64 + 928);
    expect(memory()).toEqual(before);
  });

  it('leaves memory as it was when it fails', async () => {
    const model = convolutional();
    const data = randomImages();
    const optimizer = new Adam();
    await fit(model, { train: data, optimizer, epochs: 1 });
    const before = memory();
    const failing: Callback = {
      className: 'Failing',
      onBatchEnd() {
        throw new Error('stop here');
      },
    };
    const broken = fit(model, {
      train: data,
      optimizer,
      epochs: 1,
      ema: 0.9,
      gradientAccumulation: 2,
      callbacks: [failing],
    });
    await expect(broken).rejects.toThrow('stop here');
    expect(memory()).toEqual(before);
  });
});

describe('gradient accumulation', () => {
  it('takes the steps of large batches, also where they do not fill the last one', async () => {
    const [large, small] = [dense(), dense()];
    const data = randomImages(44);
    const options = { epochs: 4, seed: 1 };
    const sgd = () => new SGD({ learningRate: 0.1, momentum: 0.9 });
    await fit(large, { train: { ...data, batchSize: 16 }, optimizer: sgd(), ...options });
    const optimizer = sgd();
    await fit(small, { train: { ...data, batchSize: 8 }, optimizer, gradientAccumulation: 2, ...options });
    expect(optimizer.steps).toBe(12);
    const expected = await large.stateDict();
    // the same sums in another order
    for (const [name, { data }] of Object.entries(await small.stateDict()))
      expectNumbersClose(data as Float32Array, expected[name]?.data as Float32Array, 1e-6, name);
  });
});

describe('the moving average', () => {
  it('is what is evaluated and what the model ends with', async () => {
    const model = dense();
    const data = randomImages();
    const seen: number[][] = [];
    const [name, weight] = [...model.weights][0] ?? [];
    const spy: Callback = {
      className: 'Spy',
      async onBatchEnd() {
        seen.push(Array.from((await weight?.data()) ?? []));
      },
    };
    const start = Array.from((await weight?.data()) ?? []);
    const options = { train: { ...data, batchSize: 16 }, validation: data, optimizer: new SGD({ learningRate: 0.5 }) };
    const { epochs } = await fit(model, { ...options, epochs: 2, ema: 0.25, callbacks: [spy] });
    const average = seen.reduce((mean, values, t) => {
      const decay = Math.min(0.25, (2 + t) / (11 + t));
      return mean.map((m, i) => decay * m + (1 - decay) * (values[i] as number));
    }, start);
    expectNumbersClose((await weight?.data()) ?? [], average, 1e-6, `${name}`);
    expect((await evaluate(model, data)).loss).toBe(epochs.at(-1)?.valLoss);
  });
});

describe('layers in training', () => {
  const one = () =>
    new Sequential([new Flatten(), new Dense({ units: 4, kernelRegularizer: { l2: 0.1 } })], { inputShape: [4, 4, 1] });

  it('add their penalties to the loss', async () => {
    const data = randomImages();
    const [regular, plain] = [
      one(),
      new Sequential([new Flatten(), new Dense({ units: 4 })], { inputShape: [4, 4, 1] }),
    ];
    const kernel = await [...plain.weights.values()][0]?.data();
    const penalty = 0.1 * Array.from(kernel ?? []).reduce((sum, w) => sum + w * w, 0);
    const { loss = 0 } = await evaluate(plain, data);
    expect((await evaluate(regular, data)).loss).toBeCloseTo(loss + penalty, 5);
    const { epochs } = await fit(regular, { train: { ...data, batchSize: 64 }, epochs: 1, optimizer: new SGD() });
    expect(epochs[0]?.loss).toBeCloseTo(loss + penalty, 5);
  });

  it('keep their constraints', async () => {
    const layer = new Dense({ units: 4, kernelConstraint: 'nonNegative' });
    const model = new Sequential([new Flatten(), layer], { inputShape: [4, 4, 1] });
    await fit(model, { train: randomImages(), epochs: 3, optimizer: new SGD({ learningRate: 0.5 }) });
    const kernel = await layer.weights.get('kernel')?.data();
    expect(Math.min(...(kernel ?? [-1]))).toBe(0);
  });

  it('begin without the gradients that they had before, and stay as they are if frozen since', async () => {
    const run = async (prepare: (model: Model) => void) => {
      const model = dense();
      prepare(model);
      await fit(model, { train: randomImages(), epochs: 1, optimizer: new SGD() });
      return model.stateDict();
    };
    const freeze = (model: Model) => {
      model.layer('dense').trainable = false;
    };
    const differentiate = (model: Model) => {
      const { x, y } = randomImages();
      tidy(() => softmaxCrossEntropy(model.forward(x), y).backward());
    };
    expect(await run(differentiate)).toEqual(await run(() => {}));
    const frozen = await run((model) => {
      differentiate(model);
      freeze(model);
    });
    expect(frozen).toEqual(await run(freeze));
  });

  it('stay as they are if frozen', async () => {
    const model = convolutional();
    const [convolution, normalization] = model.layers;
    for (const layer of [convolution, normalization]) if (layer) layer.trainable = false;
    const before = await model.stateDict();
    await fit(model, { train: randomImages(), epochs: 2, optimizer: new Adam(), ema: 0.9 });
    for (const [name, tensor] of Object.entries(await model.stateDict())) {
      if (name.startsWith('dense')) expect(tensor, name).not.toEqual(before[name]);
      else expect(tensor, name).toEqual(before[name]);
    }
    expect([...model.weights.values()].every(({ grad }) => grad === undefined)).toBe(true);
  });
});

/** Batches of ready arrays, as a data package would make them. */
function batches(count: number, make: (i: number) => { images: Tensor; labels: Tensor }): Batches {
  return {
    length: count,
    async *epoch(_epoch, first = 0) {
      for (let i = first; i < count; i++) yield make(i);
    },
  };
}

const batch = (i: number) => ({
  images: randomNormal([3, 4, 4, 1], new Random(i)),
  labels: tensor([0, 1, 2], [3], 'int32'),
});

describe('data', () => {
  it('are batches of any kind, which end with their step', async () => {
    const model = dense();
    const optimizer = new SGD({ momentum: 0.9 });
    await fit(model, { train: batches(2, batch), epochs: 1, optimizer });
    const before = memory();
    await fit(model, { train: batches(5, batch), validation: batches(2, batch), epochs: 2, optimizer });
    expect(memory()).toEqual(before);
    expect(optimizer.steps).toBe(12);
  });

  it('are predicted by models that change nothing in inference', async () => {
    const { x } = randomImages(5);
    const model = new Sequential([new Dropout({ rate: 0.5 })], { inputShape: [4, 4, 1] });
    for (const one of [model, model.fuse()]) {
      const before = memory();
      const output = await predict(one, x, { batchSize: 2 });
      expect(await output.data()).toEqual(await x.data());
      output.dispose();
      expect(memory()).toEqual(before);
    }
  });

  it('are predicted as a whole or in batches', async () => {
    const model = convolutional();
    const { x } = randomImages(11);
    const before = memory();
    const whole = await predict(model, x, { batchSize: 64 });
    const parts = await predict(model, x, { batchSize: 4 });
    expect(whole.shape).toEqual([11, 4]);
    expectNumbersClose(await parts.data(), await whole.data(), 1e-6, 'parts');
    const fromBatches = await predict(model, batches(2, batch));
    expect(fromBatches.shape).toEqual([6, 4]);
    for (const output of [whole, parts, fromBatches]) output.dispose();
    expect(memory()).toEqual(before);
  });
});

it('a model and its data stay where they are, whatever backend is in use later', async () => {
  const data = { ...randomImages(), batchSize: 16 };
  const model = new Sequential(
    [
      new Rescaling({ scale: [0.5], offset: [1] }),
      new Normalization({ mean: [0.1], variance: [2] }),
      new RandomFlip(),
      new Conv2D({ filters: 4, kernelSize: 3 }),
      new BatchNormalization({ scale: false, center: false }),
      new ReLU({ threshold: 0.1 }),
      new Flatten(),
      new Dense({ units: 4 }),
    ],
    { inputShape: [4, 4, 1] },
  );
  const metrics = ['accuracy', { name: 'topK', k: 2 }] as const;
  const optimizer = new SGD({ momentum: 0.9 });
  const options = { train: data, validation: data, epochs: 1, optimizer, metrics, mixup: 1, ema: 0.9, sam: 0.05 };
  await fit(model, options);
  await setBackend('cpu');
  try {
    await fit(model, { ...options, epochs: 2, cutmix: 1, optimizer: new Adam({ lookahead: { steps: 2, rate: 0.5 } }) });
    await evaluate(model, data, { metrics });
    gradCam(model, data.x, { classes: new Array(data.x.shape[0]).fill(1) }).dispose();
    expect((await predict(model, data.x)).backend.name).toBe('simd');
    model.loadStateDict(await model.stateDict());
  } finally {
    await setBackend('simd');
  }
});

it('evaluate refuses data without batches', async () => {
  await expect(evaluate(dense(), batches(0, batch))).rejects.toThrow('evaluate: there are no examples to evaluate');
});

it('evaluate refuses labels that are no class, and leaves nothing behind', async () => {
  const [model, data] = [dense(), { x: randomImages(2).x, y: tensor([0, 4], [2], 'int32') }];
  const before = memory();
  await expect(evaluate(model, data)).rejects.toThrow('evaluate: 1 labels of a batch are no index');
  expect(memory()).toEqual(before);
});

const neverCalled: Callback = {
  className: 'NeverCalled',
  onTrainBegin() {
    throw new Error('training has begun');
  },
};

describe('fit refuses', () => {
  const options = (): FitOptions => ({ train: randomImages(), epochs: 1, optimizer: new SGD() });
  const cases: [string, () => [Model, FitOptions], string | RegExp][] = [
    [
      'no epochs',
      () => [dense(), { ...options(), epochs: 0 }],
      'fit: epochs must be an integer of at least 1 but is 0',
    ],
    ['half a seed', () => [dense(), { ...options(), seed: 0.5 }], 'fit: seed must be an integer but is 0.5'],
    ['no radius', () => [dense(), { ...options(), sam: 0 }], 'fit: sam must be above 0 but is 0'],
    ['a decay above 1', () => [dense(), { ...options(), ema: 2 }], 'ema: decay must be from 0 to 1 but is 2'],
    [
      'accumulating 0',
      () => [dense(), { ...options(), gradientAccumulation: 0 }],
      /gradientAccumulation must be an int/,
    ],
    [
      'labels of other examples',
      () => [dense(), { ...options(), train: { x: randomImages(3).x, y: randomImages(4).y } }],
      'fit: x [3,4,4,1] and y [4] must hold the same number of examples',
    ],
    ...[{}, { mixup: 0.2 }, { cutmix: 1 }, { mixup: 0.2, sam: 0.05 }, { mixup: 0.2, workers: 1 }].map(
      (mixing): [string, () => [Model, FitOptions], string] => [
        `labels that are no class, with ${JSON.stringify(mixing)}`,
        () => [
          dense(),
          { ...options(), ...mixing, train: { x: randomImages(3).x, y: tensor([4, 0, -1], [3], 'int32') } },
        ],
        "fit: 2 labels of a batch are no index into the model's outputs",
      ],
    ),
    [
      'images of another size',
      () => [dense(), { ...options(), train: { x: tensor([[1]]), y: tensor([0], [1], 'int32') } }],
      /expected x \[N,4,4,1\] but got \[1,1\]/,
    ],
    [
      'batches that are not there',
      () => [dense(), { ...options(), train: { ...batches(0, batch), length: 2 } }],
      'fit: train has 0 batches but its length is 2',
    ],
    [
      'a loss that is misspelt, at once',
      () => [dense(), { ...options(), loss: 'crossentropy' as Loss, callbacks: [neverCalled] }],
      'loss: there is no loss "crossentropy"',
    ],
    [
      'data without batches',
      () => [dense(), { ...options(), train: batches(0, batch) }],
      'fit: the number of batches of train must be an integer of at least 1 but is 0',
    ],
    [
      'validation without batches',
      () => [dense(), { ...options(), validation: batches(0, batch) }],
      'fit: the number of batches of validation must be an integer of at least 1 but is 0',
    ],
    [
      'validation whose batches are not there, at once',
      () => [dense(), { ...options(), validation: { ...batches(0, batch), length: 2 }, callbacks: [neverCalled] }],
      'fit: validation has 0 batches but its length is 2',
    ],
    [
      'validation of another size, at once',
      () => [
        dense(),
        { ...options(), validation: { x: tensor([[1]]), y: tensor([0], [1], 'int32') }, callbacks: [neverCalled] },
      ],
      'fit: expected images of validation [N,4,4,1] but got [1,1]',
    ],
    [
      'labels of validation that are of another form, at once',
      () => [
        dense(),
        { ...options(), validation: { x: randomImages(2).x, y: tensor([[1], [1]]) }, callbacks: [neverCalled] },
      ],
      /float32 labels must be \[2,\d+\] but are \[2,1\]/,
    ],
    [
      'mixing that is drawn only now and then, at once',
      () => [dense(), { ...options(), mixup: 0.2, cutmix: -1, callbacks: [neverCalled] }],
      'fit: cutmix must be above 0 but is -1',
    ],
    [
      'a metric that comes twice',
      () => [
        dense(),
        {
          ...options(),
          metrics: ['accuracy', { name: 'topK', k: 2 }, { name: 'topK', k: 2 }],
          callbacks: [neverCalled],
        },
      ],
      'metrics: each must be given once but top2 comes twice',
    ],
    [
      'a model that is frozen',
      () => {
        const model = dense();
        model.trainable = false;
        return [model, options()];
      },
      /has no trainable weights/,
    ],
    [
      'outputs that are no scores',
      () => [
        new Sequential([new Conv2D({ filters: 1, kernelSize: 1 })], { inputShape: [4, 4, 1] }),
        {
          ...options(),
          loss: 'meanSquaredError',
          metrics: ['accuracy'],
          train: { x: randomImages(2).x, y: randomImages(2).x },
        },
      ],
      'accuracy: expected outputs [N,classes] but got [2,4,4,1]',
    ],
  ];
  for (const [what, make, message] of cases)
    it(what, async () => {
      const [model, fitOptions] = make();
      await expect(fit(model, fitOptions)).rejects.toThrow(message);
    });
});
