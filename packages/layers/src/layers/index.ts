/** @file All layers, and how to find one by its class' name. */
import { ArgumentError } from '@fer/core';
import type { AnyLayer } from '../symbolic.ts';
import * as classes from './classes.ts';

export * from './classes.ts';

const table: Readonly<Record<string, new (options: never) => AnyLayer>> = classes;

/**
 * The layer that a saved configuration describes: of that class, with those options.
 * @throws ArgumentError if there is no such class, or the class refuses the options
 */
export function layerFromConfig(className: string, options: object): AnyLayer {
  const LayerClass = Object.hasOwn(table, className) ? table[className] : undefined;
  if (!LayerClass) throw new ArgumentError('layerFromConfig', `there is no layer class '${className}'`);
  return new LayerClass(options as never);
}

/** Whether a layer is of a class of this package, not of one derived from it, which may compute something else. */
export const isBuiltIn = (layer: AnyLayer): boolean =>
  Object.hasOwn(table, layer.className) && table[layer.className] === layer.constructor;

/** Whether a layer's result is what it is given, but in training. */
export const isIdentity = (layer: AnyLayer): boolean =>
  isBuiltIn(layer) &&
  (layer.trainingOnly || (layer instanceof classes.Activation && layer.options.activation === 'linear'));

/** Whether a layer is of the very class that its className stands for, not of one derived from it, which may compute something else. */
export const isOfNamedClass = (layer: AnyLayer): boolean =>
  !Object.hasOwn(table, layer.className) || table[layer.className] === layer.constructor;
