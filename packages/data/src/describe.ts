/** @file What a data set consists of, in numbers. */
import type { Dataset } from './dataset.ts';
import type { DamagedItem } from './errors.ts';

export interface Description {
  readonly items: number;
  /**
   * The number of items of each class, by its name. The order of the labels is that of the data set's `classes`: names that are
   * integers come first here, as in any object.
   */
  readonly classes: Readonly<Record<string, number>>;
  /** The number of items of each usage, if the source knows of any. */
  readonly usages: Readonly<Record<string, number>>;
  /** How many people there are, if the source knows. */
  readonly subjects: number;
  /** The number of images of each shape, such as '48x48x1'. */
  readonly shapes: Readonly<Record<string, number>>;
  /** The size of the pixels. */
  readonly bytes: number;
  readonly damaged: readonly DamagedItem[];
}

export function describe({ items, classes, damaged }: Dataset): Description {
  const none = Object.fromEntries(classes.map((name) => [name, 0]));
  return {
    items: items.length,
    classes: { ...none, ...count(items.map(({ label }) => classes[label] as string)) },
    usages: count(items.flatMap(({ usage }) => usage ?? [])),
    subjects: new Set(items.flatMap(({ subject }) => subject ?? [])).size,
    shapes: count(items.map(({ image }) => image.shape.join('x'))),
    bytes: items.reduce((sum, { image }) => sum + image.size * image.data.BYTES_PER_ELEMENT, 0),
    damaged,
  };
}

function count(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}
