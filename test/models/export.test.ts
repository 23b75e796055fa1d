/** @file Exported models compute the same elsewhere. */
import { setBackend } from '@fer/core';
import type { Model } from '@fer/layers';
import * as layers from '@fer/layers';
import { exportOnnx, exportTfjs, modelFromKeras } from '@fer/models';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import { batchFor, CASES, outputOf, randomiseWeights } from './exported.ts';
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
});

describe('exportTfjs', () => {
  it.each(CASES.filter(({ tfjsLacks }) => !tfjsLacks))('$title', async ({ make }) => {
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

  it.each(CASES.filter(({ tfjsLacks }) => tfjsLacks))('refuses $title', async ({ make, tfjsLacks }) => {
    const model = make();
    await expect(exportTfjs(model)).rejects.toThrow(new RegExp(`exportTfjs: .*${tfjsLacks}`));
    model.dispose();
  });
});
