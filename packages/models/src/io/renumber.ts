/** @file Layers that Keras only counts, as conv2d, conv2d_1, ..., from wherever its version or its session begins. */
import type { Model } from '@fer/layers';
import type { StoredWeight } from './assign.ts';

/** The weights of a file under the model's numbers: a class' layers that are as many, but begin elsewhere, in their order. */
export function renumbered(model: Model, stored: readonly StoredWeight[]): readonly StoredWeight[] {
  return [...countedLayers(model)].reduce((weights, [base, numbers]) => shifted(model, weights, base, numbers), stored);
}

/** The numbers of the layers with weights that have their class' default name, by that name. */
function countedLayers({ layers }: Model): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const { name = '', className, weights } of layers) {
    const { base, number } = parsed(name);
    if (weights.size === 0 || base.replaceAll('_', '') !== className.toLowerCase()) continue;
    numbers.set(base, [...(numbers.get(base) ?? []), number]);
  }
  return numbers;
}

/** The layers' weights as the model numbers them, unless some would not fit: their order then means nothing. */
function shifted(model: Model, stored: readonly StoredWeight[], base: string, numbers: readonly number[]) {
  const found = stored.map(({ names }) => {
    const layers = names.map((name) => parsed(layerOf(name)));
    return layers.find((layer) => layer.base === base)?.number;
  });
  const theirs = new Set(found.filter((number) => number !== undefined));
  if (theirs.size !== numbers.length || !isRun(numbers) || !isRun([...theirs])) return stored;
  const shift = Math.min(...numbers) - Math.min(...theirs);
  if (shift === 0) return stored;
  const moved = stored.map((weight, i) => {
    const number = found[i];
    if (number === undefined) return weight;
    const [from, to] = [nameOf(base, number), nameOf(base, number + shift)];
    const names = weight.names.filter((name) => layerOf(name) === from).map((name) => to + name.slice(from.length));
    const name = names.find((candidate) => model.weights.has(candidate));
    const fits = name !== undefined && `${model.weights.get(name)?.shape}` === `${weight.shape}`;
    return fits ? { ...weight, names: [name] } : undefined;
  });
  return moved.every((weight) => weight !== undefined) ? moved : stored;
}

const layerOf = (weight: string) => weight.slice(0, weight.lastIndexOf('/'));

/** The first of a class has no number. */
const nameOf = (base: string, number: number) => (number === 0 ? base : `${base}_${number}`);

function parsed(layer: string): { base: string; number: number } {
  const [, base = layer, number = 0] = /^(.*)_([1-9]\d*)$/.exec(layer) ?? [];
  return { base, number: Number(number) };
}

/** Whether different numbers follow each other, in whatever order they come. */
const isRun = (numbers: readonly number[]) => Math.max(...numbers) - Math.min(...numbers) === numbers.length - 1;
