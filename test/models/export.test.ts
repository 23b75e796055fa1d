/** @file Exported models compute the same elsewhere. */
import { mul, setBackend, type Tensor } from '@fer/core';
import type { Model } from '@fer/layers';
import * as layers from '@fer/layers';
import { exportOnnx, exportTfjs, flattenHead, mobileNetV2, modelFromKeras, withHead } from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { batchFor, CASES, type Case, outputOf, randomiseWeights } from './exported.ts';
import { onnxOutput } from './onnx.ts';
import { tfjsModel, tfjsOutput } from './tfjs.ts';

/** float32 sums in another order. */
const TOLERANCE = 1e-4;

beforeAll(async () => {
  await setBackend('simd');
});

const made = (make: () => Model) => {
  const model = make();
  randomiseWeights(model);
  return model;
};

it('tries every layer', () => {
  const classes = Object.entries(layers).flatMap(([name, value]) => (isLayer(value) ? [name] : []));
  const tried = new Set(CASES.flatMap(({ make }) => make().layers.map(({ className }) => className)));
  expect(classes.length).toBeGreaterThan(25);
  expect(classes.filter((name) => !tried.has(name))).toEqual([]);
});

/** Models are made of them. */
const isLayer = (value: unknown) =>
  typeof value === 'function' &&
  value.prototype instanceof layers.Layer &&
  !(value === layers.Model || value.prototype instanceof layers.Model);

describe('exportOnnx', () => {
  it.each(CASES)('$title', async ({ make }) => {
    const model = made(make);
    const { x, shape } = batchFor(model);
    const output = await onnxOutput(await exportOnnx(model), x, shape);
    expect(output.shape).toEqual([2, ...model.output.shape]);
    expectNumbersClose(output.values, await outputOf(model, x, shape), TOLERANCE, 'output');
    model.dispose();
  });

  it('refuses a class that inherits its name', async () => {
    const model = of((x) => x.pipe(new Halved({ units: 2 })));
    await expect(exportOnnx(model)).rejects.toThrow("Dense 'dense' has no counterpart in ONNX");
    model.dispose();
  });
});

const of = (connect: (x: layers.SymbolicTensor) => layers.SymbolicTensor, shape = [6, 6, 2]) => {
  const x = layers.input(shape);
  return new layers.Model({ input: x, output: connect(x), seed: 1 });
};

/** A layer of images of two sizes, and the two results as one. */
const ofTwoSizes = (layer: layers.Layer) =>
  of((x) => {
    const small = x.pipe(new layers.MaxPooling2D(), layer, new layers.Flatten());
    return new layers.Concatenate().apply([x.pipe(layer, new layers.Flatten()), small]);
  });

/** A layer of images of two and of four channels. */
const ofTwoDepths = (layer: layers.Layer) =>
  of((x) => {
    const deep = x.pipe(new layers.Conv2D({ filters: 4, kernelSize: 1 }), layer, new layers.Flatten());
    return new layers.Concatenate().apply([x.pipe(layer, new layers.Flatten()), deep]);
  });

/** A layer of images of two channels and of what their channels' means are. */
const ofTwoRanks = (layer: layers.Layer) =>
  of((x) => {
    const means = x.pipe(new layers.GlobalAveragePooling2D(), layer);
    return new layers.Concatenate().apply([x.pipe(layer, new layers.Flatten()), means]);
  });

class Halved extends layers.Dense {
  override forward(x: Tensor): Tensor {
    return mul(super.forward(x), 0.5);
  }
}

/** What tfjs does otherwise, or only for some inputs. */
const TFJS_CASES: readonly Case[] = [
  { title: 'Flatten of vectors', make: () => of((x) => x.pipe(new layers.Flatten(), new layers.Flatten())) },
  {
    title: 'Flatten of images and vectors',
    make: () => {
      const flatten = new layers.Flatten();
      return of((x) => x.pipe(flatten, flatten, new layers.Dense({ units: 2 })));
    },
  },
  {
    title: 'a head that flattens pooled images',
    make: () => {
      const pooled = mobileNetV2({ inputShape: [32, 32, 3], alpha: 0.35, includeTop: false, pooling: 'average' });
      return withHead(pooled, flattenHead([8], 3));
    },
  },
  {
    title: 'ZeroPadding2D [1,[0,2]]',
    make: () => of((x) => x.pipe(new layers.ZeroPadding2D({ padding: [1, [0, 2]] }))),
  },
  {
    title: 'Conv2D with strides and dilation',
    make: () => of((x) => x.pipe(new layers.Conv2D({ filters: 2, kernelSize: 2, strides: [1, 2], dilationRate: 2 }))),
    tfjsLacks: 'both strides and a dilationRate',
  },
  {
    title: 'SeparableConv2D with strides and dilation',
    make: () =>
      of((x) => x.pipe(new layers.SeparableConv2D({ filters: 2, kernelSize: 2, strides: 2, dilationRate: 2 }))),
    tfjsLacks: 'both strides and a dilationRate',
  },
  { title: 'Rescaling of two depths', make: () => ofTwoDepths(new layers.Rescaling({ scale: 2, offset: 1 })) },
  { title: 'Normalization of two depths', make: () => ofTwoDepths(new layers.Normalization({ mean: 1, variance: 2 })) },
  {
    title: 'GlobalMaxPooling2D keepDims of two depths',
    make: () => ofTwoDepths(new layers.GlobalMaxPooling2D({ keepDims: true })),
  },
  { title: 'StochasticDepth of two sizes', make: () => ofTwoSizes(new layers.StochasticDepth({ rate: 0.5 })) },
  {
    title: 'Softmax of images and vectors',
    make: () => {
      const softmax = new layers.Softmax();
      return of((x) => x.pipe(softmax, new layers.Flatten(), softmax));
    },
  },
  {
    title: 'Concatenate of images and vectors',
    make: () => {
      const join = new layers.Concatenate();
      return of((x) => {
        const vector = join.apply([x, x]).pipe(new layers.Flatten());
        return join.apply([vector, vector]);
      });
    },
  },
  { title: 'Dense of images and vectors', make: () => ofTwoRanks(new layers.Dense({ units: 3 })) },
  ...[new layers.LayerNormalization(), new layers.BatchNormalization()].map((layer) => ({
    title: `${layer.className} of images and vectors`,
    make: () => ofTwoRanks(layer),
    tfjsLacks: 'inputs of one rank',
  })),
  {
    title: 'a class that inherits its name',
    make: () => of((x) => x.pipe(new Halved({ units: 2 }))),
    tfjsLacks: 'none like it',
  },
];

describe('exportTfjs', () => {
  const cases = [...CASES, ...TFJS_CASES];

  it.each(cases.filter(({ tfjsLacks }) => !tfjsLacks))('$title', async ({ make }) => {
    const model = made(make);
    const { x, shape } = batchFor(model);
    const files = await exportTfjs(model);
    const theirs = await tfjsModel(files);
    const expected = await outputOf(model, x, shape);
    expectNumbersClose(tfjsOutput(theirs, x, shape), expected, TOLERANCE, 'output');
    theirs.dispose();
    const again = await modelFromKeras(files);
    expectNumbersClose(await outputOf(again, x, shape), expected, TOLERANCE, 'output after a round trip');
    for (const one of [model, again]) one.dispose();
  });

  it.each(cases.filter(({ tfjsLacks }) => tfjsLacks))('refuses $title', async ({ make, tfjsLacks }) => {
    const model = make();
    await expect(exportTfjs(model)).rejects.toThrow(new RegExp(`exportTfjs: .*${tfjsLacks}`));
    model.dispose();
  });
});
