/** @file Recipes: each variant is plain data, keeps what papers print, and trains a step when it is scaled down. */

import {
  createNetwork,
  createOptimizer,
  findRecipe,
  openSource,
  parseScale,
  prepare,
  recipes,
  scaled,
  type Variant,
} from '@fer/cli';
import { setBackend } from '@fer/core';
import { fit } from '@fer/layers';
import { beforeAll, describe, expect, it } from 'vitest';

const variants = Object.entries(recipes).flatMap(([name, recipe]) =>
  Object.entries(recipe.variants).map(([key, variant]): [string, Variant] => [`${name}/${key}`, variant]),
);

beforeAll(async () => {
  await setBackend('simd');
});

/** The experiment on drawn faces. */
const onFaces = ({ experiment }: Variant) => ({
  ...experiment,
  data: { ...experiment.data, source: 'synthetic:140' },
});

function variantOf(name: string): Variant {
  const { recipe, chosen } = findRecipe(name);
  return recipe.variants[chosen[0] as string] as Variant;
}

describe('recipes', () => {
  it('are those of five papers and of our weights', () => {
    expect(Object.keys(recipes)).toEqual([
      'p1',
      'p2',
      'p3',
      'p4',
      'p5',
      'fernet',
      'mobilenet',
      'mobiexpressnet',
      'fernet-ckplus',
      'mobilenet-ckplus',
      'mobiexpressnet-ckplus',
    ]);
    expect(Object.values(recipes).map((recipe) => Object.keys(recipe.variants).length)).toEqual([
      1, 6, 3, 4, 6, 1, 1, 1, 4, 4, 4,
    ]);
  });

  it('are plain data', () => {
    expect(JSON.parse(JSON.stringify(recipes))).toEqual(recipes);
  });

  it.each(variants)('%s does not select the epoch by the images that it is tested on', (_, variant) => {
    const { data, training } = variant.experiment;
    const isTwoParts = data.split.by === 'count' || ('ratios' in data.split && data.split.ratios.length === 2);
    // P3's protocol does, and its notes say so
    const expected = isTwoParts ? (training.earlyStopping ? 'valLoss' : 'last') : 'valAccuracy';
    expect(training.selection).toBe(expected);
  });

  it('are found by name and variant', () => {
    expect(findRecipe('p3')).toEqual({
      name: 'p3',
      recipe: recipes.p3,
      chosen: ['resnet50-v2', 'densenet121', 'inception-v3'],
    });
    expect(findRecipe('p2/b-sgd').chosen).toEqual(['b-sgd']);
    expect(findRecipe('p2/b-sgd,a-adam').chosen).toEqual(['b-sgd', 'a-adam']);
    expect(() => findRecipe('p6')).toThrow(/there is no recipe 'p6', only p1, p2/);
    expect(() => findRecipe('p3/vgg16')).toThrow(/p3 has no variant 'vgg16', only resnet50-v2/);
  });

  it.each(variants)('%s trains a step at scale tiny', async (_, variant) => {
    const { experiment } = scaled({ ...onFaces(variant) }, parseScale('tiny'));
    const { data, network, training, seed } = experiment;
    const source = await openSource(data.source);
    const prepared = prepare(source, { ...data, fraction: 1 }, network.options.inputShape, seed);
    const model = await createNetwork(network, prepared.classes, seed);
    const train = prepared.train.take(2).batch(2);
    const history = await fit(model, { train, epochs: 1, seed, optimizer: createOptimizer(training, 1) });
    expect(history.epochs[0]?.loss).toBeGreaterThan(0);
    expect(prepared.tests.test?.classes).toEqual(prepared.classes);
    model.dispose();
  });

  // what the papers' own tables say of their networks
  it.each([
    ['p2/a-adam', { total: 3_741_383, trainable: 3_707_271, nonTrainable: 34_112 }],
    ['p2/b-adam', { total: 2_266_951, trainable: 8_967, nonTrainable: 2_257_984 }],
  ])('%s has as many parameters as its paper says', async (name, params) => {
    const model = await createNetwork(variantOf(name).experiment.network, [...'abcdefg'], 1);
    expect(model.countParams()).toEqual(params);
    model.dispose();
  });
});

describe('scaled', () => {
  const p1 = onFaces(variantOf('p1/mobilenet-v2'));

  it('leaves the full size as it is', () => {
    expect(scaled(p1, parseScale('full'))).toEqual({ experiment: p1, changes: [] });
  });

  it('makes images, widths, samples and epochs smaller, and says so', () => {
    const { experiment, changes } = scaled(p1, parseScale('0.5'));
    expect(changes).toEqual([
      'images of 112 x 112 in place of 224 x 224',
      'mobilenet-v2 50 % as wide',
      '50 % of the images of each class',
      '15 epochs in place of 30',
    ]);
    expect(experiment.network).toMatchObject({ options: { inputShape: [112, 112, 3], alpha: 0.5 } });
    expect(experiment.data).toMatchObject({
      fraction: 0.5,
      preprocess: [{ name: 'resize', options: { size: 112 } }, {}, {}],
    });
    expect(experiment.training.epochs).toBe(15);
  });

  it('makes convolutions and hidden layers narrower', () => {
    const { experiment, changes } = scaled(onFaces(variantOf('p5/ck-plus-alexnet')), parseScale('width=0.25'));
    expect(experiment.network).toMatchObject({ options: { alpha: 0.25, hiddenUnits: [1024, 1024] } });
    expect(changes).toEqual(['alexnet 25 % as wide']);
  });

  it('takes factors by name', () => {
    const { changes } = scaled(p1, parseScale('images=0.25,epochs=0.1'));
    expect(changes).toEqual(['images of 56 x 56 in place of 224 x 224', '3 epochs in place of 30']);
  });

  it('says what it cannot make narrower, and scales counts', () => {
    const p3 = onFaces(variantOf('p3/densenet121'));
    expect(scaled(p3, parseScale('width=0.5')).changes).toEqual([
      'densenet121 in full width, which it has no option for',
      'hidden layers of the head 50 % as wide',
    ]);
    const p2 = onFaces(variantOf('p2/a-sgd'));
    expect(scaled(p2, parseScale('samples=0.1')).changes).toEqual(['50 + 10 images a class in place of 500 + 100']);
  });

  it.each(['0', '2', '-1', 'small', 'images=0', 'sides=0.5', 'epochs=0.1=5', 'epochs=0.1,epochs=0.2', ''])(
    "refuses '%s'",
    (text) => {
      expect(() => parseScale(text)).toThrow(/^scale: /);
    },
  );
});
