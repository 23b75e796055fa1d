/** @file The test of one layer in one case: what every layer must do, whatever it computes. */
import {
  ArgumentError,
  FerError,
  memory,
  mul,
  noGrad,
  Parameter,
  Random,
  randomUniform,
  type Shape,
  sgdUpdate,
  sum,
  type Tensor,
  tensor,
  tidy,
} from '@fer/core';
import { type AnyLayer, type Context, input, layerFromConfig, type SymbolicTensor } from '@fer/layers';
import { expect, it } from 'vitest';
import { toleranceOf } from './backends.ts';
import { expectNumbersClose } from './close.ts';
import { type Draw, distinct } from './inputs.ts';

export interface LayerCase {
  /** Of one example; several for a layer that merges. */
  readonly inputShapes: readonly Shape[];
  readonly outputShape: Shape;
  /** Names and shapes of all weights, in their order; none unless given. */
  readonly weights?: Readonly<Record<string, Shape>>;
  /** The weights that are not trained. */
  readonly statistics?: readonly string[];
  /** Multiply-accumulates for one example; 0 unless given. */
  readonly macs?: number;
  /** Whether training gives what inference gives ('same', unless given), follows the batch, or draws at random. */
  readonly training?: 'same' | 'batch' | 'random';
  /** Inputs; no two values of one are close unless given, so that no maximum hangs on a rounding error. */
  readonly draw?: (shape: Shape) => Draw;
  /** Whether it has kinks wherever its inputs are, where differences are no derivatives: these must be finite then. */
  readonly kinks?: boolean;
  /** Input shapes that it must refuse. */
  readonly refuses?: readonly (readonly Shape[])[];
  /** Makes another of the same configuration; by way of JSON and layerFromConfig unless given. */
  readonly copy?: (layer: AnyLayer) => AnyLayer;
}

const BATCH = 2;
/** Of the central differences: float32 needs a wide step. */
const STEP = 1e-2;
/** Their error, relative to the length of the gradient: from the step's square, and from rounding. */
const DIFFERENCE_TOLERANCE = 1e-2;

/** The classes of the layers that this file's caller tests. */
export const testedLayers = new Set<string>();

/** Defines a test that makes the layer, in several copies, and checks it from its build to its first training step. */
export function runLayerTest(name: string, makeLayer: () => AnyLayer, layerCase: LayerCase): void {
  it(name, async () => {
    const before = memory();
    const layers: AnyLayer[] = [];
    const built = (layer: AnyLayer, seed = 1) => {
      layer.build(argument(layer, layerCase.inputShapes), new Random(seed));
      layers.push(layer);
      return layer;
    };
    const random = new Random(1);
    const inputs = layerCase.inputShapes.map((shape) => {
      const { values, shape: batchShape } = (layerCase.draw ?? distinct)([BATCH, ...shape])(random);
      return tensor(Float32Array.from(values), batchShape);
    });

    const layer = built(makeLayer());
    testedLayers.add(layer.className);
    checkShapes(layer, layerCase);
    checkWeights(layer, layerCase);
    const output = await checkInference(layer, inputs, layerCase);
    await checkCopies(layer, inputs, output, built, layerCase);
    await checkTraining(layer, inputs, output, layerCase);
    for (const training of [false, true]) await checkGradients(layer, inputs, layerCase, training);
    await checkStep(layer, inputs, layerCase);
    await checkFrozen(layer, inputs);

    for (const disposable of [...layers, ...inputs]) disposable.dispose();
    expect(memory(), 'memory afterwards').toEqual(before);
  });
}

/** What the layer is called with. */
function argument(layer: AnyLayer, entries: readonly unknown[]): never {
  return (layer.merges ? entries : entries[0]) as never;
}

function forward(layer: AnyLayer, inputs: readonly Tensor[], context: Context = {}): Tensor {
  return layer.forward(argument(layer, inputs), context);
}

/** A training pass that draws the same each time. */
const inTraining = (seed = 1): Context => ({ training: true, random: new Random(seed) });

/** What a pass computes; all that it makes is freed, but inputs that it returns as they are. */
async function valuesOf(inputs: readonly Tensor[], pass: () => Tensor): Promise<Float32Array> {
  const output = noGrad(pass);
  const values = await output.data();
  if (!inputs.includes(output)) output.dispose();
  return values as Float32Array;
}

function checkShapes(layer: AnyLayer, { inputShapes, outputShape, macs = 0, refuses = [] }: LayerCase): void {
  expect(layer.outputShape(argument(layer, inputShapes)), 'output shape').toEqual(outputShape);
  const applied: SymbolicTensor = layer.apply(argument(layer, inputShapes.map(input)));
  expect(applied.shape, 'shape when applied').toEqual(outputShape);
  expect(layer.macs(argument(layer, inputShapes)), 'multiply-accumulates').toBe(macs);
  for (const shapes of refuses) {
    const refused = () => layer.outputShape(argument(layer, shapes));
    expect(refused, `input ${JSON.stringify(shapes)}`).toThrow(FerError);
    expect(refused).toThrow(layer.label);
  }
}

function checkWeights(layer: AnyLayer, { weights = {}, statistics = [] }: LayerCase): void {
  expect([...layer.weights].map(([name, { shape }]) => [name, shape])).toEqual(Object.entries(weights));
  const trainable = () => [...layer.weights].flatMap(([name, weight]) => (weight.trainable ? [name] : []));
  const trained = Object.keys(weights).filter((name) => !statistics.includes(name));
  expect(trainable(), 'trainable weights').toEqual(trained);
  layer.trainable = false;
  expect(trainable(), 'trainable weights of a frozen layer').toEqual([]);
  layer.trainable = true;
  expect(trainable(), 'trainable weights after it was frozen').toEqual(trained);
}

/** Shape and values, no memory beyond the result, the same when run again. */
async function checkInference(layer: AnyLayer, inputs: readonly Tensor[], { outputShape, training }: LayerCase) {
  const before = memory().tensors;
  const output = noGrad(() => forward(layer, inputs));
  const isInput = inputs.includes(output);
  expect(memory().tensors - before, 'tensors that inference makes').toBe(isInput ? 0 : 1);
  if (training === 'random') expect(isInput, 'inference returns its input').toBe(true);
  expect(output.shape).toEqual([BATCH, ...outputShape]);
  const values = (await output.data()) as Float32Array;
  if (!isInput) output.dispose();
  expect(values.every(Number.isFinite), 'all numbers are finite').toBe(true);
  expect(await valuesOf(inputs, () => forward(layer, inputs)), 'a second run').toEqual(values);
  return values;
}

/** Another layer of the same configuration computes the same from the same seed, and from the same weights. */
async function checkCopies(
  layer: AnyLayer,
  inputs: readonly Tensor[],
  output: Float32Array,
  built: (layer: AnyLayer, seed?: number) => AnyLayer,
  { copy = throughJson }: LayerCase,
): Promise<void> {
  const twin = built(copy(layer));
  expect(twin.options).toEqual(layer.options);
  expect(await valuesOf(inputs, () => forward(twin, inputs)), 'of the same configuration').toEqual(output);
  const other = built(copy(layer), 2);
  for (const [name, weight] of layer.weights) {
    using saved = tensor(await weight.data(), weight.shape);
    other.weights.get(name)?.assign(saved);
  }
  expect(await valuesOf(inputs, () => forward(other, inputs)), 'with loaded weights').toEqual(output);
}

function throughJson({ className, options }: AnyLayer): AnyLayer {
  return layerFromConfig(className, JSON.parse(JSON.stringify(options)));
}

async function checkTraining(
  layer: AnyLayer,
  inputs: readonly Tensor[],
  output: Float32Array,
  { training = 'same' }: LayerCase,
): Promise<void> {
  const trained = (seed: number) => valuesOf(inputs, () => forward(layer, inputs, inTraining(seed)));
  const values = await trained(1);
  if (training === 'same') expectNumbersClose(values, output, toleranceOf(), 'in training');
  else expect(values, 'in training').not.toEqual(output);
  expect(await trained(1), 'in training, from the same seed').toEqual(values);
  if (training !== 'random') return;
  expect(await trained(2), 'in training, from another seed').not.toEqual(values);
  const unseeded = () => forward(layer, inputs, { training: true });
  expect(unseeded).toThrow(ArgumentError);
  expect(unseeded).toThrow(`${layer.label}: draws at random in training`);
}

/** The derivatives by inputs and weights along random directions, against central differences. */
async function checkGradients(
  layer: AnyLayer,
  inputs: readonly Tensor[],
  { outputShape, kinks = false }: LayerCase,
  training: boolean,
): Promise<void> {
  const random = new Random(3);
  const variables = inputs.map((x) => new Parameter(x));
  const weights = [...layer.weights].filter(([, { trainable }]) => trainable);
  const factors = randomUniform([BATCH, ...outputShape], random, 0.5, 1.5);
  const loss = () => sum(mul(forward(layer, variables, training ? inTraining() : {}), factors));
  tidy(() => loss().backward());
  for (const [name, variable] of [...variables.map((x, i) => [`input ${i}`, x] as const), ...weights])
    await checkDirection(
      variable,
      kinks ? undefined : loss,
      random,
      `${training ? 'training' : 'inference'}: derivative by ${name}`,
    );
  for (const [, weight] of weights) weight.zeroGrad();
  for (const disposable of [...variables, factors]) disposable.dispose();
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((total, value, i) => total + value * (b[i] as number), 0);

async function checkDirection(
  variable: Parameter,
  loss: (() => Tensor) | undefined,
  random: Random,
  what: string,
): Promise<void> {
  expect(variable.grad, what).toBeDefined();
  const gradient = (await variable.grad?.data()) as Float32Array;
  expect(gradient.every(Number.isFinite), `${what} is finite`).toBe(true);
  if (!loss) return;
  const values = (await variable.data()) as Float32Array;
  const direction = values.map(() => (random.uniform() < 0.5 ? -1 : 1));
  const lossAt = async (step: number) => {
    using shifted = tensor(
      values.map((value, i) => value + step * (direction[i] as number)),
      variable.shape,
    );
    variable.assign(shifted);
    using result = noGrad(() => tidy(loss));
    return result.item();
  };
  const difference = ((await lossAt(STEP)) - (await lossAt(-STEP))) / (2 * STEP);
  await lossAt(0);
  const scale = Math.max(1, Math.sqrt(dot(gradient, gradient)));
  expect(Math.abs(dot(gradient, direction) - difference) / scale, `${what}: ${difference}`).toBeLessThan(
    DIFFERENCE_TOLERANCE,
  );
}

const RATES = { learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0, decoupled: false };

/** One step of gradient descent moves every weight that is trained. */
async function checkStep(layer: AnyLayer, inputs: readonly Tensor[], { statistics = [] }: LayerCase): Promise<void> {
  if (layer.weights.size === 0) return;
  const before = await snapshot(layer);
  tidy(() => {
    const loss = cubes(forward(layer, inputs, inTraining()));
    // a layer may have nothing but statistics
    if (loss.requiresGrad) loss.backward();
  });
  for (const [name, weight] of layer.weights) {
    expect(weight.grad !== undefined, `${name} has a gradient`).toBe(!statistics.includes(name));
    if (weight.grad) sgdUpdate(weight, undefined, RATES);
    weight.zeroGrad();
  }
  const after = await snapshot(layer);
  for (const name of layer.weights.keys())
    expect(after.get(name), `${name} after a step`).not.toEqual(before.get(name));
}

/** A loss whose gradient is not the same for each element. */
const cubes = (y: Tensor) => sum(mul(y, mul(y, y)));

async function snapshot(layer: AnyLayer): Promise<Map<string, ArrayLike<number>>> {
  const values = new Map<string, ArrayLike<number>>();
  for (const [name, weight] of layer.weights) values.set(name, await weight.data());
  return values;
}

/** A frozen layer trains nothing, statistics included, but draws as before. */
async function checkFrozen(layer: AnyLayer, inputs: readonly Tensor[]): Promise<void> {
  const before = await snapshot(layer);
  layer.trainable = false;
  const output = tidy(() => {
    const result = forward(layer, inputs, inTraining());
    expect(result.requiresGrad, 'the result of a frozen layer needs a gradient').toBe(false);
    return inputs.includes(result) ? undefined : result;
  });
  output?.dispose();
  expect(await snapshot(layer), 'the weights of a frozen layer').toEqual(before);
  layer.trainable = true;
}
