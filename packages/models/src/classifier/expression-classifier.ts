/** @file Classifying faces in one call. */
import { getBackend, noGrad, Random, setBackend, softmax, tensor, tidy } from '@fer/core';
import { type ImageSource, imageOf } from './images.ts';
import type { Pretrained } from './pretrained.ts';
import { loadPretrained, type PretrainedName } from './shipped.ts';

/** What a face may show, and how sure the network is of it. */
export interface Expression {
  readonly label: string;
  /** From 0 to 1; all of them add up to 1. */
  readonly probability: number;
}

/** A function from a picture of a face to its expressions, the most probable first. */
export interface Classifier {
  /** @throws ArgumentError for what is no picture, DataError for a damaged file */
  (image: ImageSource): Promise<Expression[]>;
  readonly labels: readonly string[];
  /** What the network was trained on, how well it does and what it must not be used for: Markdown. */
  readonly card: string;
  /** Frees the network. */
  dispose(): void;
}

/**
 * Classifies pictures of one face each, cut out as in FER2013, from the forehead to the chin:
 * `const classify = await expressionClassifier(); await classify('face.png')`. Where no backend is in use, it chooses one.
 * @param network The name of a trained network, or one that is given over: its model is disposed.
 */
export async function expressionClassifier(
  network: PretrainedName | Pretrained = 'mobi-express-net',
): Promise<Classifier> {
  if (!getBackend()) await setBackend('auto');
  const { model, labels, preprocess, card } = typeof network === 'string' ? await loadPretrained(network) : network;
  const fused = model.fuse();
  model.dispose();
  const random = new Random(0); // which no preprocessing draws from
  const classify = async (source: ImageSource): Promise<Expression[]> => {
    const image = preprocess(await imageOf(source), random);
    using probabilities = noGrad(() => tidy(() => softmax(fused.forward(tensor(image, [1, ...image.shape])))));
    const values = await probabilities.data();
    return labels
      .map((label, i) => ({ label, probability: values[i] as number }))
      .sort((a, b) => b.probability - a.probability);
  };
  return Object.assign(classify, { labels, card, dispose: () => fused.dispose() });
}
