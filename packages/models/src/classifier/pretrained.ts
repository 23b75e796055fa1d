/** @file Networks with their weights, and all that is needed to use them: labels, preprocessing, a model card. */
import { decodeSafetensors, FormatError, softmax, type Tensor } from '@fer/core';
import { type Transform, type TransformConfig, transformFromConfig } from '@fer/data';
import { type AnyLayer, encodeModel, loadModel, Model, type SaveOptions } from '@fer/layers';

/** A trained network, and what its user must know. */
export interface Pretrained {
  readonly model: Model;
  /** What its outputs stand for, which are logits, or probabilities if it ends in a softmax. */
  readonly labels: readonly string[];
  /** From an image of any size, gray or RGB with pixels from 0 to 255, to what the network takes. */
  readonly preprocess: Transform;
  /** What it was trained on, how well it does and what it must not be used for: Markdown. */
  readonly card: string;
}

/** From a network's outputs to probabilities. */
export function toProbabilities({ output }: Model): (outputs: Tensor) => Tensor {
  return output.layer && isSoftmax(output.layer) ? (outputs) => outputs : softmax;
}

function isSoftmax(layer: AnyLayer): boolean {
  if (layer instanceof Model) return layer.output.layer !== undefined && isSoftmax(layer.output.layer);
  const { activation } = layer.options as { readonly activation?: unknown };
  return layer.className === 'Softmax' || activation === 'softmax';
}

/** Where a file's metadata keep, as JSON, what is no weight. */
const KEY = 'classifier';

interface Metadata {
  readonly labels: readonly string[];
  readonly preprocess: TransformConfig;
  readonly card: string;
}

/**
 * A trained network as the bytes of a safetensors file.
 * @throws ArgumentError if a weight is too large for float16, or not finite for uint8
 */
export function encodePretrained(
  { model, labels, preprocess, card }: Pretrained,
  { dtype = 'float32' }: Pick<SaveOptions, 'dtype'> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const metadata: Metadata = { labels, preprocess: preprocess.config, card };
  return encodeModel(model, { dtype, metadata: { [KEY]: JSON.stringify(metadata) } });
}

/**
 * The trained network in such a file. The caller disposes its model.
 * @throws FormatError, WeightsError, ArgumentError for a file that is damaged or holds something else
 */
export async function decodePretrained(bytes: Uint8Array): Promise<Pretrained> {
  const { labels, preprocess, card } = parse(decodeSafetensors(bytes).metadata[KEY]);
  const transform = transformFromConfig(preprocess);
  const model = await loadModel(bytes);
  const outputs = model.output.shape;
  if (outputs.length === 1 && outputs[0] === labels.length) return { model, labels, preprocess: transform, card };
  model.dispose();
  throw new FormatError('decodePretrained', `there are ${labels.length} labels for an output [${outputs}]`);
}

function parse(json: string | undefined): Metadata {
  if (json === undefined)
    throw new FormatError('decodePretrained', `the file has no '${KEY}' in its metadata: it holds weights alone`);
  try {
    const metadata = JSON.parse(json);
    const { labels, preprocess, card } = metadata;
    if (isStrings(labels) && typeof preprocess?.name === 'string' && typeof card === 'string') return metadata;
  } catch {
    // as if it were anything else
  }
  throw new FormatError(
    'decodePretrained',
    `'${KEY}' in the file's metadata must be JSON of labels, preprocess and card`,
  );
}

const isStrings = (value: unknown) => Array.isArray(value) && value.every((entry) => typeof entry === 'string');
