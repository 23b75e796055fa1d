/** @file The networks by name. */
import { ArgumentError } from '@fer/core';
import type { Model } from '@fer/layers';
import * as networks from './networks/index.ts';

const { efficientNet } = networks;

/** Every network; a model carries the same name. */
const constructors = {
  alexnet: networks.alexNet,
  densenet121: networks.denseNet121,
  densenet169: networks.denseNet169,
  densenet201: networks.denseNet201,
  'efficientnet-b0': (options?: networks.EfficientNetOptions) => efficientNet('b0', options),
  'efficientnet-b1': (options?: networks.EfficientNetOptions) => efficientNet('b1', options),
  'efficientnet-b2': (options?: networks.EfficientNetOptions) => efficientNet('b2', options),
  'efficientnet-b3': (options?: networks.EfficientNetOptions) => efficientNet('b3', options),
  'efficientnet-b4': (options?: networks.EfficientNetOptions) => efficientNet('b4', options),
  'efficientnet-b5': (options?: networks.EfficientNetOptions) => efficientNet('b5', options),
  'efficientnet-b6': (options?: networks.EfficientNetOptions) => efficientNet('b6', options),
  'efficientnet-b7': (options?: networks.EfficientNetOptions) => efficientNet('b7', options),
  'fer-net': networks.ferNet,
  'inception-v3': networks.inceptionV3,
  'light-alex-vgg': networks.lightAlexVgg,
  'mobi-express-net': networks.mobiExpressNet,
  'mobilenet-v2': networks.mobileNetV2,
  'resnet50-v2': networks.resNet50V2,
  vgg16: networks.vgg16,
  vgg19: networks.vgg19,
};

export type ModelName = keyof typeof constructors;

/** The options of the network of that name. */
export type ModelOptionsOf<N extends ModelName> = NonNullable<Parameters<(typeof constructors)[N]>[0]>;

/**
 * A network with new weights: `createModel('mobilenet-v2', { inputShape: [48, 48, 1], classes: 7 })`.
 * @throws ArgumentError for a name that is none, and what the network's function throws
 */
export function createModel<N extends ModelName>(name: N, options?: ModelOptionsOf<N>): Model {
  if (!Object.hasOwn(constructors, name))
    throw new ArgumentError('createModel', `there is no network '${name}', only ${listModels().join(', ')}`);
  const construct = constructors[name] as (options?: ModelOptionsOf<N>) => Model;
  return construct(options);
}

/** The names of the networks, or of those that match a pattern in which * stands for anything: `listModels('mobilenet*')`. */
export function listModels(pattern = '*'): ModelName[] {
  const parts = pattern.split('*').map((part) => part.replace(/[^\w-]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`, 'i');
  return (Object.keys(constructors) as ModelName[]).filter((name) => expression.test(name));
}
