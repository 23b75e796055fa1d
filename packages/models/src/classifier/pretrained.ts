/** @file Networks with their weights, and all that is needed to use them: labels, preprocessing, a model card. */
import { ArgumentError, decodeSafetensors, FormatError, softmax, type Tensor } from '@fer/core';
import { type Transform, type TransformConfig, transformFromConfig } from '@fer/data';
import { encodeModel, endsInSoftmax, loadModel, type Model, type SaveOptions } from '@fer/layers';

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
export function toProbabilities(model: Model): (outputs: Tensor) => Tensor {
  return endsInSoftmax(model) ? (outputs) => outputs : softmax;
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
 * @throws ArgumentError if there is not a label for each output, if labels or card are no text or preprocess is no transform of
 * @fer/data, or if a weight is too large for float16, or not finite for uint8
 */
export async function encodePretrained(
  { model, labels, preprocess, card }: Pretrained,
  { dtype = 'float32' }: Pick<SaveOptions, 'dtype'> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (!isLabelled(model, labels)) throw new ArgumentError('encodePretrained', mislabelled(model, labels));
  const metadata: Metadata = { labels, preprocess: preprocess.config, card };
  if (!isMetadata(metadata))
    throw new ArgumentError(
      'encodePretrained',
      'labels and card must be text, and preprocess a transform of @fer/data, which has a config',
    );
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
  if (isLabelled(model, labels)) return { model, labels, preprocess: transform, card };
  model.dispose();
  throw new FormatError('decodePretrained', mislabelled(model, labels));
}

const isLabelled = ({ output }: Model, labels: readonly string[]) => `${output.shape}` === `${labels.length}`;

const mislabelled = ({ output }: Model, labels: readonly string[]) =>
  `there are ${labels.length} labels for an output [${output.shape}]`;

function parse(json: string | undefined): Metadata {
  if (json === undefined)
    throw new FormatError('decodePretrained', `the file has no '${KEY}' in its metadata: it holds weights alone`);
  try {
    const metadata = JSON.parse(json);
    if (isMetadata(metadata)) return metadata;
  } catch {
    // as if it were anything else
  }
  throw new FormatError(
    'decodePretrained',
    `'${KEY}' in the file's metadata must be JSON of labels, preprocess and card`,
  );
}

function isMetadata(value: Partial<Metadata> | null): value is Metadata {
  const { labels, preprocess, card } = value ?? {};
  return isStrings(labels) && typeof preprocess?.name === 'string' && typeof card === 'string';
}

const isStrings = (value: unknown) => Array.isArray(value) && value.every((entry) => typeof entry === 'string');
