/** @file What a classifier says of faces. */
import { Dataset, type Image, syntheticFaces } from '@fer/data';
import type { Pretrained } from '@fer/models';
import { withoutCrop } from './classifier.ts';
import { probabilitiesOf } from './evaluation.ts';
import type { Crops } from './experiment.ts';
import { percent } from './figures.ts';
import { mapAll } from './prepare.ts';

export interface Face {
  /** A path, or what it shows. */
  readonly name: string;
  readonly image: Image;
}

export interface Prediction {
  readonly name: string;
  /** The most probable first. */
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
}

/** @param top How many classes are told of each. */
export async function predictFaces(
  { model, labels, preprocess }: Pretrained,
  faces: readonly Face[],
  { top, crops }: { readonly top: number; readonly crops: Crops },
): Promise<Prediction[]> {
  const items = faces.map(({ image }) => ({ image, label: 0 })); // which nobody looks at
  const dataset = mapAll(new Dataset({ classes: ['face'], items }), withoutCrop(preprocess));
  const rows = await probabilitiesOf(model, dataset, crops);
  return faces.map(({ name }, i) => {
    const all = labels.map((label, c) => ({ label, probability: rows[i]?.[c] ?? 0 }));
    return { name, classes: all.sort((a, b) => b.probability - a.probability).slice(0, top) };
  });
}

/** A line for each. */
export function predictionsText(predictions: readonly Prediction[]): string {
  const lines = predictions.map(({ name, classes: [first, ...others] }) => {
    const rest = others.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ');
    return `${name}: ${first?.label} ${percent(first?.probability ?? 0)}${rest && ` (${rest})`}`;
  });
  return lines.join('\n');
}

/** One of each expression, which no training with the default data has seen. */
export function drawnFaces(): Face[] {
  const { items, classes } = syntheticFaces({ count: 7, seed: 2 });
  return items.map(({ image, label }) => ({ name: `drawn face, ${classes[label]}`, image }));
}
