/** @file Models as plain JSON, without their weights. */
import { ArgumentError, type Shape } from '@fer/core';
import { isOfNamedClass } from './layers/index.ts';
import type { Model } from './model.ts';
import type { AnyLayer } from './symbolic.ts';

export interface LayerConfig {
  readonly className: string;
  readonly name: string;
  readonly trainable: boolean;
  /** What its constructor takes besides. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A layer's application. One that is applied several times, with the same weights, has several. */
export interface NodeConfig {
  /** Its name. */
  readonly layer: string;
  /** What it is applied to: 0 is the model's input, i the result of the i-th node. */
  readonly inputs: readonly number[];
}

export interface ModelConfig {
  readonly className: 'Model';
  readonly name?: string;
  /** Of one example. */
  readonly inputShape: Shape;
  readonly layers: readonly LayerConfig[];
  /** Each after what it is applied to; the last one's result is the model's. */
  readonly nodes: readonly NodeConfig[];
}

/** See Model.toConfig. */
export function configOf(model: Model): ModelConfig {
  const positions = new Map(model.order.map((symbolic, i) => [symbolic, i]));
  return {
    className: 'Model',
    ...(model.name !== undefined && { name: model.name }),
    inputShape: model.inputShape,
    layers: model.layers.map(layerConfigOf),
    nodes: model.order.slice(1).map(({ layer, inputs }) => ({
      layer: layer?.name ?? '',
      inputs: inputs.map((operand) => positions.get(operand) as number),
    })),
  };
}

function layerConfigOf(layer: AnyLayer): LayerConfig {
  const { className, name = '', trainable, label, options: all } = layer;
  if (!isOfNamedClass(layer)) {
    const problem = `its class ${layer.constructor.name} has the name of ${className}, and would be restored as that`;
    throw new ArgumentError(label, `${problem}: give it a className of its own`);
  }
  const { name: _, trainable: __, ...options } = all;
  return { className, name, trainable, options: asJson(label, options) as Record<string, unknown> };
}

/** A copy that JSON can hold. Options that are undefined are as good as absent. */
function asJson(label: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => asJson(label, item));
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const present = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(present.map(([key, item]) => [key, asJson(label, item)]));
  }
  const isPlain = value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
  if (!isPlain) throw new ArgumentError(label, `an option is ${value}, which cannot be saved`);
  return value;
}
