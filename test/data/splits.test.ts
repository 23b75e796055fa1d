import {
  countSplit,
  groupKFold,
  groupSplit,
  oversample,
  stratifiedKFold,
  stratifiedSample,
  stratifiedSplit,
  undersample,
  usageSplit,
} from '@fer/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const labelsOf = fc.array(fc.nat(6), { minLength: 40, maxLength: 300 });
const seeds = fc.integer();
const ratiosOf = fc
  .array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 4 })
  .map((parts) => parts.map((part) => part / parts.reduce((sum, n) => sum + n)));

const countOf = (labels: ArrayLike<number>, part: readonly number[], label: number) =>
  part.filter((index) => labels[index] === label).length;

const everyIndex = (count: number) => Array.from({ length: count }, (_, i) => i);
const ascending = (a: number, b: number) => a - b;

describe('stratifiedSample', () => {
  it('is the first part of a split, and may be nearly all', () => {
    const labels = everyIndex(100).map((i) => i % 3);
    expect(stratifiedSample(labels, 0.3, { seed: 5 })).toEqual(stratifiedSplit(labels, [0.3, 0.7], { seed: 5 })[0]);
    expect(stratifiedSample(labels, 0.999)).toHaveLength(100);
    expect(stratifiedSample(labels, 1)).toEqual(everyIndex(100));
  });

  it('is never empty', () => {
    expect(() => stratifiedSample([0, 1], 0.01)).toThrow(
      'stratifiedSample: a fraction of 0.01 leaves none of 2 samples',
    );
    expect(() => stratifiedSample([0, 1], 1.5)).toThrow('stratifiedSample: fraction must be from 0 to 1 but is 1.5');
  });
});

describe('stratifiedSplit', () => {
  it('puts every sample into one part, with class shares and sizes within one sample', () => {
    fc.assert(
      fc.property(labelsOf, ratiosOf, seeds, (labels, ratios, seed) => {
        const parts = stratifiedSplit(labels, ratios, { seed });
        expect(parts.flat().sort(ascending)).toEqual(everyIndex(labels.length));
        for (const [i, part] of parts.entries()) {
          expect(part).toEqual([...part].sort(ascending));
          const ratio = ratios[i] as number;
          for (const label of new Set(labels)) {
            const exact = ratio * countOf(labels, everyIndex(labels.length), label);
            expect(Math.abs(countOf(labels, part, label) - exact)).toBeLessThan(1);
          }
        }
        expect(stratifiedSplit(labels, ratios, { seed })).toEqual(parts);
      }),
    );
  });

  it('has whole shares where they are whole, in every class', () => {
    const labels = everyIndex(100).map((i) => (i < 40 ? 0 : 1));
    const [train = [], validation = [], test = []] = stratifiedSplit(labels, [0.7, 0.15, 0.15]);
    expect([train, validation, test].map((part) => [countOf(labels, part, 0), countOf(labels, part, 1)])).toEqual([
      [28, 42],
      [6, 9],
      [6, 9],
    ]);
  });

  it('takes classes of any size', () => {
    const parts = stratifiedSplit(new Int32Array(1_000_000), [0.5, 0.5]);
    expect(parts.map(({ length }) => length)).toEqual([500_000, 500_000]);
  });

  it('does not let the classes round in the same direction', () => {
    const labels = everyIndex(20).map((i) => Math.floor(i / 2)); // ten classes of two, a tenth of which is none
    const [train = [], test = []] = stratifiedSplit(labels, [0.75, 0.25]);
    expect([train.length, test.length]).toEqual([15, 5]);
  });

  it('depends on the seed', () => {
    const labels = new Array<number>(50).fill(0);
    expect(stratifiedSplit(labels, [0.5, 0.5], { seed: 1 })).not.toEqual(
      stratifiedSplit(labels, [0.5, 0.5], { seed: 2 }),
    );
  });
});

/** As CK+: a person shows some of seven expressions, in sequences of three images. */
const people = fc
  .array(fc.uniqueArray(fc.nat(6), { minLength: 1 }), { minLength: 20, maxLength: 60 })
  .map((shown) =>
    shown.flatMap((labels, person) =>
      labels.flatMap((label) => [0, 1, 2].map(() => ({ label, subject: `S${String(person).padStart(3, '0')}` }))),
    ),
  );

describe('by subject', () => {
  it('shares no person between the parts, which keep their sizes', () => {
    fc.assert(
      fc.property(people, seeds, (images, seed) => {
        const [labels, subjects] = [images.map(({ label }) => label), images.map(({ subject }) => subject)];
        const parts = groupSplit(labels, subjects, [0.8, 0.2], { seed });
        expect(parts.flat().sort(ascending)).toEqual(everyIndex(images.length));
        const [train, test] = parts.map((part) => new Set(part.map((i) => subjects[i])));
        for (const subject of test ?? []) expect(train?.has(subject)).toBe(false);
        // a person has 21 images at most
        expect(Math.abs((parts[1]?.length ?? 0) - 0.2 * images.length)).toBeLessThanOrEqual(21);
      }),
    );
  });

  it('spreads groups of one class each, which are as welcome in one part as in another', () => {
    const groups = everyIndex(77);
    const sizes = groupKFold(
      groups.map((i) => i % 7),
      groups,
      10,
      { seed: 1 },
    ).map(({ test }) => test.length);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(7);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(9);
    const few = everyIndex(35);
    expect(
      groupKFold(
        few.map((i) => i % 7),
        few,
        10,
      ),
    ).toHaveLength(10);
  });

  it('keeps class shares: ten folds of 118 people with 327 sequences', () => {
    const counts = [45, 18, 59, 25, 69, 28, 83]; // CK+'s sequences: anger, contempt, disgust, fear, happy, sadness, surprise
    const sequences = counts.flatMap((count, label) =>
      everyIndex(count).map((i) => ({ label, subject: (i * 7 + label * 31) % 118 })),
    );
    const [labels, subjects] = [sequences.map(({ label }) => label), sequences.map(({ subject }) => subject)];
    const folds = groupKFold(labels, subjects, 10, { seed: 3 });
    expect(folds.flatMap(({ test }) => test).sort(ascending)).toEqual(everyIndex(327));
    for (const { train, test } of folds) {
      expect([...train, ...test].sort(ascending)).toEqual(everyIndex(327));
      const tested = new Set(test.map((i) => subjects[i]));
      expect(train.some((i) => tested.has(subjects[i]))).toBe(false);
      for (const [label, count] of counts.entries()) {
        expect(Math.abs(countOf(labels, test, label) - count / 10)).toBeLessThanOrEqual(2.5);
      }
    }
  });
});

describe('stratifiedKFold', () => {
  it('tests every sample once', () => {
    fc.assert(
      fc.property(labelsOf, fc.integer({ min: 2, max: 5 }), seeds, (labels, k, seed) => {
        const folds = stratifiedKFold(labels, k, { seed });
        expect(folds.flatMap(({ test }) => test).sort(ascending)).toEqual(everyIndex(labels.length));
        for (const { train, test } of folds) {
          expect([...train, ...test].sort(ascending)).toEqual(everyIndex(labels.length));
          for (const label of new Set(labels)) {
            const exact = countOf(labels, everyIndex(labels.length), label) / k;
            expect(Math.abs(countOf(labels, test, label) - exact)).toBeLessThan(1);
          }
        }
      }),
    );
  });
});

describe('usageSplit', () => {
  it('finds the parts', () => {
    expect(usageSplit(['Training', 'PrivateTest', 'Training', 'PublicTest'])).toEqual({
      Training: [0, 2],
      PublicTest: [3],
      PrivateTest: [1],
    });
  });
});

describe('countSplit', () => {
  const labels = everyIndex(30).map((i) => (i < 7 ? 0 : 1));

  it('takes so many of every class, and none twice', () => {
    const parts = countSplit(labels, [4, 3], { seed: 1 });
    expect(parts.map((part) => [countOf(labels, part, 0), countOf(labels, part, 1)])).toEqual([
      [4, 4],
      [3, 3],
    ]);
    expect(new Set(parts.flat()).size).toBe(14);
  });

  it('refuses a class with too few, or takes them from the first part', () => {
    expect(() => countSplit(labels, [6, 3])).toThrow('countSplit: class 0 has 7 samples but [6,3] need at least 9');
    const parts = countSplit(labels, [6, 3], { whenShort: 'shrink' });
    expect(parts.map((part) => [countOf(labels, part, 0), countOf(labels, part, 1)])).toEqual([
      [4, 6],
      [3, 3],
    ]);
    expect(() => countSplit(labels, [6, 7], { whenShort: 'shrink' })).toThrow('need at least 8');
  });
});

describe('balancing', () => {
  it('oversamples to the largest class, every sample about as often', () => {
    fc.assert(
      fc.property(labelsOf, seeds, (labels, seed) => {
        const indices = oversample(labels, { seed });
        const classes = [...new Set(labels)];
        const largest = Math.max(...classes.map((label) => countOf(labels, everyIndex(labels.length), label)));
        for (const label of classes) {
          expect(countOf(labels, indices, label)).toBe(largest);
          const times = everyIndex(labels.length)
            .filter((i) => labels[i] === label)
            .map((i) => indices.filter((index) => index === i).length);
          expect(Math.min(...times)).toBeGreaterThanOrEqual(1);
          expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('undersamples to the smallest', () => {
    fc.assert(
      fc.property(labelsOf, seeds, (labels, seed) => {
        const indices = undersample(labels, { seed });
        const classes = [...new Set(labels)];
        const smallest = Math.min(...classes.map((label) => countOf(labels, everyIndex(labels.length), label)));
        for (const label of classes) expect(countOf(labels, indices, label)).toBe(smallest);
        expect(new Set(indices).size).toBe(indices.length);
      }),
    );
  });
});

describe('errors', () => {
  it.each([
    [
      () => stratifiedSplit([0, 1], [0.5, 0.4]),
      'stratifiedSplit: ratios must be two or more numbers above 0 whose sum is 1 but are [0.5,0.4]',
    ],
    [() => stratifiedSplit([0, 1], [1]), 'stratifiedSplit: ratios must be'],
    [() => stratifiedSplit([0, 1], [1.5, -0.5]), 'stratifiedSplit: ratios must be'],
    [() => stratifiedSplit([0], [0.5, 0.5]), 'stratifiedSplit: there are too few samples or groups: part'],
    [
      () => groupSplit([0, 1], ['a', 'a'], [0.5, 0.5]),
      'groupSplit: there are too few samples or groups: part 1 would be empty',
    ],
    [() => groupSplit([0, 1], ['a'], [0.5, 0.5]), 'groupSplit: groups has 1 elements but labels has 2'],
    [() => stratifiedKFold([0, 1], 1), 'stratifiedKFold: k must be an integer of at least 2 but is 1'],
    [
      () => usageSplit(['Training', 'Test']),
      'usageSplit: usages[1] must be one of Training, PublicTest, PrivateTest but is Test',
    ],
    [() => countSplit([0], [0]), 'countSplit: counts must be an integer of at least 1 but is 0'],
    [() => oversample([]), 'oversample: labels must not be empty'],
    [() => undersample([]), 'undersample: labels must not be empty'],
  ])('%#', (split, message) => {
    expect(split).toThrow(message);
  });
});
