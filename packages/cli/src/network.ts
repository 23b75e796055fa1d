/** @file Networks from their plans, with new weights or with those of a file. */
import { readFile } from 'node:fs/promises';
import { ArgumentError, decodeSafetensors } from '@fer/core';
import type { Applicable, Model } from '@fer/layers';
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
import type { HeadPlan, NetworkPlan } from './experiment.ts';

export async function createNetwork(plan: NetworkPlan, classes: number, seed: number): Promise<Model> {
  const { name, options, head, frozen = false, init } = plan;
  const base = createModel(name, { ...options, ...(head ? { includeTop: false } : { classes }), seed });
  if (init !== undefined) await initialise(base, init);
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
 * Takes from a file the weights that the network has, by name and shape; those of another classifier are left out.
 * @throws ArgumentError if there are none
 */
async function initialise(model: Model, path: string): Promise<void> {
  if (!/\.safetensors$/i.test(path)) {
    await loadKerasWeights(model, path, { strict: false });
    return;
  }
  const { tensors } = decodeSafetensors(await readFile(path));
  const { weights } = model;
  const fitting = Object.entries(tensors).filter(
    ([name, { shape }]) => weights.get(name)?.shape.join() === shape.join(),
  );
  if (fitting.length === 0)
    throw new ArgumentError('init', `no tensor of '${path}' has the name and shape of a weight of ${model.name}`);
  model.loadStateDict(Object.fromEntries(fitting), { strict: false });
}

const COMMON = ['inputShape', 'classes', 'includeTop', 'pooling', 'dropout', 'classifierActivation', 'seed'];

/** What each network can be told besides; complete, or it does not compile. */
const OWN: {
  readonly [N in ModelName]: Readonly<Record<Exclude<keyof ModelOptionsOf<N>, keyof NetworkOptions>, true>>;
} = {
  alexnet: { lrn: true, smallImages: true, hiddenUnits: true },
  densenet121: { smallImages: true },
  densenet169: { smallImages: true },
  densenet201: { smallImages: true },
  'efficientnet-b0': { dropConnect: true, smallImages: true },
  'efficientnet-b1': { dropConnect: true, smallImages: true },
  'efficientnet-b2': { dropConnect: true, smallImages: true },
  'efficientnet-b3': { dropConnect: true, smallImages: true },
  'efficientnet-b4': { dropConnect: true, smallImages: true },
  'efficientnet-b5': { dropConnect: true, smallImages: true },
  'efficientnet-b6': { dropConnect: true, smallImages: true },
  'efficientnet-b7': { dropConnect: true, smallImages: true },
  'fer-net': {},
  'inception-v3': {},
  'light-alex-vgg': { widths: true },
  'mobi-express-net': {},
  'mobilenet-v2': { alpha: true, smallImages: true },
  'resnet50-v2': { smallImages: true },
  vgg16: { batchNorm: true, hiddenUnits: true },
  vgg19: { batchNorm: true, hiddenUnits: true },
};

/**
 * A network's options from `name=value` texts, whose values are JSON: `alpha=0.35`, `inputShape=[96,96,3]`.
 * @throws ArgumentError for a network that there is not, options that it has not, and values that are not JSON
 */
export function parseNetworkOptions(name: ModelName, texts: readonly string[]): NetworkOptions {
  if (!Object.hasOwn(OWN, name))
    throw new ArgumentError('network', `there is no network '${name}', only ${Object.keys(OWN).join(', ')}`);
  const known = [...COMMON, ...Object.keys(OWN[name])];
  const entries = texts.map((text) => {
    const [key = '', ...rest] = text.split('=');
    if (!known.includes(key))
      throw new ArgumentError(name, `there is no option '${key}', only ${known.join(', ')} (as in alpha=0.35)`);
    return [key, parseValue(name, text, rest.join('='))];
  });
  return Object.fromEntries(entries);
}

function parseValue(name: string, text: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new ArgumentError(name, `the value of '${text}' is not JSON, such as 0.35, true or [48,48,1]`);
  }
}
