/** @file Losses and metrics by name, and mixtures of images. */
import {
  ArgumentError,
  abs,
  gradientCheck,
  greater,
  mean,
  memory,
  mul,
  Random,
  randomUniform,
  ShapeError,
  setBackend,
  softmaxCrossEntropy,
  softplus,
  square,
  sub,
  type Tensor,
  tensor,
} from '@fer/core';
import {
  Activation,
  cutmix,
  Dense,
  Dropout,
  evaluate,
  Flatten,
  fit,
  type Layer,
  type Loss,
  type LossFunction,
  type Metric,
  type MetricFunction,
  mixup,
  Reshape,
  Sequential,
  SGD,
} from '@fer/layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';

beforeAll(async () => {
  await setBackend('simd');
});

const logits = [
  [2, 1, 0],
  [0, 3, 1],
];
/** log of the probability of class c. */
const logP = (row: number[], c: number) => (row[c] as number) - Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));

/** A model that returns what it is given, so that losses of known outputs are seen. */
async function figures(
  outputs: number[][],
  y: Tensor,
  loss: Loss | LossFunction,
  metrics?: (Metric | MetricFunction)[],
) {
  const identity = new Sequential([new Flatten()], { inputShape: [outputs[0]?.length ?? 0] });
  return evaluate(identity, { x: tensor(outputs), y }, { loss, ...(metrics && { metrics }) });
}

describe('softmaxCrossEntropy', () => {
  const labels = tensorLabels([0, 2]);
  const [a, b] = logits as [number[], number[]];

  it('of labels, alone and with options', async () => {
    const y = labels();
    const plain = -(logP(a, 0) + logP(b, 2)) / 2;
    expect((await figures(logits, y, 'softmaxCrossEntropy')).loss).toBeCloseTo(plain, 5);
    const weighted = -(2 * logP(a, 0) + 0.5 * logP(b, 2)) / 2;
    const options = { name: 'softmaxCrossEntropy', classWeights: [2, 1, 0.5] } as const;
    expect((await figures(logits, y, options)).loss).toBeCloseTo(weighted, 5);
    const smoothed = [a, b].map((row, i) => [0, 1, 2].map((c) => (c === 2 * i ? 0.8 : 0.1) * logP(row, c)));
    const { loss } = await figures(logits, y, { name: 'softmaxCrossEntropy', labelSmoothing: 0.3 });
    expect(loss).toBeCloseTo(-smoothed.flat().reduce((x, z) => x + z) / 2, 5);
  });

  it('of probabilities', async () => {
    const y = tensor([
      [0.5, 0.5, 0],
      [0, 0, 1],
    ]);
    const expected = -(0.5 * logP(a, 0) + 0.5 * logP(a, 1) + logP(b, 2)) / 2;
    expect((await figures(logits, y, 'softmaxCrossEntropy')).loss).toBeCloseTo(expected, 5);
  });

  it('is the same of a model that ends in a softmax, as Keras has them, and gives the same steps', async () => {
    const models = (['linear', 'softmax'] as const).map((activation) => {
      return new Sequential([new Dense({ units: 3, activation, name: 'only' })], { inputShape: [3], seed: 4 });
    });
    const data = { x: tensor(logits), y: labels() };
    const steps = models.map(async (model) => {
      const { loss } = await evaluate(model, data);
      await fit(model, { train: data, epochs: 5, optimizer: new SGD({ learningRate: 0.5 }) });
      const weights = Object.values(await model.stateDict());
      return [loss as number, ...weights.flatMap(({ data }) => [...(data as Float32Array)])];
    });
    const [linear, softmax] = await Promise.all(steps);
    expectNumbersClose(softmax as number[], linear as number[], 1e-5, 'loss and weights');
  });

  it.each<[string, ...(() => Layer)[]]>([
    ['linear', () => new Activation({ activation: 'linear' })],
    ['dropout', () => new Dropout({ rate: 0.5 })],
    ['flatten', () => new Flatten()],
    ['reshape', () => new Reshape({ targetShape: [1, 3] }), () => new Reshape({ targetShape: [-1] })],
  ])('is the same where %s follows the softmax, and of the fused model', async (_, ...after) => {
    const layers = [new Dense({ units: 3, activation: 'softmax', name: 'only' }), ...after.map((make) => make())];
    const model = new Sequential(layers, { inputShape: [3], seed: 4 });
    const [without, fused] = [model.submodel('only'), model.fuse()];
    const data = { x: tensor(logits), y: labels() };
    const { loss } = await evaluate(without, data);
    expect((await evaluate(model, data)).loss).toBeCloseTo(loss as number, 5);
    expect((await evaluate(fused, data)).loss).toBeCloseTo(loss as number, 5);
  });

  it('refuses one class, of which it would always be 0', async () => {
    await expect(figures([[2], [1]], tensor([[0], [1]]), 'softmaxCrossEntropy')).rejects.toThrow(
      'softmaxCrossEntropy: the loss of one class is always 0: give',
    );
  });

  it('refuses an option that it does not have', async () => {
    const misspelt = { name: 'softmaxCrossEntropy', labelSmooting: 0.5 } as Loss;
    await expect(figures(logits, labels(), misspelt)).rejects.toThrow(
      "loss: 'softmaxCrossEntropy' has no 'labelSmooting', but name, labelSmoothing, classWeights, gamma",
    );
  });

  it('as focal loss', async () => {
    const focal = (row: number[], c: number) => -((1 - Math.exp(logP(row, c))) ** 2) * logP(row, c);
    const { loss } = await figures(logits, labels(), { name: 'softmaxCrossEntropy', gamma: 2 });
    expect(loss).toBeCloseTo((focal(a, 0) + focal(b, 2)) / 2, 5);
  });

  it('has the derivative of the focal loss, at certainty too', async () => {
    const y = labels();
    for (const gamma of [1, 2, 3.5])
      await gradientCheck((x) => softmaxCrossEntropy(x, y, { gamma }), [tensor(logits)], { tolerance: 5e-3 });
    const certain = await figures([[1000, 0, 0]], tensorLabels([0])(), { name: 'softmaxCrossEntropy', gamma: 2 });
    expect(certain.loss).toBe(0);
  });

  it('refuses a gamma where the derivative has a pole', async () => {
    expect(() => softmaxCrossEntropy(tensor(logits), labels(), { gamma: 0.5 })).toThrow(ArgumentError);
  });

  it('refuses labels that are no class', async () => {
    const wrong = figures(logits, tensorLabels([0, 3])(), 'softmaxCrossEntropy');
    await expect(wrong).rejects.toThrow('evaluate: 1 labels of a batch are no index into the');
  });
});

it('meanSquaredError has no metric unless one is asked for', async () => {
  const y = tensor([
    [2, 1, 1],
    [0, 0, 1],
  ]);
  expect(await figures(logits, y, 'meanSquaredError')).toEqual({ loss: Math.fround(10 / 6) });
});

describe("functions of one's own", () => {
  const targets = [
    [1, 0, 1],
    [0, 1, 0],
  ];
  /** Binary cross-entropy of logits, for labels that do not exclude each other. */
  const binaryCrossentropy: LossFunction = (z, y) => mean(sub(softplus(z), mul(z, y)));
  const distance: MetricFunction = (outputs, y) => mean(abs(sub(outputs, y)));

  it('measure outputs, under their names', async () => {
    const expected = logits.flatMap((row, i) =>
      row.map((z, c) => Math.log(1 + Math.exp(z)) - z * ((targets[i] as number[])[c] as number)),
    );
    const logs = await figures(logits, tensor(targets), binaryCrossentropy, [distance]);
    expect(Object.keys(logs)).toEqual(['loss', 'distance']);
    expect(logs.loss).toBeCloseTo(expected.reduce((a, b) => a + b) / 6, 5);
    expect(logs.distance).toBeCloseTo((1 + 1 + 1 + 0 + 2 + 1) / 6, 6);
    expect(await figures(logits, tensor(targets), binaryCrossentropy)).toEqual({ loss: logs.loss });
  });

  it('train as losses of the same definition do, and leave no tensors', async () => {
    const train = { x: tensor(logits), y: tensor(targets) };
    const squares: LossFunction = (outputs, y) => mean(square(sub(outputs, y)));
    const before = memory().tensors;
    const [own, named] = await Promise.all(
      ([squares, 'meanSquaredError'] as const).map(async (loss) => {
        const model = new Sequential([new Dense({ units: 3, name: 'only' })], { inputShape: [3], seed: 4 });
        const optimizer = new SGD({ learningRate: 0.1 });
        const { epochs } = await fit(model, {
          train,
          validation: train,
          epochs: 5,
          optimizer,
          loss,
          metrics: [distance],
        });
        const weights = Object.values(await model.stateDict()).flatMap(({ data }) => [...(data as Float32Array)]);
        for (const disposable of [model, optimizer]) disposable.dispose();
        return { weights, distances: epochs.map(({ valDistance }) => valDistance as number) };
      }),
    );
    expect(memory().tensors).toBe(before);
    expectNumbersClose(own?.weights ?? [], named?.weights ?? [], 1e-6, 'weights');
    expect(own?.distances.at(-1)).toBeLessThan(own?.distances[0] as number);
  });

  it('take integers that are no classes', async () => {
    const isAbove: LossFunction = (outputs, y) => mean(greater(outputs, y));
    const ages = tensor([30, 1, 41, 2, 0, 7], [2, 3], 'int32');
    expect((await figures(logits, ages, isAbove)).loss).toBeCloseTo(1 / 6, 6);
  });

  it('must have names as metrics, and give scalars', async () => {
    const y = tensor(targets);
    await expect(figures(logits, y, distance, [(a, b) => sub(a, b)])).rejects.toThrow(
      /metrics: a function must have a name/,
    );
    await expect(figures(logits, y, distance, [distance, distance])).rejects.toThrow('but distance comes twice');
    const loss: MetricFunction = distance.bind(null);
    Object.defineProperty(loss, 'name', { value: 'loss' });
    await expect(figures(logits, y, distance, [loss])).rejects.toThrow('but loss comes twice');
    await expect(figures(logits, y, sub)).rejects.toThrow('loss: the function must give a scalar but gave [2,3]');
    await expect(figures(logits, y, distance, [sub])).rejects.toThrow(ShapeError);
  });

  it('do not run in workers', async () => {
    const model = new Sequential([new Dense({ units: 3 })], { inputShape: [3] });
    const options = { train: { x: tensor(logits), y: tensor(targets) }, epochs: 1, optimizer: new SGD(), workers: 1 };
    for (const objective of [{ loss: distance }, { metrics: [distance] }])
      await expect(fit(model, { ...options, ...objective })).rejects.toThrow('fit: workers cannot run functions');
  });
});

it('refuses losses and metrics that do not exist', async () => {
  const y = tensorLabels([0, 1])();
  await expect(figures(logits, y, 'hinge' as Loss)).rejects.toThrow(/no loss "hinge"/);
  await expect(figures(logits, y, 'softmaxCrossEntropy', ['f1' as Metric])).rejects.toThrow(/no metric "f1"/);
});

describe('metrics', () => {
  const scores = [
    [3, 2, 1],
    [1, 2, 3],
    [2, 2, 1],
    [0, 5, 1],
  ];
  const metrics: Metric[] = ['accuracy', { name: 'topK', k: 2 }];

  it('count the examples whose label is among the highest scores, ties included', async () => {
    const y = tensorLabels([0, 0, 1, 2])();
    expect(await figures(scores, y, 'softmaxCrossEntropy', metrics)).toMatchObject({ accuracy: 0.25, top2: 0.75 });
  });

  it('take the likeliest class of soft labels', async () => {
    const soft = [0, 0, 1, 2].map((label) => [0, 1, 2].map((c) => (c === label ? 0.8 : 0.1)));
    const y = tensor(soft);
    expect(await figures(scores, y, 'softmaxCrossEntropy', metrics)).toMatchObject({ accuracy: 0.25, top2: 0.75 });
  });

  it('do not count scores that are no numbers', async () => {
    const y = tensorLabels([1])();
    const nan = await figures([[Number.NaN, Number.NaN, Number.NaN]], y, 'softmaxCrossEntropy', metrics);
    expect(nan).toMatchObject({ accuracy: 0, top2: 0 });
    // argMax calls class 0 the highest of them
    const first = await figures(
      [[Number.NaN, Number.NaN, Number.NaN]],
      tensorLabels([0])(),
      'softmaxCrossEntropy',
      metrics,
    );
    expect(first).toMatchObject({ accuracy: 0, top2: 0 });
  });
});

function tensorLabels(labels: number[]): () => Tensor {
  return () => tensor(labels, [labels.length], 'int32');
}

describe('mixing', () => {
  const images = () => randomUniform([6, 5, 4, 2], new Random(1), 0, 1);
  const classes = [0, 1, 2, 3, 4, 5];
  /** With a class for each image, the mixed labels tell which images are in it. */
  const labels = tensorLabels(classes);

  it('mixup blends pictures and labels alike', async () => {
    const x = images();
    const mixed = mixup(x, labels(), { alpha: 1, classes: 6 }, new Random(3));
    const [pixels, blended, shares] = [await x.data(), await mixed.images.data(), await mixed.labels.data()];
    const size = 40;
    for (const i of classes) {
      const row = Array.from(shares.slice(6 * i, 6 * i + 6));
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
      for (let j = 0; j < size; j++) {
        const expected = row.reduce((sum, share, k) => sum + share * (pixels[k * size + j] as number), 0);
        expect(blended[i * size + j]).toBeCloseTo(expected, 5);
      }
    }
    expect(new Set(shares.map((share) => Math.round(1e6 * share))).size).toBeGreaterThan(2);
  });

  it('cutmix pastes a box, and labels by its area', async () => {
    const x = images();
    const pixels = await x.data();
    let boxes = 0;
    for (let seed = 0; seed < 10; seed++) {
      const mixed = cutmix(x, labels(), { alpha: 1, classes: 6 }, new Random(seed));
      const [pasted, shares] = [await mixed.images.data(), await mixed.labels.data()];
      for (const i of classes) {
        const own = pasted.slice(40 * i, 40 * i + 40).filter((value, j) => value === pixels[40 * i + j]).length;
        expect(shares[7 * i]).toBeCloseTo(own / 40, 5);
        if (own > 0 && own < 40) boxes++;
      }
    }
    expect(boxes).toBeGreaterThan(10);
  });

  it('draws lambda from Beta(alpha, alpha)', async () => {
    for (const alpha of [0.2, 1, 4]) {
      const random = new Random(5);
      const pair = tensor([0, 1], [2, 1]);
      const draws: number[] = [];
      while (draws.length < 4000) {
        const [first, second] = await mixup(pair, tensorLabels([0, 1])(), { alpha, classes: 2 }, random).images.data();
        // where the partner was another image, the pair has become 1 - lambda and lambda
        if (first !== 0) draws.push(second as number);
      }
      const mean = draws.reduce((sum, draw) => sum + draw) / draws.length;
      const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
      expect(mean).toBeCloseTo(0.5, 1);
      expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 1);
    }
  });

  it('refuses an alpha of 0 and images without rows', () => {
    const x = images();
    expect(() => mixup(x, labels(), { alpha: 0, classes: 6 }, new Random(1))).toThrow(/alpha must be above 0 but is 0/);
    expect(() => cutmix(tensor([[1]]), labels(), { alpha: 1, classes: 6 }, new Random(1))).toThrow(
      /images \[N,H,W,C\]/,
    );
    for (const mix of [mixup, cutmix])
      expect(() => mix(x, tensor([0], [1], 'int32'), { alpha: 1, classes: 6 }, new Random(1))).toThrow(
        /a batch has images \[6,5,4,2\] and labels \[1\]/,
      );
  });
});
