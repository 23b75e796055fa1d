/** @file Models from plain JSON. */
import { FerError, FormatError } from '@fer/core';
import type { LayerConfig, ModelConfig, NodeConfig } from './config.ts';
import type { WeightSource } from './layer.ts';
import { layerFromConfig } from './layers/index.ts';
import { Model } from './model.ts';
import { type AnyLayer, argumentOf, input, type SymbolicTensor } from './symbolic.ts';

/**
 * The model that a configuration describes (see Model.toConfig), with new weights.
 * @param weights Where these come from in place of their initializers.
 * @throws FormatError if it describes none, ArgumentError and ShapeError if its layers cannot be made or do not fit together
 */
export function modelFromConfig(config: ModelConfig, weights?: WeightSource): Model {
  checkConfig(config);
  const layers = new Map(config.layers.map((layer) => [layer.name, attempt(layer.name, () => restored(layer))]));
  if (layers.size < config.layers.length) throw broken('two layers have the same name');
  try {
    const image = input(config.inputShape);
    const results = [image];
    for (const node of config.nodes) results.push(attempt(node.layer, () => applied(node, layers, results)));
    const output = results.at(-1) as SymbolicTensor;
    const model = new Model({ input: image, output, ...nameOf(config), ...(weights && { weights }) });
    if (model.layers.length < layers.size) throw broken('the output does not depend on all layers');
    for (const { name, trainable } of config.layers) model.layer(name).trainable = trainable;
    return model;
  } catch (error) {
    for (const layer of layers.values()) layer.dispose();
    throw error;
  }
}

const broken = (message: string) => new FormatError('modelFromConfig', message);

/** Layers check the values of their options, but not that these are of the types that TypeScript asks for. */
function attempt<T>(layer: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (error instanceof FerError) throw error;
    throw broken(`layer '${layer}' cannot be made: ${error}`);
  }
}

const restored = ({ className, name, options }: LayerConfig) => layerFromConfig(className, { ...options, name });

function applied(
  { layer: name, inputs }: NodeConfig,
  layers: ReadonlyMap<string, AnyLayer>,
  results: readonly SymbolicTensor[],
): SymbolicTensor {
  const layer = layers.get(name);
  if (!layer) throw broken(`there is no layer '${name}'`);
  const operands = inputs.flatMap((position) => results[position] ?? []);
  if (operands.length !== inputs.length || (operands.length !== 1 && !layer.merges))
    throw broken(`'${name}' cannot be applied to [${inputs}]`);
  return layer.apply(argumentOf(layer, operands));
}

const nameOf = ({ name }: ModelConfig) => (name === undefined ? {} : { name });

function checkConfig(config: unknown): asserts config is ModelConfig {
  if (!isObject(config) || config.className !== 'Model') throw broken("expected an object of className 'Model'");
  const { name, inputShape, layers, nodes } = config;
  if (name !== undefined && typeof name !== 'string') throw broken(`the name is ${JSON.stringify(name)}`);
  if (!isNumbers(inputShape, 1)) throw broken(`inputShape is ${JSON.stringify(inputShape)}`);
  if (!Array.isArray(layers) || !layers.every(isLayer)) throw broken('layers are not all described');
  if (!Array.isArray(nodes) || !nodes.every(isNode)) throw broken('nodes are not all described');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumbers = (value: unknown, minimum: number) =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= minimum);

const isLayer = (value: unknown) =>
  isObject(value) &&
  typeof value.className === 'string' &&
  typeof value.name === 'string' &&
  typeof value.trainable === 'boolean' &&
  isObject(value.options);

const isNode = (value: unknown) => isObject(value) && typeof value.layer === 'string' && isNumbers(value.inputs, 0);
