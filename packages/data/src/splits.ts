/** @file Parts of a data set: arrays of indices, found from its labels, groups or usages. Each part is in ascending order. */
import { ArgumentError, checkInteger, checkOneOf, checkRange, Random, ShapeError } from '@fer/core';

export interface SplitOptions {
  /** 0 unless given. The same seed gives the same parts. */
  readonly seed?: number;
}

/**
 * Parts of given sizes that each hold as much of every class as the whole, to within one sample.
 * @param labels The class of every sample.
 * @param ratios What part of the samples goes where, such as [0.7, 0.15, 0.15]: their sum is 1.
 * @throws ArgumentError if a part would be empty.
 */
export function stratifiedSplit(
  labels: ArrayLike<number>,
  ratios: readonly number[],
  { seed = 0 }: SplitOptions = {},
): number[][] {
  checkRatios('stratifiedSplit', ratios);
  return finish('stratifiedSplit', stratify(labels, ratios, seed));
}

/**
 * A part of the samples that holds as much of every class as the whole, to within one sample, in ascending order.
 * @param fraction Above 0 and up to 1.
 * @throws ArgumentError if no sample would be left.
 */
export function stratifiedSample(
  labels: ArrayLike<number>,
  fraction: number,
  { seed = 0 }: SplitOptions = {},
): number[] {
  checkRange('stratifiedSample', 'fraction', fraction, 0, 1);
  const [sample = []] = stratify(labels, [fraction, 1 - fraction], seed);
  if (sample.length === 0)
    throw new ArgumentError('stratifiedSample', `a fraction of ${fraction} leaves none of ${labels.length} samples`);
  return sample.sort((a, b) => a - b);
}

function stratify(labels: ArrayLike<number>, ratios: readonly number[], seed: number): number[][] {
  const random = new Random(seed);
  const parts: number[][] = ratios.map(() => []);
  const owed = ratios.map(() => 0);
  for (const members of indicesByValue(labels).values())
    deal(random.shuffle(members), shares(members.length, ratios, owed), parts);
  return parts;
}

/** The first of them to the first part, and so on. One by one: classes may be larger than a call can have arguments. */
function deal(members: readonly number[], counts: readonly number[], parts: readonly number[][]): void {
  let start = 0;
  for (const [part, count] of counts.entries()) {
    for (const member of members.slice(start, start + count)) parts[part]?.push(member);
    start += count;
  }
}

/**
 * How many of a class go to each part: the exact share, rounded up where most is owed from the classes before.
 * @param owed Exact shares less what was given, so far. Brought up to date.
 */
function shares(count: number, ratios: readonly number[], owed: number[]): number[] {
  const exact = ratios.map((ratio) => ratio * count);
  // a share that is a whole number but for rounding is one
  const counts = exact.map((share) => Math.floor(share + 1e-9));
  for (const [part, share] of exact.entries()) owed[part] = at(owed, part) + share - at(counts, part);
  const open = ratios.map((_, part) => part).filter((part) => at(exact, part) - at(counts, part) > 1e-9);
  open.sort((a, b) => at(owed, b) - at(owed, a));
  const rest = count - counts.reduce((sum, n) => sum + n, 0);
  for (const part of open.slice(0, rest)) {
    counts[part] = at(counts, part) + 1;
    owed[part] = at(owed, part) - 1;
  }
  return counts;
}

/**
 * Parts that share no group (such as a person), with sizes and classes as close to the ratios as whole groups allow: the
 * groups with the most uneven classes come first, and each goes where the parts then fit best (the greedy method of
 * scikit-learn's StratifiedGroupKFold).
 * @param groups The group of every sample: any values.
 * @param ratios As in stratifiedSplit.
 */
export function groupSplit(
  labels: ArrayLike<number>,
  groups: ArrayLike<unknown>,
  ratios: readonly number[],
  { seed = 0 }: SplitOptions = {},
): number[][] {
  checkRatios('groupSplit', ratios);
  checkSameLength('groupSplit', 'groups', groups, labels);
  const classes = [...indicesByValue(labels)].map(([label, members]) => ({ label, size: members.length }));
  const classOf = new Map(classes.map(({ label }, i) => [label, i]));
  const candidates = new Random(seed).shuffle([...indicesByValue(groups).values()]).map((members) => {
    const counts = classes.map(() => 0);
    for (const index of members) {
      const i = classOf.get(labels[index] as number) as number;
      counts[i] = at(counts, i) + 1;
    }
    return { members, counts };
  });
  candidates.sort((a, b) => variance(b.counts) - variance(a.counts)); // stable: ties stay shuffled

  const parts: number[][] = ratios.map(() => []);
  const held = ratios.map(() => classes.map(() => 0));
  for (const { members, counts } of candidates) {
    // what the squared distance from the wanted class shares grows by, in units of what is wanted
    const costs = ratios.map((ratio, part) =>
      classes.reduce((cost, { size }, i) => {
        const before = at(held[part] as number[], i) / size - ratio;
        const after = before + at(counts, i) / size;
        return cost + (after ** 2 - before ** 2) / ratio;
      }, 0),
    );
    const best = emptiest(costs, parts, ratios);
    for (const member of members) parts[best]?.push(member);
    held[best] = (held[best] as number[]).map((n, i) => n + at(counts, i));
  }
  return finish('groupSplit', parts);
}

/** Of the parts with the lowest cost, that which holds least of what it should: the classes of a group may be new to several. */
function emptiest(costs: readonly number[], parts: readonly number[][], ratios: readonly number[]): number {
  const least = Math.min(...costs) + 1e-9;
  const filled = parts.map(({ length }, part) => (at(costs, part) <= least ? length / at(ratios, part) : Infinity));
  return filled.indexOf(Math.min(...filled));
}

/** One round of a cross-validation. */
export interface Fold {
  readonly train: number[];
  readonly test: number[];
}

/** k rounds; every sample is tested once, and every test part holds as much of each class as the whole, within one sample. */
export function stratifiedKFold(labels: ArrayLike<number>, k: number, options: SplitOptions = {}): Fold[] {
  return folds(stratifiedSplit(labels, equalRatios('stratifiedKFold', k), options));
}

/** k rounds whose training and test parts share no group; see groupSplit. */
export function groupKFold(
  labels: ArrayLike<number>,
  groups: ArrayLike<unknown>,
  k: number,
  options: SplitOptions = {},
): Fold[] {
  return folds(groupSplit(labels, groups, equalRatios('groupKFold', k), options));
}

function equalRatios(operator: string, k: number): number[] {
  checkInteger(operator, 'k', k, 2);
  return new Array<number>(k).fill(1 / k);
}

function folds(parts: number[][]): Fold[] {
  return parts.map((test) => ({ test, train: parts.flatMap((part) => (part === test ? [] : part)).sort(ascending) }));
}

/** FER2013's own parts. */
export interface UsageParts {
  readonly Training: number[];
  readonly PublicTest: number[];
  readonly PrivateTest: number[];
}

/**
 * The parts that FER2013's column Usage names.
 * @throws ArgumentError for any other usage.
 */
export function usageSplit(usages: ArrayLike<string>): UsageParts {
  const parts = { Training: [] as number[], PublicTest: [] as number[], PrivateTest: [] as number[] };
  for (let i = 0; i < usages.length; i++) {
    const usage = usages[i] as keyof UsageParts;
    checkOneOf('usageSplit', `usages[${i}]`, usage, Object.keys(parts) as (keyof UsageParts)[]);
    parts[usage].push(i);
  }
  return parts;
}

export interface CountSplitOptions extends SplitOptions {
  /**
   * What happens to a class with too few samples: 'refuse' (the default) throws; 'shrink' fills the later parts and
   * leaves the first with what remains, so that tests stay comparable.
   */
  readonly whenShort?: 'refuse' | 'shrink';
}

/**
 * Parts with so many samples of every class, such as [500, 100]. The remaining samples are in none.
 * @throws ArgumentError if a class has too few, see whenShort.
 */
export function countSplit(
  labels: ArrayLike<number>,
  counts: readonly number[],
  { seed = 0, whenShort = 'refuse' }: CountSplitOptions = {},
): number[][] {
  for (const count of counts) checkInteger('countSplit', 'counts', count, 1);
  checkOneOf('countSplit', 'whenShort', whenShort, ['refuse', 'shrink']);
  const [first = 0, ...later] = counts;
  const needed = later.reduce((sum, count) => sum + count, 0);
  const random = new Random(seed);
  const parts: number[][] = counts.map(() => []);
  for (const [label, members] of indicesByValue(labels)) {
    const smallest = needed + (whenShort === 'shrink' ? 1 : first);
    if (members.length < smallest) {
      const message = `class ${label} has ${members.length} samples but [${counts}] need at least ${smallest}`;
      throw new ArgumentError('countSplit', message);
    }
    deal(random.shuffle(members), [Math.min(first, members.length - needed), ...later], parts);
  }
  return finish('countSplit', parts);
}

/**
 * Every sample, and samples of the smaller classes again until all classes are as large as the largest. Within a class no
 * sample comes more than once more often than another.
 */
export function oversample(labels: ArrayLike<number>, { seed = 0 }: SplitOptions = {}): number[] {
  const classes = membersOfClasses('oversample', labels);
  const target = Math.max(...classes.map(({ length }) => length));
  const random = new Random(seed);
  const result = classes.flatMap((members) => {
    const whole = new Array<number[]>(Math.floor(target / members.length)).fill(members).flat();
    return [...whole, ...random.shuffle(members).slice(0, target - whole.length)];
  });
  return result.sort(ascending);
}

/** As many samples of every class as the smallest has, chosen at random. */
export function undersample(labels: ArrayLike<number>, { seed = 0 }: SplitOptions = {}): number[] {
  const classes = membersOfClasses('undersample', labels);
  const target = Math.min(...classes.map(({ length }) => length));
  const random = new Random(seed);
  return classes.flatMap((members) => random.shuffle(members).slice(0, target)).sort(ascending);
}

function membersOfClasses(operator: string, labels: ArrayLike<number>): number[][] {
  if (labels.length === 0) throw new ArgumentError(operator, 'labels must not be empty');
  return [...indicesByValue(labels).values()];
}

/** The indices of every value, in the values' own order where they have one, so that parts do not depend on the samples'. */
function indicesByValue<T>(values: ArrayLike<T>): Map<T, number[]> {
  const result = new Map<T, number[]>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as T;
    const members = result.get(value);
    if (members) members.push(i);
    else result.set(value, [i]);
  }
  return new Map([...result].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function checkRatios(operator: string, ratios: readonly number[]): void {
  const sum = ratios.reduce((total, ratio) => total + ratio, 0);
  if (ratios.length < 2 || !ratios.every((ratio) => ratio > 0) || Math.abs(sum - 1) > 1e-9) {
    throw new ArgumentError(operator, `ratios must be two or more numbers above 0 whose sum is 1 but are [${ratios}]`);
  }
}

function checkSameLength(operator: string, name: string, values: ArrayLike<unknown>, labels: ArrayLike<unknown>): void {
  if (values.length !== labels.length) {
    throw new ShapeError(operator, `${name} has ${values.length} elements but labels has ${labels.length}`);
  }
}

function finish(operator: string, parts: number[][]): number[][] {
  const empty = parts.findIndex(({ length }) => length === 0);
  if (empty >= 0)
    throw new ArgumentError(operator, `there are too few samples or groups: part ${empty} would be empty`);
  return parts.map((part) => part.sort(ascending));
}

const ascending = (a: number, b: number) => a - b;

const at = (values: readonly number[], i: number) => values[i] as number;

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
