/** @file From a data plan to the parts that are trained on, selected on and tested on. */
import { ArgumentError, type Shape } from '@fer/core';
import {
  centerCrop,
  countSplit,
  type Dataset,
  groupKFold,
  groupSplit,
  oversample,
  resize,
  stratifiedSample,
  stratifiedSplit,
  type TransformConfig,
  toGrayscale,
  transformFromConfig,
} from '@fer/data';
import type { DataPlan, SplitPlan } from './experiment.ts';

export interface PreparedData {
  readonly classes: readonly string[];
  /** In the network's size, augmented, in another order in each epoch. */
  readonly train: Dataset;
  /** In the network's size. */
  readonly validation: Dataset;
  /** Preprocessed, not yet cropped; the first is the one that counts. */
  readonly tests: Readonly<Record<string, Dataset>>;
  /** The parts' sizes, and how they were made. */
  readonly split: string;
}

/**
 * The parts of a data set, with all that happens to their images.
 * @param inputShape Of the network.
 * @throws ArgumentError if the data do not allow that split
 */
export function prepare(dataset: Dataset, plan: DataPlan, inputShape: Shape, seed: number): PreparedData {
  const kept = plan.classes ? dataset.keepClasses(plan.classes) : dataset;
  if (kept.classes.length < 2)
    throw new ArgumentError('data', `there must be two classes or more, but all is ${kept.classes}`);
  const parts = splitBy(kept, plan.split, seed);
  const reduced = (part: Dataset) => fractionOf(part, plan.fraction ?? 1, seed);
  const uniform = (part: Dataset) => toSquares(part, plan.imageSize);
  const evaluated = (part: Dataset) => mapAll(uniform(reduced(part)), plan.preprocess);
  const learned = reduced(parts.train);
  const balanced = plan.oversample ? learned.select(oversample(learned.labels, { seed })) : learned;
  const validation = evaluated(parts.validation);
  const tests = Object.fromEntries(Object.entries(parts.tests).map(([name, part]) => [name, evaluated(part)]));
  const sizes = { training: learned, validation, ...tests };
  const counts = Object.entries(sizes).map(([name, { length }]) => `${name} ${length.toLocaleString('en')}`);
  return {
    classes: kept.classes,
    train: toInput(mapAll(uniform(balanced), [...plan.augment, ...plan.preprocess]), inputShape).shuffle({ seed }),
    validation: toInput(validation, inputShape),
    tests,
    split: `${counts.join(', ')} images (${parts.how})`,
  };
}

export function mapAll(dataset: Dataset, transforms: readonly TransformConfig[]): Dataset {
  return transforms.map(transformFromConfig).reduce((mapped, transform) => mapped.map(transform), dataset);
}

/** Gray squares, in which nothing of larger images is left out; images that are so already stay. */
function toSquares(dataset: Dataset, side: number): Dataset {
  const isSquare = dataset.items.every(({ image }) => image.shape.join() === `${side},${side},1`);
  return isSquare ? dataset : dataset.map(toGrayscale()).map(resize({ size: side, interpolation: 'area' }));
}

/** The middle of the images, as large as the network takes them. */
export function toInput(dataset: Dataset, [height = 0, width = 0]: Shape): Dataset {
  return dataset.map(centerCrop({ size: [height, width] }));
}

/** So much of each class. */
function fractionOf(dataset: Dataset, fraction: number, seed: number): Dataset {
  if (fraction >= 1) return dataset;
  return dataset.select(stratifiedSample(dataset.labels, fraction, { seed }));
}

interface Parts {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly tests: Readonly<Record<string, Dataset>>;
  readonly how: string;
}

const FALLBACK = [0.8, 0.1, 0.1];

function splitBy(dataset: Dataset, plan: SplitPlan, seed: number): Parts {
  const usages = new Set(dataset.items.map(({ usage }) => usage));
  const hasUsages = usages.has('Training') && !usages.has(undefined);
  const hasSubjects = dataset.items.every(({ subject }) => subject !== undefined);
  if (plan.by === 'usage') {
    if (hasUsages) return byUsage(dataset, plan.validation, seed);
    if (usages.size > 1) {
      const names = [...usages].map((name) => name ?? 'one without a name').join(', ');
      throw new ArgumentError(
        'split',
        `of several parts all must have names, and one be Training, but they are ${names}`,
      );
    }
    return splitBy(dataset, { by: hasSubjects ? 'subject' : 'ratio', ratios: FALLBACK }, seed);
  }
  const { labels } = dataset;
  if (plan.by === 'count') {
    const indices = countSplit(labels, plan.counts, { seed, whenShort: 'shrink' });
    return partsOf(dataset, indices, `at most ${plan.counts.join(' and ')} images of each class`);
  }
  if (plan.by === 'fold') return byFold(dataset, plan.folds, plan.fold, seed);
  const shares = plan.ratios.map((ratio) => `${Math.round(100 * ratio)}`).join(', ');
  if (plan.by === 'ratio')
    return partsOf(dataset, stratifiedSplit(labels, plan.ratios, { seed }), `${shares} %, stratified`);
  return partsOf(
    dataset,
    groupSplit(labels, subjectsOf(dataset), plan.ratios, { seed }),
    `${shares} %, sharing no person`,
  );
}

/** @throws ArgumentError if the data do not name them */
function subjectsOf({ items }: Dataset): string[] {
  return items.map(({ subject }) => {
    if (subject !== undefined) return subject;
    throw new ArgumentError('split', 'the data do not tell whose faces they show: they cannot be split by subject');
  });
}

function byFold(dataset: Dataset, count: number, fold: number, seed: number): Parts {
  if (count < 3)
    throw new ArgumentError('split', `there must be 3 folds or more, for training, validation and test, not ${count}`);
  const tests = groupKFold(dataset.labels, subjectsOf(dataset), count, { seed }).map(({ test }) => test);
  const test = tests[fold - 1] as number[];
  const validation = tests[fold % count] as number[];
  const train = tests.flatMap((part) => (part === test || part === validation ? [] : part)).sort((a, b) => a - b);
  return partsOf(dataset, [train, validation, test], `fold ${fold} of ${count}, sharing no person`);
}

/** @param indices Of training, validation and test; of two the second is for both. */
function partsOf(dataset: Dataset, indices: readonly (readonly number[])[], how: string): Parts {
  const [train = [], validation = [], test] = indices;
  return {
    train: dataset.select(train),
    validation: dataset.select(validation),
    tests: { test: dataset.select(test ?? validation) },
    how: test ? how : `${how}; the second part serves for validation and test`,
  };
}

function byUsage(dataset: Dataset, share: number, seed: number): Parts {
  const training = dataset.usage('Training');
  const [train = [], validation = []] = stratifiedSplit(training.labels, [1 - share, share], { seed });
  const others = ['PublicTest', 'PrivateTest', ...dataset.items.map(({ usage }) => usage as string)];
  const names = [...new Set(others)].filter(
    (name) => name !== 'Training' && dataset.items.some(({ usage }) => usage === name),
  );
  if (names.length === 0) throw new ArgumentError('split', 'the data have a part Training but none to test on');
  return {
    train: training.select(train),
    validation: training.select(validation),
    tests: Object.fromEntries(names.map((name) => [name, dataset.usage(name)])),
    how: `as published, ${Math.round(100 * share)} % of Training for validation, stratified`,
  };
}
