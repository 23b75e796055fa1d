/** @file Classifying faces in one call. */
import { DisposedError, FerError, getBackend, noGrad, Random, setBackend, tensor, tidy } from '@fer/core';
import type { Image } from '@fer/data';
import type { Detection, DetectOptions } from '@fer/vision';
import { faceFinder } from './faces.ts';
import { type ImageSource, imageOf } from './images.ts';
import { type Pretrained, toProbabilities } from './pretrained.ts';
import { loadPretrained, type PretrainedName } from './shipped.ts';

/** What a face may show, and how sure the network is of it. */
export interface Expression {
  readonly label: string;
  /** From 0 to 1; all of them add up to 1. */
  readonly probability: number;
}

/** A face that was found in a picture. */
export interface DetectedFace {
  /** In pixels from the picture's top left corner. */
  readonly box: Detection;
  /** The most probable first. */
  readonly expressions: Expression[];
}

/**
 * A function from a picture of one face to its expressions, the most probable first; or, if it detects, from any picture to its
 * faces, the largest first.
 */
export interface Classifier<Result = Expression> {
  /** @throws ArgumentError for what is no picture, DataError for a damaged file, DisposedError; FerError if outputs are NaN */
  (image: ImageSource): Promise<Result[]>;
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
  network?: PretrainedName | Pretrained,
  options?: { readonly detect?: false },
): Promise<Classifier>;
/**
 * Finds the faces of pictures, seen from the front, and classifies each: `[{ box, expressions }, ...]`, the largest first.
 * @param options.detect true, or how to look for them: `{ minSize: 60 }` is faster
 */
export async function expressionClassifier(
  network: PretrainedName | Pretrained | undefined,
  options: { readonly detect: true | DetectOptions },
): Promise<Classifier<DetectedFace>>;
export async function expressionClassifier(
  network: PretrainedName | Pretrained = 'fer-net',
  { detect = false }: { readonly detect?: boolean | DetectOptions } = {},
): Promise<Classifier | Classifier<DetectedFace>> {
  if (!getBackend()) await setBackend('auto');
  const { model, labels, preprocess, card } = typeof network === 'string' ? await loadPretrained(network) : network;
  const fused = model.fuse();
  model.dispose();
  const probabilitiesOf = toProbabilities(model);
  const random = new Random(0); // which no preprocessing draws from
  let isDisposed = false;
  const expressionsOf = async (face: Image): Promise<Expression[]> => {
    if (isDisposed) throw new DisposedError('classify', 'the classifier was disposed');
    const image = preprocess(face, random);
    using probabilities = noGrad(() => tidy(() => probabilitiesOf(fused.forward(tensor(image, [1, ...image.shape])))));
    const values = await probabilities.data();
    if (values.some(Number.isNaN))
      throw new FerError('classify', "the network's outputs are NaN: its weights are not finite");
    return labels
      .map((label, i) => ({ label, probability: values[i] as number }))
      .sort((a, b) => b.probability - a.probability);
  };
  const dispose = () => {
    isDisposed = true;
    fused.dispose();
  };
  const rest = { labels, card, dispose };
  if (detect === false) return Object.assign(async (source: ImageSource) => expressionsOf(await imageOf(source)), rest);

  const findFaces = await faceFinder(detect === true ? {} : detect).catch((error) => {
    fused.dispose();
    throw error;
  });
  const classifyFaces = async (source: ImageSource): Promise<DetectedFace[]> => {
    const faces: DetectedFace[] = [];
    for (const { box, face } of findFaces(await imageOf(source)))
      faces.push({ box, expressions: await expressionsOf(face) });
    return faces;
  };
  return Object.assign(classifyFaces, rest);
}
