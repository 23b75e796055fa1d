/** @file Networks from their plans, with new weights or with those of a file. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ArgumentError, decodeSafetensors, FormatError, ShapeError, type StoredTensor } from '@fer/core';
import { type Applicable, dequantized, loadModel, type Model, WeightsError } from '@fer/layers';
import {
  averageHead,
  createModel,
  flattenHead,
  hiddenHead,
  loadKerasWeights,
  type ModelName,
  type ModelOptionsOf,
  type NetworkOptions,
  withHead,
} from '@fer/models';
import { loadClassifier } from './classifier.ts';
import type { HeadPlan, NetworkPlan } from './experiment.ts';

/**
 * @param labels Of the classes that it is to tell apart.
 * @param say Is told if only a part of the weights comes from a file.
 */
export async function createNetwork(
  plan: NetworkPlan,
  labels: readonly string[],
  seed: number,
  say: (text: string) => void = () => {},
): Promise<Model> {
  const { name, options, head, frozen = false, init } = plan;
  const classes = labels.length;
  const base = createModel(name, { ...options, ...(head ? { includeTop: false } : { classes }), seed });
  if (init !== undefined) await initialise(base, init, labels, say);
  if (!head) return base;
  if (frozen) base.trainable = false;
  return withHead(base, layersOf(head, classes), { seed });
}

function layersOf(head: HeadPlan, classes: number): Applicable[] {
  switch (head.name) {
    case 'average':
      return averageHead(classes);
    case 'flatten':
      return flattenHead(head.units, classes);
    case 'hidden':
      return hiddenHead(head.units, head.dropout, classes);
  }
}

/**
 * Takes the weights that the network has, by name. Those of a classifier for other labels are left out.
 * @throws ArgumentError if there are none but the classifier's, or a layer has other weights there, as fused ones have; WeightsError
 * if some are of other shapes, as a wider network's are
 */
async function initialise(
  model: Model,
  init: string,
  labels: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  const isKeras = /\.(h5|json)$/i.test(init);
  const { matched, unexpected } = isKeras
    ? await takeKeras(model, init)
    : take(model, await storedWeights(init), labels);
  const taken = matched.filter((name) => !isOfClassifier(name)).length;
  if (taken === 0) throw new ArgumentError('init', `no tensor of '${init}' has the name of a weight of ${model.name}`);
  const names = [...model.weights.keys()].filter((name) => !isOfClassifier(name));
  const layers = new Set(names.map(layerOf));
  const misfit = unexpected.find((name) => layers.has(layerOf(name)));
  if (misfit !== undefined)
    throw new ArgumentError('init', `'${init}' has '${misfit}', but that layer of ${model.name} has no such weight`);
  if (taken < names.length)
    say(`${taken} of ${names.length} weights of ${model.name} are from '${init}', the others new`);
}

const layerOf = (weight: string) => weight.slice(0, weight.lastIndexOf('/'));

/** Names of weights in a file. */
interface Taken {
  readonly matched: readonly string[];
  /** That the network has not. */
  readonly unexpected: readonly string[];
}

async function takeKeras(model: Model, init: string): Promise<Taken> {
  const report = await loadKerasWeights(model, init, { strict: false });
  const misshapen = report.misshapen.filter(({ name }) => !isOfClassifier(name));
  if (misshapen.length > 0) throw new WeightsError('init', { misshapen });
  return report;
}

function take(model: Model, { tensors, labels: theirs }: StoredWeights, labels: readonly string[]): Taken {
  const { weights } = model;
  const order = theirs && labels.map((label) => theirs.indexOf(label));
  // a file of weights alone does not tell its labels: their number has to do
  const fits = (name: string, { shape }: StoredTensor) =>
    theirs ? [...theirs].sort().join() === [...labels].sort().join() : weights.get(name)?.shape.join() === shape.join();
  const taken = Object.entries(tensors)
    .filter(([name, tensor]) => weights.has(name) && (!isOfClassifier(name) || fits(name, tensor)))
    .map(([name, tensor]) => [name, order && isOfClassifier(name) ? reordered(tensor, order) : tensor] as const);
  model.loadStateDict(Object.fromEntries(taken), { strict: false });
  const unexpected = Object.keys(tensors).filter((name) => !weights.has(name));
  return { matched: taken.map(([name]) => name), unexpected };
}

/** The outputs of a classifier's weight, [..., classes], in another order. */
function reordered(tensor: StoredTensor, order: readonly number[]): StoredTensor {
  const from = tensor.data as Float32Array; // as all weights of models
  const data = from.map((_, i) => {
    const output = i % order.length;
    return from[i - output + (order[output] as number)] as number;
  });
  return { shape: tensor.shape, dtype: 'float32', data };
}

/** What a network begins with, in words. @param init A shipped network or a file, which its folder tells more about. */
export const nameOfInit = (init: string) => join(basename(dirname(init)), basename(init));

/** All networks name their classifier so. */
const isOfClassifier = (weight: string) => weight.startsWith('predictions/');

interface StoredWeights {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Of the classifier, as far as they are known. */
  readonly labels?: readonly string[];
}

/** Of a trained network; or of a file that holds weights alone. */
async function storedWeights(init: string): Promise<StoredWeights> {
  try {
    const { model, labels } = await loadClassifier(init);
    const tensors = await model.stateDict();
    model.dispose();
    return { tensors, labels };
  } catch (error) {
    if (error instanceof FormatError) return { tensors: dequantized(decodeSafetensors(await readFile(init)).tensors) };
    throw error;
  }
}

/** What the value of an option is. */
type Kind = 'a number' | 'true or false' | 'a text' | 'an array of numbers';

const KINDS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  'a number': (value) => typeof value === 'number',
  'true or false': (value) => typeof value === 'boolean',
  'a text': (value) => typeof value === 'string',
  'an array of numbers': (value) => Array.isArray(value) && value.every((one) => typeof one === 'number'),
};

/** What every network can be told. */
const COMMON: Readonly<Record<keyof NetworkOptions, Kind>> = {
  inputShape: 'an array of numbers',
  classes: 'a number',
  includeTop: 'true or false',
  pooling: 'a text',
  dropout: 'a number',
  classifierActivation: 'a text',
  seed: 'a number',
};

/** Of it, what leaves the network a classifier of logits, and does not say again what data and --seed say. */
export const CLASSIFIER_OPTIONS = ['inputShape', 'dropout'];

/** What those of Keras with a form for small images can be told besides. */
const KERAS = { smallImages: 'true or false', momentum: 'a number' } as const;

/** What each network can be told besides; complete, or it does not compile. */
const OWN: {
  readonly [N in ModelName]: Readonly<Record<Exclude<keyof ModelOptionsOf<N>, keyof NetworkOptions>, Kind>>;
} = {
  alexnet: {
    alpha: 'a number',
    lrn: 'true or false',
    smallImages: 'true or false',
    hiddenUnits: 'an array of numbers',
  },
  densenet121: KERAS,
  densenet169: KERAS,
  densenet201: KERAS,
  'efficientnet-b0': { ...KERAS, dropConnect: 'a number' },
  'efficientnet-b1': { ...KERAS, dropConnect: 'a number' },
  'efficientnet-b2': { ...KERAS, dropConnect: 'a number' },
  'efficientnet-b3': { ...KERAS, dropConnect: 'a number' },
  'efficientnet-b4': { ...KERAS, dropConnect: 'a number' },
  'efficientnet-b5': { ...KERAS, dropConnect: 'a number' },
  'efficientnet-b6': { ...KERAS, dropConnect: 'a number' },
  'efficientnet-b7': { ...KERAS, dropConnect: 'a number' },
  'fer-net': {},
  'inception-v3': {},
  'light-alex-vgg': { widths: 'an array of numbers' },
  'mobi-express-net': {},
  'mobilenet-v2': { ...KERAS, alpha: 'a number' },
  'resnet50-v2': KERAS,
  vgg16: { alpha: 'a number', batchNorm: 'true or false', hiddenUnits: 'an array of numbers' },
  vgg19: { alpha: 'a number', batchNorm: 'true or false', hiddenUnits: 'an array of numbers' },
};

/** Images of at most so many pixels a side are small. */
const SMALL = 64;

/**
 * What `fer train` tells a network unless options say otherwise, so that it learns from random weights and data sets of any size: the form
 * for images of such a side, moving averages that follow in dozens of steps, and batch normalisation where it may be left out.
 */
export function trainableForm(name: ModelName, side: number): Readonly<Record<string, unknown>> {
  const own = OWN[name];
  return {
    ...('smallImages' in own && side <= SMALL && { smallImages: true }),
    ...('momentum' in own && { momentum: 0.9 }),
    ...('batchNorm' in own && { batchNorm: true }),
  };
}

/**
 * A network's options from `name=value` texts, whose values are JSON: `alpha=0.35`, `inputShape=[96,96,3]`.
 * @param common Those that may be given of the ones that all networks have.
 * @throws ArgumentError for a network that there is not, options that it has not, and values that are not JSON
 */
export function parseNetworkOptions(
  name: ModelName,
  texts: readonly string[],
  common: readonly string[] = Object.keys(COMMON),
): NetworkOptions {
  if (!Object.hasOwn(OWN, name))
    throw new ArgumentError('network', `there is no network '${name}', only ${Object.keys(OWN).join(', ')}`);
  const own: Readonly<Record<string, Kind>> = OWN[name];
  const known = [...common, ...Object.keys(own)];
  const entries = texts.map((text) => {
    const [key = '', ...rest] = text.split('=');
    if (!known.includes(key))
      throw new ArgumentError(name, `there is no option '${key}', only ${known.join(', ')} (as in alpha=0.35)`);
    const value = parseValue(name, text, rest.join('='));
    const kind = own[key] ?? COMMON[key as keyof NetworkOptions];
    if (!KINDS[kind](value)) throw new ArgumentError(name, `${key} must be ${kind} but is ${rest.join('=')}`);
    if (key === 'inputShape' && !(Array.isArray(value) && value.length === 3))
      throw new ArgumentError(name, `inputShape must be [height,width,channels] but is ${rest.join('=')}`);
    return [key, value];
  });
  return Object.fromEntries(entries);
}

/**
 * The model of a .safetensors file, or a new network by its name.
 * @param options As parseNetworkOptions takes them: of networks alone.
 * @throws ArgumentError
 */
export async function openModel(name: string, options: readonly string[]): Promise<Model> {
  if (/\.safetensors$/i.test(name)) {
    if (options.length > 0)
      throw new ArgumentError('network', `--option is for names of networks, but '${name}' is a file`);
    return loadModel(name);
  }
  const network = name as ModelName; // which parseNetworkOptions checks
  try {
    return createModel(network, parseNetworkOptions(network, options));
  } catch (error) {
    throw error instanceof ShapeError ? new ArgumentError('network', error.message) : error;
  }
}

function parseValue(name: string, text: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new ArgumentError(name, `the value of '${text}' is not JSON, such as 0.35, true or [48,48,1]`);
  }
}
