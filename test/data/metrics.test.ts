import { ArgumentError, ShapeError } from '@fer/core';
import {
  accuracy,
  averageScores,
  balancedAccuracy,
  bootstrapAccuracy,
  classificationReport,
  classScores,
  confusionMatrix,
  expectedCalibrationError,
  f1,
  logLoss,
  precision,
  predictedClasses,
  recall,
  topKAccuracy,
} from '@fer/data';
import { describe, expect, it } from 'vitest';
import { expectNumbersClose } from '../close.ts';
import fixtures from './fixtures/metrics.json' with { type: 'json' };

const TOLERANCE = 1e-12; // of sums of some float64 numbers

describe.each(fixtures.cases)('as scikit-learn: $title', ({ labels, predictions, classes, ...expected }) => {
  const count = classes.length;

  it('confusion matrix and accuracies', () => {
    expect(confusionMatrix(labels, predictions, count)).toEqual(expected.confusionMatrix);
    expect(accuracy(labels, predictions)).toBe(expected.accuracy);
    expect(balancedAccuracy(labels, predictions, count)).toBeCloseTo(expected.balancedAccuracy, 12);
  });

  it('precision, recall and F1', () => {
    for (const [name, score] of Object.entries({ precision, recall, f1 })) {
      const { none, macro, weighted } = expected.scores;
      const key = name as keyof typeof macro;
      const each = score(labels, predictions, { classes: count, average: 'none' });
      expectNumbersClose(each, none[key], TOLERANCE, name);
      expect(score(labels, predictions, { classes: count })).toBeCloseTo(macro[key], 12);
      expect(score(labels, predictions, { classes: count, average: 'weighted' })).toBeCloseTo(weighted[key], 12);
    }
  });

  it('the report, character for character', () => {
    expect(classificationReport(labels, predictions, { classes }).toString()).toBe(expected.report);
    expect(classificationReport(labels, predictions, { classes, digits: 4 }).toString()).toBe(expected.report4);
  });
});

describe.each(fixtures.probabilityCases)('as scikit-learn: $title', ({ labels, probabilities, ...expected }) => {
  it('log loss', () => {
    expect(logLoss(labels, probabilities)).toBeCloseTo(expected.logLoss, 12);
  });

  it('top-k accuracy', () => {
    const classes = probabilities[0]?.length ?? 0;
    const all = Array.from({ length: classes }, (_, k) => topKAccuracy(labels, probabilities, k + 1));
    expect(all).toEqual([...expected.topK, 1]);
  });
});

describe('by hand', () => {
  // of class 0 two of three are found; class 1 is predicted twice, once right; class 2 is neither there nor predicted
  const labels = [0, 0, 0, 1];
  const predictions = Int32Array.of(0, 0, 1, 1);

  it('scores of every class', () => {
    expect(classScores(confusionMatrix(labels, predictions, 3))).toEqual([
      { precision: 1, recall: 2 / 3, f1: 4 / 5, support: 3 },
      { precision: 1 / 2, recall: 1, f1: 2 / 3, support: 1 },
      { precision: 0, recall: 0, f1: 0, support: 0 },
    ]);
  });

  it('averages: classes without samples pull the macro average down, and do not count in the others', () => {
    const scores = classScores(confusionMatrix(labels, predictions, 3));
    expect(averageScores(scores, 'macro').precision).toBe(0.5);
    expect(averageScores(scores, 'weighted').precision).toBe(0.875);
    expect(averageScores(scores, 'macro').support).toBe(4);
    const nothing = { precision: 0, recall: 0, f1: 0, support: 0 };
    expect(averageScores([], 'macro')).toEqual(nothing);
    expect(averageScores([nothing], 'weighted')).toEqual(nothing);
    expect(balancedAccuracy(labels, predictions, 3)).toBeCloseTo(5 / 6, 12);
  });

  it('the report as data', () => {
    const report = classificationReport(labels, predictions, { classes: ['a', 'b', 'c'] });
    expect(report.accuracy).toBe(0.75);
    expect(report.classes[1]).toEqual({ label: 'b', precision: 0.5, recall: 1, f1: 2 / 3, support: 1 });
    expect(report.weightedAverage.recall).toBe(0.75);
    expect(JSON.parse(JSON.stringify(report)).macroAverage.support).toBe(4);
  });

  it('the most probable classes', () => {
    expect([...predictedClasses([[0.1, 0.9], Float32Array.of(0.5, 0.5), [1, 0]])]).toEqual([1, 0, 0]);
  });

  it('a certain mistake costs 36 nats', () => {
    expect(logLoss([1], [[1, 0]])).toBeCloseTo(52 * Math.LN2, 12);
    expect(logLoss([0], [[1, 0]])).toBeCloseTo(2 ** -52, 20);
  });

  it('calibration: confidences of 0.9, half of them right, and of 0.6, all right', () => {
    const probabilities = [
      [0.9, 0.1],
      [0.9, 0.1],
      [0.4, 0.6],
      [0.6, 0.4],
    ];
    expect(expectedCalibrationError([0, 1, 1, 0], probabilities)).toBeCloseTo((2 * 0.4 + 2 * 0.4) / 4, 12);
    // in one interval the two errors make up for each other
    expect(expectedCalibrationError([0, 1, 1, 0], probabilities, { bins: 1 })).toBeCloseTo(0, 12);
    // (lower, upper]: 0.5 is in the lower of two halves
    expect(
      expectedCalibrationError(
        [0, 1],
        [
          [0.5, 0.5],
          [0.2, 0.8],
        ],
        { bins: 2 },
      ),
    ).toBeCloseTo((0.5 + 0.2) / 2, 12);
  });
});

describe('the bootstrap', () => {
  const labels = Array.from({ length: 400 }, () => 1);
  const predictions = labels.map((_, i) => (i < 292 ? 1 : 0));

  it('agrees with the normal approximation', () => {
    const { accuracy: right, lower, upper } = bootstrapAccuracy(labels, predictions, { seed: 1, resamples: 4000 });
    const error = Math.sqrt((0.73 * 0.27) / 400);
    expect(right).toBe(0.73);
    expect(Math.abs(lower - (0.73 - 1.96 * error))).toBeLessThan(0.005);
    expect(Math.abs(upper - (0.73 + 1.96 * error))).toBeLessThan(0.005);
  });

  it('is seeded, wider with more confidence, and binomial where all or none are right', () => {
    const options = { seed: 2, resamples: 500 };
    expect(bootstrapAccuracy(labels, predictions, options)).toEqual(bootstrapAccuracy(labels, predictions, options));
    const [narrow, wide] = [0.8, 0.99].map((confidence) =>
      bootstrapAccuracy(labels, predictions, { ...options, confidence }),
    );
    expect((wide?.upper ?? 0) - (wide?.lower ?? 0)).toBeGreaterThan((narrow?.upper ?? 0) - (narrow?.lower ?? 0));
    const all = bootstrapAccuracy(Array(12).fill(1), Array(12).fill(1));
    expect(all).toEqual({ accuracy: 1, lower: expect.closeTo(0.7354, 4), upper: 1 }); // scipy.stats.binomtest(12, 12).proportion_ci()
    const none = bootstrapAccuracy([0, 0, 0], [1, 1, 1]);
    expect(none).toEqual({ accuracy: 0, lower: 0, upper: expect.closeTo(0.7076, 4) });
  });
});

describe('errors', () => {
  it.each([
    [() => accuracy([0, 1], [0]), ShapeError, 'accuracy: there are 2 labels but 1 predictions'],
    [() => accuracy([], []), ArgumentError, 'accuracy: labels must not be empty'],
    [
      () => confusionMatrix([0, 2], [0, 1], 2),
      ArgumentError,
      'confusionMatrix: labels[1] must be an integer from 0 to 1 but is 2',
    ],
    [
      () => confusionMatrix([0, 1], [0, 0.5], 2),
      ArgumentError,
      'confusionMatrix: predictions[1] must be an integer from 0 to 1 but is 0.5',
    ],
    [
      () => confusionMatrix([0], [0], 0),
      ArgumentError,
      'confusionMatrix: classes must be an integer of at least 1 but is 0',
    ],
    [
      () => f1([0], [0], { classes: 1, average: 'micro' as never }),
      ArgumentError,
      'f1: average must be one of macro, weighted, none but is micro',
    ],
    [
      () => logLoss([0], [[0.5, 0.6]]),
      ArgumentError,
      'logLoss: probabilities[0] must be from 0 to 1 with sum 1 but are 0.5, 0.6',
    ],
    [
      () => logLoss([0], [[-0.5, 1.5]]),
      ArgumentError,
      'logLoss: probabilities[0] must be from 0 to 1 with sum 1 but are -0.5, 1.5',
    ],
    [
      () => topKAccuracy([0], [[Number.NaN, 1]], 1),
      ArgumentError,
      'topKAccuracy: probabilities[0] must be from 0 to 1 with sum 1 but are NaN, 1',
    ],
    [
      () => topKAccuracy([2], [[0, 1]], 1),
      ArgumentError,
      'topKAccuracy: labels[0] must be an integer from 0 to 1 but is 2',
    ],
    [
      () => topKAccuracy([0, 0], [[0, 1], [1]], 1),
      ShapeError,
      'topKAccuracy: probabilities[1] has 1 classes but the first row has 2',
    ],
    [
      () =>
        predictedClasses([
          [0, 1],
          [0.5, Number.NaN],
        ]),
      ArgumentError,
      'predictedClasses: probabilities[1] must be a number for each class but is 0.5, NaN',
    ],
    [
      () => predictedClasses([[]]),
      ArgumentError,
      'predictedClasses: probabilities[0] must be a number for each class but is empty',
    ],
    [
      () => bootstrapAccuracy([0], [0], { confidence: 95 }),
      ArgumentError,
      'bootstrapAccuracy: confidence must lie between 0 and 1 but is 95',
    ],
  ])('%#: %s', (measure, type, message) => {
    expect(measure).toThrow(type);
    expect(measure).toThrow(message);
  });
});
