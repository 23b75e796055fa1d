/** @file Schedules at steps that are computed by hand from their definitions. */
import { learningRateAt, type Schedule, SGD } from '@fer/layers';
import { describe, expect, it } from 'vitest';

const cos = (fraction: number) => (1 + Math.cos(Math.PI * fraction)) / 2;

const cases: [Schedule | number, [step: number, rate: number][]][] = [
  [
    0.3,
    [
      [0, 0.3],
      [1e6, 0.3],
    ],
  ],
  [{ name: 'constant', learningRate: 0.2 }, [[7, 0.2]]],
  [
    {
      name: 'warmup',
      warmupSteps: 4,
      startFactor: 0.2,
      after: { name: 'step', initialLearningRate: 1, stepSize: 2, gamma: 0.5 },
    },
    [
      [0, 0.2],
      [1, 0.4],
      [3, 0.8],
      [4, 1],
      [5, 1],
      [6, 0.5],
    ],
  ],
  [
    { name: 'warmup', warmupSteps: 2, after: 0.3 },
    [
      [0, 0.1],
      [1, 0.2],
      [2, 0.3],
      [9, 0.3],
    ],
  ],
  [
    { name: 'step', initialLearningRate: 1, stepSize: 10, gamma: 0.5 },
    [
      [0, 1],
      [9, 1],
      [10, 0.5],
      [20, 0.25],
      [39, 0.125],
    ],
  ],
  [
    { name: 'multiStep', initialLearningRate: 1, milestones: [3, 5, 6], gamma: 0.1 },
    [
      [2, 1],
      [3, 0.1],
      [4, 0.1],
      [5, 0.01],
      [6, 0.001],
      [100, 0.001],
    ],
  ],
  [
    { name: 'exponential', initialLearningRate: 1, decaySteps: 4, decayRate: 0.25 },
    [
      [0, 1],
      [2, 0.5],
      [4, 0.25],
      [6, 0.125],
    ],
  ],
  [
    { name: 'exponential', initialLearningRate: 1, decaySteps: 4, decayRate: 0.25, staircase: true },
    [
      [3, 1],
      [4, 0.25],
      [7, 0.25],
      [8, 0.0625],
    ],
  ],
  [
    { name: 'cosine', initialLearningRate: 2, decaySteps: 8 },
    [
      [0, 2],
      [2, 2 * cos(0.25)],
      [4, 1],
      [8, 0],
      [9, 0],
    ],
  ],
  [
    { name: 'cosine', initialLearningRate: 2, decaySteps: 8, alpha: 0.1 },
    [
      [4, 1.1],
      [8, 0.2],
      [20, 0.2],
    ],
  ],
  [
    { name: 'cosine', initialLearningRate: 0.1, warmupTarget: 0.5, warmupSteps: 4, decaySteps: 10 },
    [
      [0, 0.1],
      [1, 0.2],
      [3, 0.4],
      [4, 0.5],
      [9, 0.25],
      [14, 0],
    ],
  ],
  [
    // periods of 4, 8, 16 steps from 1, 0.5, 0.25
    { name: 'cosineRestarts', initialLearningRate: 1, firstDecaySteps: 4, mMul: 0.5 },
    [
      [0, 1],
      [2, 0.5],
      [3, cos(0.75)],
      [4, 0.5],
      [8, 0.25],
      [12, 0.25],
      [20, 0.125],
    ],
  ],
  [
    { name: 'cosineRestarts', initialLearningRate: 2, firstDecaySteps: 4, tMul: 1, alpha: 0.25 },
    [
      [2, 1.25],
      [4, 2],
      [6, 1.25],
      [4002, 1.25],
    ],
  ],
  [
    { name: 'polynomial', initialLearningRate: 1, decaySteps: 10, endLearningRate: 0.2, power: 2 },
    [
      [0, 1],
      [5, 0.4],
      [10, 0.2],
      [99, 0.2],
    ],
  ],
  [
    { name: 'polynomial', initialLearningRate: 1, decaySteps: 10, endLearningRate: 0, cycle: true },
    [
      [0, 1],
      [5, 0.5],
      [10, 0],
      [15, 0.25],
      [20, 0],
    ],
  ],
  [
    // PyTorch's: up in steps 0 to 2, down to step 9
    { name: 'oneCycle', maxLearningRate: 1, totalSteps: 10, pctStart: 0.3, divFactor: 10, finalDivFactor: 100 },
    [
      [0, 0.1],
      [1, 0.55],
      [2, 1],
      [9, 0.001],
      [30, 0.001],
    ],
  ],
];

describe('learningRateAt', () => {
  for (const [schedule, points] of cases) {
    it(JSON.stringify(schedule), () => {
      for (const [step, rate] of points) expect(learningRateAt(schedule, step), `step ${step}`).toBeCloseTo(rate, 12);
    });
  }

  it('has the defaults of Keras and PyTorch', () => {
    expect(learningRateAt({ name: 'polynomial', initialLearningRate: 1, decaySteps: 2 }, 2)).toBeCloseTo(1e-4, 12);
    const cycle: Schedule = { name: 'oneCycle', maxLearningRate: 1, totalSteps: 100 };
    expect(learningRateAt(cycle, 0)).toBeCloseTo(0.04, 12);
    expect(learningRateAt(cycle, 29)).toBe(1);
    expect(learningRateAt(cycle, 99)).toBeCloseTo(0.04 / 1e4, 12);
  });

  it('begins at the peak if the cycle goes up in one step', () => {
    const cycle: Schedule = { name: 'oneCycle', maxLearningRate: 1, totalSteps: 10, pctStart: 0.1 };
    expect(learningRateAt(cycle, 0)).toBe(1);
    expect(learningRateAt(cycle, 9)).toBeCloseTo(0.04 / 1e4, 12);
  });

  /** Each would fail, or go on with NaN or a negative rate, only after some steps. */
  it.each([
    [
      { name: 'constant', learningRate: -0.1 },
      "learningRate of the schedule 'constant' must be at least 0 but is -0.1",
    ],
    [
      { name: 'step', initialLearningRate: 0.1, stepSize: 1000 },
      "gamma of the schedule 'step' must be at least 0 but is undefined",
    ],
    [{ name: 'multiStep', initialLearningRate: 0.1, gamma: 0.1 }, 'ascending order but are undefined'],
    [{ name: 'multiStep', initialLearningRate: 1, gamma: 0.1, milestones: [5, 3] }, 'ascending order but are [5,3]'],
    [
      { name: 'cosine', initialLearningRate: 0, warmupTarget: 1, warmupSteps: 5, decaySteps: 0 },
      "decaySteps of the schedule 'cosine' must be above 0 but is 0",
    ],
    [{ name: 'cosine', initialLearningRate: 0, warmupTarget: Number.NaN, decaySteps: 9 }, 'warmupTarget'],
    [{ name: 'cosineRestarts', initialLearningRate: 1, firstDecaySteps: 9, mMul: -1 }, 'mMul'],
    [{ name: 'exponential', initialLearningRate: 1, decaySteps: 9, decayRate: -0.5 }, 'decayRate'],
    [{ name: 'polynomial', initialLearningRate: 1, decaySteps: 9, power: 0 }, 'power'],
    [{ name: 'oneCycle', maxLearningRate: 1, totalSteps: 9, pctStart: 2 }, 'pctStart .* must be from 0 to 1 but is 2'],
    [{ name: 'oneCycle', maxLearningRate: 1, totalSteps: 9, finalDivFactor: 0 }, 'finalDivFactor'],
    [{ name: 'warmup', warmupSteps: 2.5, after: 1 }, 'warmupSteps'],
    [{ name: 'constant', learningRate: 1, decaySteps: 3 }, "the schedule 'constant' has no 'decaySteps', but name"],
    [{ name: 'cosine', initialLearningRate: 1, decaySteps: 9, warmupSteps: 3 }, 'need a warmupTarget'],
    [{ name: 'warmup', warmupSteps: 2, after: { name: 'constant', learningRate: -1 } }, 'learningRate'],
    [{ name: 'warmup', warmupSteps: 2 }, 'there is no schedule undefined'],
    [null, 'there is no schedule null'],
  ])('of %j: an optimizer refuses it when it is made', (schedule, message) => {
    expect(() => new SGD({ learningRate: schedule as unknown as Schedule })).toThrow(
      new RegExp(message.replace(/[[\]]/g, '\\$&')),
    );
  });

  it('takes a function of the step, of which the optimizer asks before each', () => {
    const rate = (step: number) => 1 / (1 + step);
    expect([0, 3].map((step) => learningRateAt(rate, step))).toEqual([1, 0.25]);
    const optimizer = new SGD({ learningRate: rate });
    optimizer.reduction = 0.5;
    expect(optimizer.learningRate).toBe(0.5);
    for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY, undefined as unknown as number])
      expect(() => learningRateAt(() => wrong, 0)).toThrow(/learningRateAt: the learning rate must be/);
  });

  it('refuses what makes no sense', () => {
    expect(() => learningRateAt({ name: 'cosine', initialLearningRate: 1, decaySteps: 0 }, 0)).toThrow(
      "decaySteps of the schedule 'cosine' must be above 0 but is 0",
    );
    expect(() => learningRateAt({ name: 'tangent' } as unknown as Schedule, 0)).toThrow(/no schedule/);
    expect(() => learningRateAt(0.1, -1)).toThrow(/step must be an integer of at least 0 but is -1/);
    expect(() =>
      learningRateAt({ name: 'cosineRestarts', initialLearningRate: 1, firstDecaySteps: 4, tMul: 0.5 }, 9),
    ).toThrow(/tMul .* must be at least 1 but is 0.5/);
    expect(() => learningRateAt({ name: 'step', initialLearningRate: 1, gamma: 2 } as unknown as Schedule, 1)).toThrow(
      /stepSize .* undefined/,
    );
  });
});
