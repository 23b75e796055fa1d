/** @file Keras' topologies, as Keras 2, Keras 3 and tfjs write them, made into models. */
import type { Shape } from '@fer/core';
import { type AnyLayer, input, Model, type SymbolicTensor, type WeightSource } from '@fer/layers';
import { asArray, asNumber, asObject, asShape, asString, fail, isObject, type JsonObject, print } from './json.ts';
import { layerFromKeras } from './keras-layers.ts';
import type { Reading } from './keras-values.ts';

/** A model's layers, parsed. A Sequential's follow each other; others have references. */
interface Network {
  readonly reading: Reading;
  readonly config: JsonObject;
  readonly entries: readonly Entry[];
  readonly isSequential: boolean;
}

/** A layer or model in a network. */
interface Entry {
  readonly reading: Reading;
  readonly className: string;
  readonly name: string;
  readonly config: JsonObject;
  readonly nodes: readonly Node[];
  readonly network: Network | undefined;
}

/** One application of a layer: to these results. */
type Node = readonly Reference[];

/** The result of a layer's application, which has one. */
interface Reference {
  readonly layer: string;
  readonly node: number;
}

/**
 * @param inputShape in place of the one in the file, which may leave sizes open
 * @param weights in place of initializers
 * @throws FormatError, ArgumentError
 */
export function modelFromTopology(
  reading: Reading,
  topology: unknown,
  { inputShape, weights }: { readonly inputShape?: Shape | undefined; readonly weights?: WeightSource | undefined },
): Model {
  const { class_name, config } = asObject(reading, 'the topology', topology);
  const network = networkOf(reading, class_name, config);
  const x = input(inputShape ?? inputShapeOf(network));
  const { name } = network.config;
  const layers: Layers = { names: layerNames(network), made: new Map() };
  try {
    const output = outputOf(network, x, layers);
    return new Model({ input: x, output, ...(typeof name === 'string' && { name }), ...(weights && { weights }) });
  } catch (error) {
    for (const layer of layers.made.values()) layer.dispose();
    throw error;
  }
}

const NETWORKS: readonly unknown[] = ['Sequential', 'Functional', 'Model'];

function networkOf(reading: Reading, className: unknown, written: unknown): Network {
  if (!NETWORKS.includes(className))
    return fail(reading, `expected a Sequential, Functional or Model but got ${print(className)}`);
  // the first versions of Keras wrote a Sequential's layers alone
  const config = Array.isArray(written) ? { layers: written } : asObject(reading, 'config', written);
  const entries = asArray(reading, 'layers', config.layers).map((layer) => entryOf(reading, layer));
  if (entries.length === 0) return fail(reading, `a ${className} needs layers`);
  const [twice] = repeated(entries.map(({ name }) => name));
  if (twice !== undefined) return fail(reading, `has two layers of the name '${twice}'`);
  return { reading, config, entries, isSequential: className === 'Sequential' };
}

function repeated(names: readonly string[]): Set<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

function entryOf(reading: Reading, json: unknown): Entry {
  const layer = asObject(reading, 'a layer', json);
  const className = asString(reading, "a layer's class_name", layer.class_name);
  const isNetwork = NETWORKS.includes(className);
  const config =
    isNetwork && Array.isArray(layer.config) ? {} : asObject(reading, `the config of a ${className}`, layer.config);
  const name = asString(reading, `the name of a ${className}`, config.name ?? layer.name);
  const at = { ...reading, place: `${className} '${name}'` };
  const nodes = asArray(at, 'inbound_nodes', layer.inbound_nodes ?? []).map((node) => nodeOf(at, node));
  const network = isNetwork ? networkOf(at, className, layer.config) : undefined;
  return { reading: at, className, name, config: { ...config, name }, nodes, network };
}

/** Keras 2 lists [layer, node, tensor, options] of each input; Keras 3 has the arguments of the call. */
function nodeOf(reading: Reading, json: unknown): Node {
  if (!isObject(json)) return referencesOf(reading, asArray(reading, 'a node', json));
  const { args, kwargs = {} } = json;
  checkCallOptions(reading, kwargs);
  return tensorsOf(reading, args);
}

/** Besides what a layer is applied to. What is null or false, such as `training`, is as not given. */
function checkCallOptions(reading: Reading, json: unknown): void {
  const options = Object.entries(asObject(reading, "a call's options", json));
  const given = options.find(([, value]) => value !== null && value !== false);
  if (given) fail(reading, `is called with ${given[0]} = ${print(given[1])}, which is not supported`);
}

function tensorsOf(reading: Reading, json: unknown): Node {
  if (Array.isArray(json)) return json.flatMap((one) => tensorsOf(reading, one));
  if (!isObject(json) || json.class_name !== '__keras_tensor__')
    return fail(reading, `is called with ${print(json)}, which is not supported`);
  const { keras_history } = asObject(reading, 'a tensor', json.config);
  return referencesOf(reading, [keras_history]);
}

/** A single reference, or an array of them. */
function referencesOf(reading: Reading, json: unknown): Node {
  const list = asArray(reading, 'references to layers', json);
  return (typeof list[0] === 'string' ? [list] : list).map((one) => {
    const [layer, node, tensor, options = {}] = asArray(reading, 'a reference to a layer', one);
    if (tensor !== 0) fail(reading, `refers to result ${print(tensor)} of ${print(layer)}, and layers have one`);
    checkCallOptions(reading, options);
    return { layer: asString(reading, "a reference's layer", layer), node: asNumber(reading, 'a node', node) };
  });
}

interface Layers {
  readonly names: ReadonlyMap<Entry, string>;
  /** So far: a layer that is applied again has the same weights. */
  readonly made: Map<Entry, AnyLayer>;
}

/** A nested layer's name is its own; if others have it too, files of weights have the outermost model's name before it. */
function layerNames(network: Network): Map<Entry, string> {
  const placed = placedLayers(network, []);
  const own = placed.map(({ entry }) => entry.name);
  const [taken, clashing] = [new Set(own), repeated(own)];
  const names = placed.map(({ entry, models }): [Entry, string] => {
    const { name } = entry;
    if (models.length === 0 || !clashing.has(name)) return [entry, name];
    const short = `${models[0]}_${name}`;
    const chosen = taken.has(short) ? [...models, name].join('_') : short;
    taken.add(chosen);
    return [entry, chosen];
  });
  return new Map(names);
}

/** All layers that compute, with the names of the nested models that they are in, the outermost first. */
function placedLayers(network: Network, models: readonly string[]): { entry: Entry; models: readonly string[] }[] {
  return network.entries.flatMap((entry) => {
    if (entry.network) return placedLayers(entry.network, [...models, entry.name]);
    return entry.className === 'InputLayer' ? [] : [{ entry, models }];
  });
}

function outputOf(network: Network, x: SymbolicTensor, layers: Layers): SymbolicTensor {
  if (!network.isSequential) return functionalOutput(network, x, layers);
  const entries = network.entries.filter(({ className }) => className !== 'InputLayer');
  return entries.reduce((y, entry) => applied(entry, [y], layers), x);
}

/** Applies each layer once all that it is applied to is there: files need not be in order. */
function functionalOutput({ reading, config, entries }: Network, x: SymbolicTensor, layers: Layers): SymbolicTensor {
  const from = only(reading, 'input', config.input_layers);
  const to = only(reading, 'output', config.output_layers);
  const results = new Map([[keyOf(from), x]]);
  const referred = new Set([to, ...entries.flatMap(({ nodes }) => nodes.flat())].map(keyOf));
  let waiting = entries.flatMap((entry) => {
    const first = firstNodeOf(entry, referred);
    return entry.nodes.map((node, i) => ({ entry, node, i: i + first }));
  });
  while (waiting.length > 0) {
    const still = waiting.filter(({ entry, node, i }) => {
      const operands = node.map((reference) => results.get(keyOf(reference)));
      if (!isComplete(operands)) return true;
      results.set(keyOf({ layer: entry.name, node: i }), applied(entry, operands, layers));
      return false;
    });
    if (still.length === waiting.length)
      return fail(still[0]?.entry.reading ?? reading, 'is applied to a result that nothing computes');
    waiting = still;
  }
  return results.get(keyOf(to)) ?? fail(reading, `nothing computes the output of ${print(to.layer)}`);
}

/** A model's node 0 is its application to its own input, unless it is a Sequential that had none: others then refer to it. */
function firstNodeOf({ network, name }: Entry, referred: ReadonlySet<string>): number {
  return !network || referred.has(keyOf({ layer: name, node: 0 })) ? 0 : 1;
}

const keyOf = ({ layer, node }: Reference) => `${node} ${layer}`;

const isComplete = (operands: readonly (SymbolicTensor | undefined)[]): operands is readonly SymbolicTensor[] =>
  operands.every((operand) => operand !== undefined);

function only(reading: Reading, kind: string, json: unknown): Reference {
  const references = referencesOf(reading, json);
  const [reference] = references;
  return reference && references.length === 1
    ? reference
    : fail(reading, `has ${references.length} ${kind}s, and a Model has one`);
}

function applied(entry: Entry, operands: readonly SymbolicTensor[], layers: Layers): SymbolicTensor {
  const { reading, className, config, network } = entry;
  const one = () =>
    operands.length === 1 && operands[0]
      ? operands[0]
      : fail(reading, `is applied to ${operands.length} results, and takes one`);
  if (network) return outputOf(network, one(), layers);
  const named = { ...config, name: layers.names.get(entry) };
  const layer = layers.made.get(entry) ?? layerFromKeras(reading, className, named, operands[0]?.shape);
  layers.made.set(entry, layer);
  return layer.apply((layer.merges ? operands : one()) as never);
}

/** A functional model's input layer need not be its first, but is wherever Keras writes it. */
function inputShapeOf({ reading, config, entries: [first] }: Network): Shape {
  const given = first?.config ?? {};
  const shape = given.batch_input_shape ?? given.batch_shape ?? config.build_input_shape;
  if (shape === undefined && first?.network) return inputShapeOf(first.network);
  const [, ...sizes] = asArray(reading, 'the input shape', shape);
  if (sizes.includes(null)) return fail(reading, `leaves sizes of its input open, ${print(sizes)}: give inputShape`);
  return asShape(reading, 'the input shape', sizes);
}
