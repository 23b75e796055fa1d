/** @file What turns a layer into ONNX operators. */
import type { Shape } from '@fer/core';
import type { OnnxGraph } from './graph.ts';

/** What a layer becomes part of. Shapes are ours, of one example. */
export interface Emission {
  readonly graph: OnnxGraph;
  /** Names of what the layer is applied to. */
  readonly inputs: readonly string[];
  /** The only one, or the first. */
  readonly x: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** One of the layer's own weights. */
  readonly weight: (name: string) => OwnWeight;
}

export interface OwnWeight {
  /** In the graph. */
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}
