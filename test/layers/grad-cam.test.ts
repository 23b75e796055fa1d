/** @file Grad-CAM: against the definition in float64, with derivatives by differences. */
import { memory, Random, randomNormal, setBackend, type Tensor, tensor, tidy } from '@fer/core';
import {
  Activation,
  Add,
  BatchNormalization,
  Conv2D,
  Dense,
  Flatten,
  GlobalAveragePooling2D,
  gradCam,
  input,
  MaxPooling2D,
  Model,
  Reshape,
  Sequential,
  type SymbolicTensor,
  ZeroPadding2D,
} from '@fer/layers';
import { describe, expect, it } from 'vitest';

await setBackend('simd');

/** The head is not linear, so that the mean derivatives depend on the image. */
const network = () =>
  new Sequential(
    [
      new Conv2D({ filters: 5, kernelSize: 3, padding: 'same', activation: 'relu', name: 'features' }),
      new BatchNormalization(),
      new Conv2D({ filters: 4, kernelSize: 3, strides: 2, activation: 'tanh', name: 'coarse' }),
      new Flatten(),
      new Dense({ units: 3, name: 'scores' }),
    ],
    { inputShape: [7, 9, 2], seed: 4 },
  );

const images = (count = 2) => randomNormal([count, 7, 9, 2], new Random(5));

async function valuesOf(compute: () => Tensor): Promise<number[]> {
  using result = tidy(compute);
  return Array.from(await result.data());
}

/** The rest of the network after `features`. */
function headOf(model: Model): Model {
  const from = input([7, 9, 5]);
  return new Model({ input: from, output: from.pipe(...(model.layers.slice(1) as never[])) });
}

/** Of one image, at the size of `features`, which is the image's. */
async function reference(model: Model, x: Tensor, label: number): Promise<number[]> {
  const features = await valuesOf(() => model.submodel('features').forward(x));
  const head = headOf(model);
  const scoreAt = async (values: readonly number[]) => {
    using from = tensor(values, [1, 7, 9, 5]);
    return (await valuesOf(() => head.forward(from)))[label] as number;
  };
  const weights = [0, 0, 0, 0, 0];
  const step = 1e-2;
  for (const i of features.keys()) {
    const shifted = (by: number) => features.map((value, j) => (i === j ? value + by : value));
    const difference = ((await scoreAt(shifted(step))) - (await scoreAt(shifted(-step)))) / (2 * step) / 63;
    weights[i % 5] = (weights[i % 5] as number) + difference;
  }
  const heat = Array.from({ length: 63 }, (_, i) =>
    Math.max(
      weights.reduce((sum, weight, c) => sum + weight * (features[5 * i + c] as number), 0),
      0,
    ),
  );
  const peak = Math.max(...heat);
  return heat.map((value) => value / peak);
}

describe('gradCam', () => {
  it.each([0, 1, 2])('weighs channels by the mean derivatives of the score of class %i', async (label) => {
    const model = network();
    using x = images(1);
    const expected = await reference(model, x, label);
    const actual = await valuesOf(() => gradCam(model, x, { layer: 'features', classes: [label] }));
    expect(actual).toHaveLength(63);
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] as number, 2);
    expect(Math.max(...actual)).toBe(1);
    expect(Math.min(...actual)).toBeGreaterThanOrEqual(0);
  });

  it('takes the class of the highest score, and each example by itself', async () => {
    const model = network();
    using x = images(3);
    const scores = await valuesOf(() => model.forward(x));
    const best = [0, 3, 6].map((i) => {
      const row = scores.slice(i, i + 3);
      return row.indexOf(Math.max(...row));
    });
    const heat = await valuesOf(() => gradCam(model, x));
    expect(heat).toEqual(await valuesOf(() => gradCam(model, x, { layer: 'batch_normalization', classes: best })));
    expect(heat).not.toEqual(await valuesOf(() => gradCam(model, x, { layer: 'coarse' })));
    for (let i = 0; i < 3; i++) {
      using one = tensor((await valuesOf(() => images(3))).slice(126 * i, 126 * (i + 1)), [1, 7, 9, 2]);
      const alone = await valuesOf(() => gradCam(model, one));
      for (const [j, value] of alone.entries()) expect(heat[63 * i + j]).toBeCloseTo(value, 5);
    }
  });

  it('is the class activation map where channels are averaged before the scores (Zhou et al. 2016)', async () => {
    const from = input([4, 4, 2]);
    const model = new Model({
      input: from,
      output: from.pipe(
        new MaxPooling2D({ poolSize: 2, name: 'pool' }),
        new GlobalAveragePooling2D(),
        new Dense({ units: 2, useBias: false, name: 'scores' }),
      ),
    });
    const kernel = { dtype: 'float32', shape: [2, 2], data: Float32Array.from([2, -1, -1, 3]) } as const;
    model.loadStateDict({ 'scores/kernel': kernel });
    using x = tensor(
      Array.from({ length: 32 }, (_, i) => [4, 1, 0, 8][Math.floor(i / 8)] as number).map((v, i) => (i % 2 ? 3 : v)),
      [1, 4, 4, 2],
    );
    // rows of the pooled image: (4, 3) and (8, 3), which score 2 * 4 - 3 and 2 * 8 - 3
    const heat = await valuesOf(() => gradCam(model, x, { classes: [0] }));
    const [top, bottom] = [5 / 13, 1];
    const rows = [top, 0.75 * top + 0.25 * bottom, 0.25 * top + 0.75 * bottom, bottom];
    for (const [i, value] of heat.entries()) expect(value).toBeCloseTo(rows[Math.floor(i / 4)] as number, 5);
  });

  it('looks, unless told otherwise, where everything passes through, and not at padding', async () => {
    const from = input([12, 12, 2]);
    const strided = (x: SymbolicTensor) =>
      new Add().apply([
        x.pipe(new ZeroPadding2D({ padding: 1 }), new Conv2D({ filters: 3, kernelSize: 3, strides: 2 })),
        x.pipe(new Conv2D({ filters: 3, kernelSize: 1, strides: 2 })),
      ]);
    const passage = new Conv2D({ filters: 4, kernelSize: 3, padding: 'same' }).apply(from);
    const small = strided(strided(passage));
    const model = new Model({ input: from, output: small.pipe(new Flatten(), new Dense({ units: 2 })), seed: 1 });
    using x = randomNormal([1, 12, 12, 2], new Random(3));
    // 6x6 pixels; the last 36 and more in the order of computation are a branch's
    const heat = await valuesOf(() => gradCam(model, x));
    expect(heat).toEqual(await valuesOf(() => gradCam(model, x, { layer: 'add' })));
    expect(heat.length).toBe(144);
  });

  it('is 0 where nothing speaks for the class', async () => {
    const model = network();
    const { 'scores/kernel': kernel, ...others } = await model.stateDict();
    model.loadStateDict({ ...others, 'scores/kernel': { ...kernel, data: new Float32Array(144) } } as never);
    using x = images(1);
    expect(await valuesOf(() => gradCam(model, x))).toEqual(Array(63).fill(0));
  });

  it('changes no derivatives of weights, trains nothing, and leaves nothing', async () => {
    const model = network();
    model.layer('scores').trainable = false;
    using x = images();
    const before = memory().tensors;
    gradCam(model, x).dispose();
    expect(memory().tensors).toBe(before);
    for (const [name, weight] of model.weights) {
      expect(weight.grad).toBeUndefined();
      expect(weight.trainable).toBe(!name.startsWith('scores/') && !name.includes('moving'));
    }
  });

  it('refuses what it cannot explain', () => {
    const model = network();
    using x = images(1);
    expect(() => gradCam(model, x, { layer: 'nose' })).toThrow("Model: there is no layer 'nose'");
    expect(() => gradCam(model, x, { layer: 'scores' })).toThrow('gradCam: the results of Dense');
    expect(() => gradCam(model, x, { classes: [0, 1] })).toThrow('gradCam: classes must be one for each of 1 examples');
    expect(() => gradCam(model, x, { classes: [3] })).toThrow('gradCam: classes must be from 0 to 2 but one is 3');
    const pixels = input([126]);
    const shaped = new Model({
      input: pixels,
      output: pixels.pipe(new Reshape({ targetShape: [7, 9, 2] }), ...(model.layers as never[])),
    });
    using flatImage = randomNormal([1, 126], new Random(1));
    expect(() => gradCam(shaped, flatImage)).toThrow('gradCam: expected x [N,height,width,channels] but got [1,126]');
    expect(() => gradCam(model.submodel('features'), x)).toThrow('must give scores [N,classes]');
    const from = input([7, 9, 2]);
    const side = from.pipe(new Conv2D({ filters: 2, kernelSize: 1, name: 'side' }));
    const sum = new Add().apply([from, side]);
    const around = new Model({ input: from, output: sum.pipe(new Activation({ activation: 'relu' }), new Flatten()) });
    expect(() => gradCam(around, x, { layer: 'side' })).toThrow(
      "gradCam: the scores depend on more than the result of Conv2D 'side'",
    );
    const flat = input([1, 1, 7]);
    const dense = new Model({ input: flat, output: flat.pipe(new Flatten(), new Dense({ units: 3 })) });
    using row = randomNormal([1, 1, 1, 7], new Random(1));
    expect(() => gradCam(dense, row)).toThrow('has more than a pixel');
  });
});
