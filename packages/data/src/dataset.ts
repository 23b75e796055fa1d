/** @file Dataset: labelled images in memory, what is done to them, and in which order they come. */
import { ArgumentError, checkInteger } from '@fer/core';
import { type Description, describe } from './describe.ts';
import type { DamagedItem } from './errors.ts';
import type { Image, Sample } from './image.ts';
import { type BatchOptions, DatasetBatches } from './pipeline/batches.ts';
import { type ImageFunction, transformImage } from './pipeline/host-batch.ts';
import { randomFor } from './pipeline/random.ts';
import { type DatasetPreviewOptions, preview } from './preview.ts';

/** An image as its source holds it, and what the source tells about it. */
export interface Item extends Sample {
  /** The part of the data that its publisher put it into: FER2013's Training, PublicTest or PrivateTest. */
  readonly usage?: string;
  /** Whose face it is. */
  readonly subject?: string;
  /** The film that it is a frame of. */
  readonly sequence?: string;
  readonly path?: string;
  /** See withTargets. */
  readonly targets?: Float32Array;
}

export interface DatasetOptions {
  /** The names of the labels: label 0 is the first. */
  readonly classes: readonly string[];
  readonly items: readonly Item[];
  /** What the source had to leave out. */
  readonly damaged?: readonly DamagedItem[];
}

export interface ShuffleOptions {
  /** Decides on every order and every augmentation. */
  readonly seed: number;
}

/** What happens to the items on their way into a batch. */
interface Plan {
  readonly transforms: readonly ImageFunction[];
  readonly seed: number;
  readonly shuffled: boolean;
}

const UNTOUCHED: Plan = { transforms: [], seed: 0, shuffled: false };

/** Stands for the item's index where a random order is drawn, and for the epoch where the cache is filled. */
const NONE = -1;

/**
 * Labelled images. A data set does not change: each method returns another one, which shares the images. Which items it
 * has is decided at once; transforms run when a batch is made, with random numbers that depend on the seed, the epoch
 * and the index of the item in this data set alone.
 */
export class Dataset {
  readonly classes: readonly string[];
  readonly items: readonly Item[];
  readonly damaged: readonly DamagedItem[];
  readonly #plan: Plan;

  /** @throws ArgumentError for classes of one name, labels that are no index into them, or targets as withTargets refuses them. */
  constructor({ classes, items, damaged = [] }: DatasetOptions, plan: Plan = UNTOUCHED) {
    checkClassNames('Dataset', classes);
    const wrong = items.findIndex(({ label }) => classes[label] === undefined);
    if (wrong >= 0) {
      const expected = classes.length === 0 ? 'there are no classes' : `must be from 0 to ${classes.length - 1}`;
      throw new ArgumentError('Dataset', `the label of item ${wrong} ${expected} but is ${items[wrong]?.label}`);
    }
    checkTargets(items);
    this.classes = classes;
    this.items = items;
    this.damaged = damaged;
    this.#plan = plan;
  }

  get length(): number {
    return this.items.length;
  }

  get labels(): Int32Array {
    return Int32Array.from(this.items, ({ label }) => label);
  }

  /** What is done to the images, in this order. */
  get transforms(): readonly ImageFunction[] {
    return this.#plan.transforms;
  }

  /** Of `shuffle`, or 0. */
  get seed(): number {
    return this.#plan.seed;
  }

  #with(items: readonly Item[], classes = this.classes): Dataset {
    return new Dataset({ classes, items, damaged: this.damaged }, this.#plan);
  }

  #planned(change: Partial<Plan>): Dataset {
    return new Dataset(this, { ...this.#plan, ...change });
  }

  /**
   * The items that a publisher's split put into this part.
   * @throws ArgumentError if there are none.
   */
  usage(name: string): Dataset {
    const items = this.items.filter(({ usage }) => usage === name);
    if (items.length === 0) {
      const usages = [...new Set(this.items.map(({ usage }) => usage ?? 'items of no part'))].join(', ');
      throw new ArgumentError('usage', `no item is for ${name}: there are ${usages || 'no items'}`);
    }
    return this.#with(items);
  }

  /** The items that pass. Their images are as the source holds them, whatever `map` said. */
  filter(passes: (item: Item, index: number) => boolean): Dataset {
    return this.#with(this.items.filter(passes));
  }

  /** The items at these indices, in this order; an index may come several times. */
  select(indices: ArrayLike<number>): Dataset {
    return this.#with(
      Array.from(indices, (index) => {
        const item = this.items[index];
        if (!item)
          throw new ArgumentError('select', `indices must be from 0 to ${this.length - 1} but one is ${index}`);
        return item;
      }),
    );
  }

  /**
   * Gives each item probabilities, such as votes of several people or what a larger network says: batches hold them in place
   * of labels, as float32 [N, K]. Labels stay for everything else.
   * @throws ArgumentError if they are not as many numbers for each item, from 0 to 1
   */
  withTargets(targetsOf: (item: Item, index: number) => ArrayLike<number>): Dataset {
    const items = this.items.map((item, index) => ({ ...item, targets: Float32Array.from(targetsOf(item, index)) }));
    return this.#with(items);
  }

  /**
   * The items of these classes alone, which get the labels 0, 1, ... in the order given.
   * @throws ArgumentError for names that are no classes or come twice, or after withTargets, whose targets would stay as they are
   */
  keepClasses(names: readonly string[]): Dataset {
    if (this.items.some(({ targets }) => targets))
      throw new ArgumentError('keepClasses', 'the items have targets: call withTargets afterwards');
    checkClassNames('keepClasses', names);
    const labels = new Map(
      names.map((name, label) => {
        const old = this.classes.indexOf(name);
        if (old < 0)
          throw new ArgumentError('keepClasses', `${name} is not a class: there are ${this.classes.join(', ')}`);
        return [old, label];
      }),
    );
    const items = this.items.flatMap((item) => {
      const label = labels.get(item.label);
      return label === undefined ? [] : [{ ...item, label }];
    });
    return this.#with(items, names);
  }

  /** The first items; after `shuffle`, as many that its seed draws, the same ones in every epoch. */
  take(count: number): Dataset {
    checkInteger('take', 'count', count, 0);
    return this.select(this.order(0).subarray(0, count));
  }

  /** Every item that often in an epoch, each time with random numbers of its own. */
  repeat(times: number): Dataset {
    checkInteger('repeat', 'times', times, 1);
    return this.#with(Array.from({ length: times }, () => this.items).flat());
  }

  /** In another order in every epoch. The order depends on the seed and the epoch alone. */
  shuffle({ seed }: ShuffleOptions): Dataset {
    if (!Number.isInteger(seed)) throw new ArgumentError('shuffle', `seed must be an integer but is ${seed}`);
    return this.#planned({ seed, shuffled: true });
  }

  /**
   * Does this to every image, after what was said before.
   * @param transform A pure function. Only if all of them have a `config` can batches be prefetched.
   */
  map(transform: ImageFunction): Dataset {
    return this.#planned({ transforms: [...this.transforms, transform] });
  }

  /** Does now, once for all epochs, what was mapped so far: it costs no time later, but memory, and does not vary. */
  cache(): Dataset {
    const items = this.items.map((item, index) => ({ ...item, image: this.image(index, NONE) }));
    return new Dataset({ ...this, items }, { ...this.#plan, transforms: [] });
  }

  /** The image of an item after all transforms, as it is in this epoch. */
  image(index: number, epoch = 0): Image {
    const item = this.items[index];
    if (!item) throw new ArgumentError('image', `index must be from 0 to ${this.length - 1} but is ${index}`);
    return transformImage(item.image, this.transforms, randomFor(this.seed, epoch, index));
  }

  /** The indices of the items in the order in which an epoch visits them. */
  order(epoch: number): Uint32Array {
    const indices = Array.from(this.items.keys());
    return Uint32Array.from(this.#plan.shuffled ? randomFor(this.seed, epoch, NONE).shuffle(indices) : indices);
  }

  /** Batches of `size` images, the last one of what is left. */
  batch(size: number, options: BatchOptions = {}): DatasetBatches {
    checkInteger('batch', 'size', size, 1);
    return new DatasetBatches(this, size, options);
  }

  /** Classes, counts and damaged items. */
  describe(): Description {
    return describe(this);
  }

  /** A PNG file that shows, in a row for each class, its first images as they are in the first epoch. Node only. */
  preview(options: DatasetPreviewOptions = {}): Promise<Uint8Array> {
    return preview(this, options);
  }
}

/** @throws ArgumentError if a name comes twice: items of one class would have two labels */
export function checkClassNames(operator: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new ArgumentError(operator, `the names of classes must differ but '${twice}' comes twice`);
}

function checkTargets(items: readonly Item[]): void {
  const count = items[0]?.targets?.length;
  if (count === 0) throw new ArgumentError('Dataset', 'targets must not be empty');
  for (const [i, { targets }] of items.entries()) {
    if (targets?.length !== count)
      throw new ArgumentError(
        'Dataset',
        `targets must be as many for each item but item 0 has ${count ?? 'none'} and item ${i} ${targets?.length ?? 'none'}`,
      );
    const wrong = targets?.find((value) => !(value >= 0 && value <= 1));
    if (wrong !== undefined)
      throw new ArgumentError('Dataset', `targets must be from 0 to 1 but one of item ${i} is ${wrong}`);
  }
}
