/** @file Weights that can be used as they are: files that say what their network expects and what its outputs mean. */
import { readFile } from 'node:fs/promises';
import { ArgumentError, decodeSafetensors, FormatError } from '@fer/core';
import type { Dataset, TransformConfig } from '@fer/data';
import { loadModel, type Model } from '@fer/layers';
import { mapAll, toSquares } from './prepare.ts';

/** What is done to a face before the network, and what its outputs are called. */
export interface Description {
  readonly classes: readonly string[];
  /** Faces become gray squares of this side first. */
  readonly imageSize: number;
  readonly preprocess: readonly TransformConfig[];
}

export interface Classifier extends Description {
  readonly model: Model;
}

/** The key in a safetensors file's metadata. */
const KEY = 'classifier';

/** The metadata of a file from which loadClassifier can make a classifier. */
export function metadataOf({ classes, imageSize, preprocess }: Description): Readonly<Record<string, string>> {
  return { [KEY]: JSON.stringify({ classes, imageSize, preprocess }) };
}

/**
 * The classifier in a file, such as a run's best.safetensors.
 * @throws ArgumentError if it cannot be read, FormatError or WeightsError if it is damaged or says nothing of classes
 */
export async function loadClassifier(path: string): Promise<Classifier> {
  const bytes = await readFile(path).catch((error) => {
    throw new ArgumentError('weights', `cannot read '${path}': ${error.message}`);
  });
  const { metadata } = decodeSafetensors(bytes);
  const description = parse(path, metadata[KEY]);
  return { ...description, model: await loadModel(bytes) };
}

function parse(path: string, json: string | undefined): Description {
  if (json === undefined)
    throw new FormatError('weights', `'${path}' does not say what its outputs mean: it was not written by fer train`);
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new FormatError('weights', `what '${path}' says of its outputs is not JSON: ${error}`);
  }
}

/**
 * Images as the classifier takes them, not yet cropped, with labels in its order.
 * @throws ArgumentError if the data have other classes
 */
export function forClassifier({ classes, imageSize, preprocess }: Description, dataset: Dataset): Dataset {
  if ([...dataset.classes].sort().join() !== [...classes].sort().join())
    throw new ArgumentError(
      'evaluate',
      `the weights tell apart ${classes.join(', ')}, but the classes of the data are ${dataset.classes.join(', ')}`,
    );
  return mapAll(toSquares(dataset.keepClasses(classes), imageSize), preprocess);
}
