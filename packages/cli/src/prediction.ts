/** @file What a classifier says of faces. */
import { Random } from '@fer/core';
import { compose, Dataset, type Image, syntheticFaces, transformFromConfig } from '@fer/data';
import { type DetectedFace, expressionClassifier, type Pretrained } from '@fer/models';
import { withoutCrop } from './classifier.ts';
import { probabilitiesOf } from './evaluation.ts';
import type { Crops } from './experiment.ts';
import { percent } from './figures.ts';

export interface Face {
  /** A path, or what it shows. */
  readonly name: string;
  readonly image: Image;
}

export interface Prediction {
  readonly name: string;
  /** Where the face is, if it was looked for in a picture. */
  readonly box?: DetectedFace['box'];
  /** The most probable first; none if no face was found. */
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
}

/** Pictures at hand, or read one by one: photographs are large. */
export type Faces = Iterable<Face> | AsyncIterable<Face>;

/** @param top How many classes are told of each. */
export async function predictFaces(
  { model, labels, preprocess }: Pretrained,
  faces: Faces,
  { top, crops }: { readonly top: number; readonly crops: Crops },
): Promise<Prediction[]> {
  const steps = compose(...withoutCrop(preprocess).map(transformFromConfig));
  const random = new Random(0); // which no preprocessing draws from
  const names: string[] = [];
  const items: { image: Image; label: number }[] = [];
  for await (const { name, image } of faces) {
    names.push(name);
    items.push({ image: steps(image, random), label: 0 }); // a label that nobody looks at
  }
  const rows = await probabilitiesOf(model, new Dataset({ classes: ['face'], items }), crops);
  return names.map((name, i) => {
    const all = labels.map((label, c) => ({ label, probability: rows[i]?.[c] ?? 0 }));
    return { name, classes: all.sort((a, b) => b.probability - a.probability).slice(0, top) };
  });
}

/** Of each face that is found in the pictures, the largest of a picture first. */
export async function predictFound(
  network: Pretrained,
  pictures: Faces,
  { top }: { readonly top: number },
): Promise<Prediction[]> {
  const classify = await expressionClassifier(network, { detect: true });
  const predictions: Prediction[] = [];
  for await (const { name, image } of pictures) {
    const faces = await classify(image);
    if (faces.length === 0) predictions.push({ name, classes: [] });
    for (const { box, expressions } of faces) predictions.push({ name, box, classes: expressions.slice(0, top) });
  }
  classify.dispose();
  return predictions;
}

/** A line for each. */
export function predictionsText(predictions: readonly Prediction[]): string {
  const lines = predictions.map(({ name, box, classes: [first, ...others] }) => {
    if (!first) return `${name}: no face`;
    const place = box ? ` ${box.width}x${box.height} at ${box.x},${box.y}` : '';
    const rest = others.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ');
    return `${name}${place}: ${first.label} ${percent(first.probability)}${rest && ` (${rest})`}`;
  });
  return lines.join('\n');
}

/** One of each expression, which no training with the default data has seen. */
export function drawnFaces(): Face[] {
  const { items, classes } = syntheticFaces({ count: 7, seed: 2 });
  return items.map(({ image, label }) => ({ name: `drawn face, ${classes[label]}`, image }));
}
