/** @file Schedules: the learning rate as a function of the optimizer's steps, counted from 0. */
import { ArgumentError, checkFinite, checkInteger } from '@fer/core';

/** Keras' or PyTorch's names, as the definitions below say. Plain JSON. */
export type Schedule =
  | { readonly name: 'constant'; readonly learningRate: number }
  | StepDecay
  | MultiStepDecay
  | ExponentialDecay
  | CosineDecay
  | CosineDecayRestarts
  | PolynomialDecay
  | OneCycle;

/** PyTorch's StepLR: times gamma every stepSize steps. */
interface StepDecay {
  readonly name: 'step';
  readonly initialLearningRate: number;
  readonly stepSize: number;
  readonly gamma: number;
}

/** PyTorch's MultiStepLR: times gamma at each milestone, which are in ascending order. */
interface MultiStepDecay {
  readonly name: 'multiStep';
  readonly initialLearningRate: number;
  readonly milestones: readonly number[];
  readonly gamma: number;
}

/** Keras' ExponentialDecay: times decayRate over decaySteps steps; at once after each decaySteps steps if staircase. */
interface ExponentialDecay {
  readonly name: 'exponential';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase?: boolean;
}

/**
 * Keras' CosineDecay: from the initial rate, in a line over warmupSteps, to warmupTarget if there is one; then along half
 * a cosine over decaySteps to alpha (0 unless given) times where it was.
 */
interface CosineDecay {
  readonly name: 'cosine';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly alpha?: number;
  readonly warmupTarget?: number;
  readonly warmupSteps?: number;
}

/**
 * Keras' CosineDecayRestarts (Loshchilov & Hutter 2017): half cosines, the first of firstDecaySteps; each next one tMul
 * (2 unless given) times as long, from mMul (1) times the rate, to alpha (0) times the initial one.
 */
interface CosineDecayRestarts {
  readonly name: 'cosineRestarts';
  readonly initialLearningRate: number;
  readonly firstDecaySteps: number;
  readonly tMul?: number;
  readonly mMul?: number;
  readonly alpha?: number;
}

/**
 * Keras' PolynomialDecay to endLearningRate (0.0001 unless given), with a power (1). After decaySteps it stays there, or,
 * if it is to cycle, begins again with a multiple of decaySteps.
 */
interface PolynomialDecay {
  readonly name: 'polynomial';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly endLearningRate?: number;
  readonly power?: number;
  readonly cycle?: boolean;
}

/**
 * PyTorch's OneCycleLR (Smith & Topin 2018): from maxLearningRate / divFactor (25 unless given) along a cosine up to the
 * maximum in pctStart (0.3) of totalSteps, and down to the initial rate / finalDivFactor (10000), where it stays.
 */
interface OneCycle {
  readonly name: 'oneCycle';
  readonly maxLearningRate: number;
  readonly totalSteps: number;
  readonly pctStart?: number;
  readonly divFactor?: number;
  readonly finalDivFactor?: number;
}

/**
 * The learning rate for the step after `step` others.
 * @throws ArgumentError for a schedule that does not exist, or whose numbers make no sense
 */
export function learningRateAt(schedule: number | Schedule, step: number): number {
  checkInteger('learningRateAt', 'step', step, 0);
  const rate = typeof schedule === 'number' ? schedule : scheduled(schedule, step);
  checkFinite('learningRateAt', 'the learning rate', rate);
  return rate;
}

function scheduled(schedule: Schedule, step: number): number {
  switch (schedule.name) {
    case 'constant':
      return schedule.learningRate;
    case 'step':
      return schedule.initialLearningRate * schedule.gamma ** Math.floor(step / positive(schedule, 'stepSize'));
    case 'multiStep':
      return (
        schedule.initialLearningRate *
        schedule.gamma ** schedule.milestones.filter((milestone) => milestone <= step).length
      );
    case 'exponential': {
      const periods = step / positive(schedule, 'decaySteps');
      return schedule.initialLearningRate * schedule.decayRate ** (schedule.staircase ? Math.floor(periods) : periods);
    }
    case 'cosine':
      return cosine(schedule, step);
    case 'cosineRestarts':
      return cosineRestarts(schedule, step);
    case 'polynomial':
      return polynomial(schedule, step);
    case 'oneCycle':
      return oneCycle(schedule, step);
    default:
      throw new ArgumentError('learningRateAt', `there is no schedule ${JSON.stringify(schedule)}`);
  }
}

function positive<K extends string>(schedule: { readonly name: string } & Readonly<Record<K, number>>, key: K): number {
  const value = schedule[key];
  if (!(value > 0 && Number.isFinite(value)))
    throw new ArgumentError(
      'learningRateAt',
      `${key} of the schedule '${schedule.name}' must be above 0 but is ${value}`,
    );
  return value;
}

/** From `start` at 0 along half a cosine to `end` at 1, where it stays. */
function halfCosine(start: number, end: number, fraction: number): number {
  return end + ((start - end) * (1 + Math.cos(Math.PI * Math.min(1, fraction)))) / 2;
}

function cosine(schedule: CosineDecay, step: number): number {
  const { initialLearningRate, alpha = 0, warmupTarget, warmupSteps = 0 } = schedule;
  if (warmupTarget !== undefined && step < warmupSteps)
    return initialLearningRate + ((warmupTarget - initialLearningRate) * step) / warmupSteps;
  const peak = warmupTarget ?? initialLearningRate;
  const since = warmupTarget === undefined ? step : step - warmupSteps;
  return halfCosine(peak, peak * alpha, since / positive(schedule, 'decaySteps'));
}

function cosineRestarts(schedule: CosineDecayRestarts, step: number): number {
  const { initialLearningRate, tMul = 2, mMul = 1, alpha = 0 } = schedule;
  if (!(tMul >= 1))
    throw new ArgumentError('learningRateAt', `tMul of 'cosineRestarts' must be at least 1 but is ${tMul}`);
  let length = positive(schedule, 'firstDecaySteps');
  let since = step;
  let peak = initialLearningRate;
  for (; since >= length; length *= tMul) {
    since -= length;
    peak *= mMul;
  }
  const end = initialLearningRate * alpha;
  return end + halfCosine(peak, 0, since / length) * (1 - alpha);
}

function polynomial(schedule: PolynomialDecay, step: number): number {
  const { initialLearningRate, endLearningRate = 1e-4, power = 1, cycle = false } = schedule;
  const length = positive(schedule, 'decaySteps') * (cycle ? Math.max(1, Math.ceil(step / schedule.decaySteps)) : 1);
  const left = 1 - Math.min(step, length) / length;
  return (initialLearningRate - endLearningRate) * left ** power + endLearningRate;
}

function oneCycle(schedule: OneCycle, step: number): number {
  const { maxLearningRate, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = schedule;
  const total = positive(schedule, 'totalSteps');
  const initial = maxLearningRate / divFactor;
  const top = pctStart * total - 1;
  if (step <= top) return halfCosine(initial, maxLearningRate, step / top);
  return halfCosine(maxLearningRate, initial / finalDivFactor, (step - top) / (total - 1 - top));
}
