/** @file Models as tfjs' layers-model files. */
import { ArgumentError, type Shape } from '@fer/core';
import type { AnyLayer, Model, SymbolicTensor } from '@fer/layers';
import { type TfjsLayer, tfjsLayers } from './tfjs-layers.ts';

/** The files of a model in tfjs' layers-model format. */
export type TfjsFiles = Readonly<Record<'model.json' | 'weights.bin', Uint8Array<ArrayBuffer>>>;

/** Which layer's result: [its name, which of its applications, 0, no options]. */
type Reference = readonly [layer: string, node: number, tensor: 0, options: object];

interface Weight {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/**
 * The model as tfjs-layers loads it (`tf.loadLayersModel`), and modelFromKeras too: a functional model that computes the same
 * in inference. Initializers, regularizers, constraints and random augmentation are left out.
 * @throws ArgumentError naming the layer or option that tfjs-layers lacks
 */
export async function exportTfjs(model: Model): Promise<TfjsFiles> {
  const graph = new Graph(model);
  const weights = [...(await weightsOf(model)), ...graph.weights];
  const manifest = weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const json = {
    format: 'layers-model',
    generatedBy: 'fer',
    convertedBy: null,
    modelTopology: { model_config: graph.config, keras_version: 'fer', backend: 'fer' },
    weightsManifest: [{ paths: ['weights.bin'], weights: manifest }],
  };
  return { 'model.json': new TextEncoder().encode(JSON.stringify(json)), 'weights.bin': bytesOf(weights) };
}

async function weightsOf(model: Model): Promise<Weight[]> {
  const state = Object.entries(await model.stateDict());
  return state.map(([name, { shape, data }]) => ({ name, shape, data: data as Float32Array }));
}

function bytesOf(weights: readonly Weight[]): Uint8Array<ArrayBuffer> {
  const floats = new Float32Array(weights.reduce((sum, { data }) => sum + data.length, 0));
  let position = 0;
  for (const { data } of weights) {
    floats.set(data, position);
    position += data.length;
  }
  return new Uint8Array(floats.buffer);
}

/** What tfjs builds a layer with weights for. Only Dense takes any. */
const rankOf = ({ className }: AnyLayer, [shape]: readonly Shape[]) =>
  className === 'Dense' ? 'any' : `${shape?.length}`;

/** A layer of tfjs with all its applications. */
interface Applied {
  readonly name: string;
  readonly inbound_nodes: unknown[];
}

/** Layers that follow each other. */
type Chain = readonly Applied[];

/** The topology, layer by layer. */
class Graph {
  /** Those that our layers do not have as weights. */
  readonly weights: Weight[] = [];
  readonly config: object;
  readonly #layers: Applied[] = [];
  /** What each of our layers became, by the inputs' shapes if that depends on them. */
  readonly #chains = new Map<AnyLayer, Map<string, Chain>>();
  readonly #names: Set<string>;

  constructor(model: Model) {
    this.#names = new Set(model.layers.map(({ name }) => name ?? ''));
    const results = new Map<SymbolicTensor, Reference>();
    const from: Reference = [this.#inputLayer(model.inputShape), 0, 0, {}];
    results.set(model.input, from);
    for (const symbolic of model.order) {
      if (!symbolic.layer) continue;
      const operands = symbolic.inputs.map((operand) => results.get(operand) as Reference);
      results.set(symbolic, this.#apply(symbolic, symbolic.layer, operands));
    }
    this.config = {
      class_name: 'Functional',
      config: {
        name: model.name ?? 'model',
        layers: this.#layers,
        input_layers: [from.slice(0, 3)],
        output_layers: [results.get(model.output)?.slice(0, 3)],
      },
    };
  }

  #inputLayer(shape: Shape): string {
    const name = this.#free('input_1');
    this.#add('InputLayer', { name, batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false });
    return name;
  }

  #add(className: string, config: Readonly<Record<string, unknown>> & { readonly name: string }) {
    const layer = { class_name: className, name: config.name, config, inbound_nodes: [] as unknown[] };
    this.#layers.push(layer);
    return layer;
  }

  #apply({ inputs }: SymbolicTensor, layer: AnyLayer, operands: readonly Reference[]): Reference {
    const shapes = inputs.map(({ shape }) => shape);
    let current = operands;
    for (const { name, inbound_nodes } of this.#chain(layer, shapes)) {
      inbound_nodes.push(current);
      current = [[name, inbound_nodes.length - 1, 0, {}]];
    }
    return current[0] as Reference;
  }

  /** Weights are shared by all applications; without them each shape of inputs has layers of its own. */
  #chain(layer: AnyLayer, shapes: readonly Shape[]): Chain {
    const chains = this.#chains.get(layer) ?? new Map<string, Chain>();
    this.#chains.set(layer, chains);
    const isFirst = chains.size === 0;
    const hasWeights = layer.weights.size > 0;
    const key = hasWeights ? rankOf(layer, shapes) : JSON.stringify(shapes);
    if (hasWeights && !isFirst && !chains.has(key)) {
      const problem = 'tfjs-layers shares weights between inputs of one rank alone';
      throw new ArgumentError('exportTfjs', `${layer.label}: ${problem}`);
    }
    const chain = chains.get(key) ?? tfjsLayers(layer, shapes).map((entry) => this.#entry(layer, entry, isFirst));
    chains.set(key, chain);
    return chain;
  }

  /** @param isFirst Whether it may have our layer's name. */
  #entry(layer: AnyLayer, { className, config, suffix, weights = {} }: TfjsLayer, isFirst: boolean): Applied {
    const name = suffix === '' && isFirst ? (layer.name ?? '') : this.#free(`${layer.name}${suffix}`);
    for (const [weight, data] of Object.entries(weights))
      this.weights.push({ name: `${name}/${weight}`, shape: [data.length], data });
    return this.#add(className, { trainable: layer.trainable, ...config, name });
  }

  /** The name, or the next like it that no layer has. */
  #free(name: string): string {
    let free = name;
    for (let i = 1; this.#names.has(free); i++) free = `${name}_${i}`;
    this.#names.add(free);
    return free;
  }
}
