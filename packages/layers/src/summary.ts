/** @file Models as tables. */
import type { Shape } from '@fer/core';
import type { Model } from './model.ts';
import type { AnyLayer } from './symbolic.ts';
import { type Column, formatBytes, formatCount, table } from './table.ts';

/** One application of a layer. Numbers are for one example. */
export interface LayerSummary {
  readonly name: string;
  readonly className: string;
  readonly outputShape: Shape;
  /** Numbers in its weights; 0 where a layer is applied again. */
  readonly params: number;
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Of its result. */
  readonly bytes: number;
  /** What it is applied to. */
  readonly connectedTo: readonly string[];
}

export interface SummaryData {
  readonly name: string;
  readonly layers: readonly LayerSummary[];
  readonly params: { readonly total: number; readonly trainable: number; readonly nonTrainable: number };
  readonly macs: number;
  /** Of all results together, which training keeps, for one example. */
  readonly activationBytes: number;
}

/** What a model is made of: as a table by `toString`, as data by `toJSON`. */
export class Summary {
  constructor(private readonly data: SummaryData) {}

  toJSON(): SummaryData {
    return this.data;
  }

  toString(): string {
    const { name, layers, params, macs, activationBytes } = this.data;
    const isChain = layers.every(
      ({ connectedTo }, i) => i === 0 || (connectedTo.length === 1 && connectedTo[0] === layers[i - 1]?.name),
    );
    return [
      `Model: "${name}"`,
      table(isChain ? columns : [...columns, connections], layers),
      `Total params: ${formatCount(params.total)} (${formatBytes(4 * params.total)})`,
      `Trainable params: ${formatCount(params.trainable)} (${formatBytes(4 * params.trainable)})`,
      `Non-trainable params: ${formatCount(params.nonTrainable)} (${formatBytes(4 * params.nonTrainable)})`,
      `Multiply-accumulates: ${formatCount(macs)}`,
      `Activations: ${formatBytes(activationBytes)} for one example`,
    ].join('\n');
  }
}

const columns: readonly Column<LayerSummary>[] = [
  { title: 'Layer (type)', text: ({ name, className }) => `${name} (${className})` },
  { title: 'Output Shape', text: ({ outputShape }) => `(${['None', ...outputShape].join(', ')})` },
  { title: 'Param #', text: ({ params }) => formatCount(params), align: 'right' },
  { title: 'MACs', text: ({ macs }) => formatCount(macs), align: 'right' },
];

const connections: Column<LayerSummary> = {
  title: 'Connected to',
  text: ({ connectedTo }) => connectedTo.join(', '),
};

/** See Model.summary. */
export function summarize(model: Model): Summary {
  const seen = new Set<AnyLayer>();
  const layers = model.order.map(({ layer, shape, macs, inputs }): LayerSummary => {
    const weights = layer && !seen.has(layer) ? [...layer.weights.values()] : [];
    if (layer) seen.add(layer);
    return {
      name: layer?.name ?? 'input',
      className: layer?.className ?? 'Input',
      outputShape: shape,
      params: weights.reduce((sum, { size }) => sum + size, 0),
      macs,
      bytes: shape.reduce((product, size) => product * size, 4),
      connectedTo: inputs.map((operand) => operand.layer?.name ?? 'input'),
    };
  });
  return new Summary({
    name: model.name ?? 'model',
    layers,
    params: model.countParams(),
    macs: layers.reduce((sum, { macs }) => sum + macs, 0),
    activationBytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
  });
}
