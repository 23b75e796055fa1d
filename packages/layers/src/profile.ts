/** @file How long each layer of a model takes. */
import { checkInteger, memory, noGrad, reshape, type Shape, slice, type Tensor } from '@fer/core';
import type { Model } from './model.ts';
import { argumentOf, type SymbolicTensor } from './symbolic.ts';
import { type Column, formatBytes, table } from './table.ts';

/** One application of a layer to a batch, in inference. */
export interface LayerProfile {
  readonly name: string;
  readonly className: string;
  /** Of the batch. */
  readonly outputShape: Shape;
  /** The median, from the call until the result can be read. */
  readonly milliseconds: number;
  /** That the result takes; 0 if it shares those of the layer's input. */
  readonly bytes: number;
  /** Multiply-accumulates for the batch. */
  readonly macs: number;
}

export interface ProfileData {
  readonly backend: string;
  readonly layers: readonly LayerProfile[];
  readonly milliseconds: number;
}

/** The profile of a model: as a table by `toString`, as data by `toJSON`. */
export class Profile {
  constructor(private readonly data: ProfileData) {}

  toJSON(): ProfileData {
    return this.data;
  }

  toString(): string {
    const { backend, layers, milliseconds } = this.data;
    const share: Column<LayerProfile> = {
      title: '%',
      text: (layer) => ((100 * layer.milliseconds) / milliseconds).toFixed(1),
      align: 'right',
    };
    return [table([...columns, share], layers), `Total: ${milliseconds.toFixed(3)} ms on ${backend}`].join('\n');
  }
}

const columns: readonly Column<LayerProfile>[] = [
  { title: 'Layer (type)', text: ({ name, className }) => `${name} (${className})` },
  { title: 'Output Shape', text: ({ outputShape }) => `(${outputShape.join(', ')})` },
  { title: 'Memory', text: ({ bytes }) => formatBytes(bytes), align: 'right' },
  {
    title: 'GMAC/s',
    text: ({ macs, milliseconds }) => (macs === 0 ? '' : (macs / milliseconds / 1e6).toFixed(1)),
    align: 'right',
  },
  { title: 'ms', text: ({ milliseconds }) => milliseconds.toFixed(3), align: 'right' },
];

/** Puts measurements on a track of their own in Chromium's performance panel. */
const DEVTOOLS = { devtools: { dataType: 'track-entry', track: 'fer: layers' } };

export interface ProfileOptions {
  /** Measurements of each layer; 10 unless given. */
  readonly runs?: number;
}

/**
 * Runs the layers of a model one by one, and measures each; `performance.measure` has every measurement, by the layer's name.
 * @param x A batch.
 * @throws ShapeError if the model cannot take it, ArgumentError for less than one run
 */
export async function profile(model: Model, x: Tensor, { runs = 10 }: ProfileOptions = {}): Promise<Profile> {
  checkInteger('profile', 'runs', runs, 1);
  model.checkInput(x);
  const results = new Map([[model.input, x]]);
  const layers: LayerProfile[] = [];
  try {
    for (const symbolic of model.order.slice(1)) {
      layers.push(await measure(symbolic, results, runs));
    }
  } finally {
    for (const result of results.values()) if (result !== x) result.dispose();
  }
  const milliseconds = layers.reduce((sum, layer) => sum + layer.milliseconds, 0);
  return new Profile({ backend: x.backend.name, layers, milliseconds });
}

/** @param results Of the layers before; this one's is added. */
async function measure(
  symbolic: SymbolicTensor,
  results: Map<SymbolicTensor, Tensor>,
  runs: number,
): Promise<LayerProfile> {
  const { layer, inputs, macs } = symbolic;
  if (!layer) throw new Error('only the first result has no layer');
  const operands = inputs.map((operand) => results.get(operand) as Tensor);
  const compute = () => noGrad(() => layer.forward(argumentOf(layer, operands)));
  const before = memory().bytes;
  const result = compute();
  results.set(symbolic, result);
  const bytes = memory().bytes - before;
  await finished(result);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    const again = compute();
    try {
      await finished(again);
      times.push(performance.measure(layer.name ?? layer.className, { start, detail: DEVTOOLS }).duration);
    } finally {
      if (!operands.includes(again)) again.dispose();
    }
  }
  return {
    name: layer.name ?? '',
    className: layer.className,
    outputShape: result.shape,
    milliseconds: median(times),
    bytes,
    macs: macs * (result.shape[0] as number),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[Math.floor(index)] as number;
  return (at((values.length - 1) / 2) + at(values.length / 2)) / 2;
}

/** Waits for a result: backends may compute later, but no later than it is read. */
async function finished(result: Tensor): Promise<void> {
  using flat = noGrad(() => reshape(result, [-1]));
  using first = slice(flat, [0], [1]);
  await first.data();
}
