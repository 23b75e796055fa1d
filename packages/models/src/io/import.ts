/** @file Models and weights from Keras and tfjs. */
import { ArgumentError, type Shape, zeros } from '@fer/core';
import { type Model, type WeightSource, WeightsError } from '@fer/layers';
import { assignWeights, type StoredWeight, type WeightReport } from './assign.ts';
import type { KerasSource, ReadFile } from './files.ts';
import { type KerasFile, withKerasFile } from './keras-file.ts';
import { renumbered } from './renumber.ts';
import { modelFromTopology } from './topology.ts';

export interface ReadOptions {
  /** Reads the files that a path names, in place of Node's file system or fetch: with credentials, from a cache, ... */
  readonly read?: ReadFile;
}

export interface LoadKerasWeightsOptions extends ReadOptions {
  /** Whether the file and the model must have the same weights, with the same shapes; true unless given. */
  readonly strict?: boolean;
}

/**
 * Loads the weights of a Keras file (`.h5`, a whole model or weights alone) or of tfjs' `model.json` by their names, such as
 * `block_1_expand/kernel`. Weights of nested models have the names of the inner layers. Layers that Keras only counts (`conv2d_1`,
 * ...) are taken in their order if the file begins at another number than the model.
 * @returns which weights were loaded, and which were not
 * @throws ArgumentError if files cannot be read, FormatError if they are damaged; WeightsError, if strict, naming the weights
 *   that are missing, unexpected or misshapen. No weight is changed then.
 */
export async function loadKerasWeights(
  model: Model,
  source: KerasSource,
  { read, strict = true }: LoadKerasWeightsOptions = {},
): Promise<WeightReport> {
  return withKerasFile('loadKerasWeights', source, read, ({ weights }) =>
    assignWeights('loadKerasWeights', model, renumbered(model, weights), strict),
  );
}

export interface ModelFromKerasOptions extends ReadOptions {
  /** Of one example, for models that leave sizes open. */
  readonly inputShape?: Shape;
}

/**
 * A model with the topology and the weights of a Keras file (`.h5` of a whole model) or of tfjs' `model.json`: a Sequential or
 * a functional model of one input and one output, whose layers @fer/layers has. Without weights in the file, they are new.
 * @throws FormatError naming the layer or option that is not supported, and for files that are damaged; WeightsError if the
 *   weights are not the topology's; ArgumentError, ShapeError
 */
export async function modelFromKeras(source: KerasSource, options: ModelFromKerasOptions = {}): Promise<Model> {
  return withKerasFile('modelFromKeras', source, options.read, (file) => {
    const model = topologyOf(file, options.inputShape);
    if (file.weights.length === 0) return model;
    try {
      assignWeights('modelFromKeras', model, file.weights, true);
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  });
}

function topologyOf({ topology, kerasVersion = '', weights }: KerasFile, inputShape: Shape | undefined): Model {
  if (topology === undefined)
    throw new ArgumentError('modelFromKeras', 'the file has weights alone, without a topology; use loadKerasWeights');
  const [major] = /^\d+/.exec(kerasVersion) ?? [];
  const reading = { operator: 'modelFromKeras', place: 'the model', kerasMajor: major ? Number(major) : undefined };
  return modelFromTopology(reading, topology, { inputShape, weights: weights.length > 0 ? room(weights) : undefined });
}

/** Zeros for the weights to come: a topology that lies about sizes costs no memory, and nothing is drawn in vain. */
function room(stored: readonly StoredWeight[]): WeightSource {
  return (name, expected) => {
    const candidates = stored.filter(({ names }) => names.includes(name));
    if (candidates.some(({ shape }) => `${shape}` === `${expected}`)) return zeros(expected);
    const [{ shape: actual } = {}] = candidates;
    throw new WeightsError(
      'modelFromKeras',
      actual ? { misshapen: [{ name, expected, actual }] } : { missing: [name] },
    );
  };
}
