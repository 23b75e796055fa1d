/** @file The graph that a model is made of: which layer is applied to which results. */
import { ArgumentError, checkInteger, type Shape } from '@fer/core';
import type { Layer } from './layer.ts';

/** A layer of whatever inputs: of one, or of several. */
export type AnyLayer = Layer<never>;

/** What can be applied to a symbolic tensor: a layer, a block of layers, a model. */
export interface Applicable {
  apply(x: SymbolicTensor): SymbolicTensor;
}

/** A result that a model will compute: a shape, the layer that makes it, and what from. */
export class SymbolicTensor {
  constructor(
    /** Of one example. */
    readonly shape: Shape,
    /** None for a model's input. */
    readonly layer: AnyLayer | undefined = undefined,
    readonly inputs: readonly SymbolicTensor[] = [],
  ) {}

  /** Multiply-accumulates of its layer for one example. */
  get macs(): number {
    const shapes = this.inputs.map(({ shape }) => shape);
    return this.layer?.macs(argumentOf(this.layer, shapes)) ?? 0;
  }

  /** Applies one after the other: `x.pipe(new Conv2D(...), new BatchNormalization(), new ReLU())`. */
  pipe(...layers: readonly Applicable[]): SymbolicTensor {
    return layers.reduce<SymbolicTensor>((x, layer) => layer.apply(x), this);
  }
}

/** What a layer's methods take: one that merges takes all entries as an array, another the only one. */
export function argumentOf(layer: AnyLayer, entries: readonly unknown[]): never {
  return (layer.merges ? entries : entries[0]) as never;
}

/** Where a model begins. @param shape of one example, such as [48, 48, 1] @throws ArgumentError for sizes that are no positive integers */
export function input(shape: Shape): SymbolicTensor {
  for (const [axis, size] of shape.entries()) checkInteger('input', `shape[${axis}]`, size, 1);
  return new SymbolicTensor(shape);
}

/** Applies the layers of results, each after what it is computed from, to something else than the first of them. */
export function reapplied([from, ...others]: readonly SymbolicTensor[], x: SymbolicTensor): SymbolicTensor {
  const results = new Map([[from, x]]);
  let last = x;
  for (const symbolic of others) {
    const { layer } = symbolic;
    if (!layer) continue;
    const operands = symbolic.inputs.map((operand) => results.get(operand) as SymbolicTensor);
    last = layer.apply(argumentOf(layer, operands));
    results.set(symbolic, last);
  }
  return last;
}

/**
 * Everything between `from` and `to`, each after what it is computed from; `from` itself is the first.
 * @throws ArgumentError if `to` depends on another input
 */
export function topologicalOrder(from: SymbolicTensor, to: SymbolicTensor): SymbolicTensor[] {
  const order: SymbolicTensor[] = [from];
  const visited = new Set(order);
  // an explicit stack: deep networks are longer than the call stack
  const stack: { tensor: SymbolicTensor; done: boolean }[] = [{ tensor: to, done: false }];
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { tensor, done } = entry;
    if (done) order.push(tensor);
    else if (!visited.has(tensor)) {
      visited.add(tensor);
      if (!tensor.layer) throw new ArgumentError('Model', 'the output depends on an input other than the one given');
      stack.push({ tensor, done: true });
      for (const operand of tensor.inputs.toReversed()) stack.push({ tensor: operand, done: false });
    }
  }
  return order;
}
