/** @file Schedules: the learning rate as a function of the optimizer's steps, counted from 0. */
import { ArgumentError, checkInteger, checkRange } from '@fer/core';
import { checkAtLeast, checkFields, checkPositive } from './checks.ts';

/** Keras' or PyTorch's names, as the definitions below say. Plain JSON. */
export type Schedule =
  | { readonly name: 'constant'; readonly learningRate: number }
  | StepDecay
  | MultiStepDecay
  | ExponentialDecay
  | CosineDecay
  | CosineDecayRestarts
  | PolynomialDecay
  | OneCycle
  | Warmup;

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
 * PyTorch's SequentialLR of a LinearLR and another: in a line from startFactor (1/3 unless given) times the rate with which the
 * other schedule begins, over warmupSteps, after which that one follows from its own step 0.
 */
interface Warmup {
  readonly name: 'warmup';
  readonly warmupSteps: number;
  readonly startFactor?: number;
  readonly after: number | Schedule;
}

/** The same at each step, by a schedule, or a function of how many steps there were before. */
export type LearningRate = number | Schedule | ((step: number) => number);

/** What a field must be; it is called with the operator, the field's name and its value. */
type Rule = (operator: string, name: string, value: number) => void;
type Rules = Readonly<Record<string, Rule>>;

const notNegative: Rule = (operator, name, value) => checkAtLeast(operator, name, value, 0);
const atLeastOne: Rule = (operator, name, value) => checkAtLeast(operator, name, value, 1);
const whole: Rule = (operator, name, value) => checkInteger(operator, name, value, 1);
const fraction: Rule = (operator, name, value) => checkRange(operator, name, value, 0, 1);

/** The numbers that a schedule needs, and those that have defaults. */
interface Fields {
  readonly needed: Rules;
  readonly optional?: Rules;
  /** Those that are no numbers. */
  readonly others?: readonly string[];
}

const FIELDS: Readonly<Record<Schedule['name'], Fields>> = {
  constant: { needed: { learningRate: notNegative } },
  step: { needed: { initialLearningRate: notNegative, stepSize: checkPositive, gamma: notNegative } },
  multiStep: { needed: { initialLearningRate: notNegative, gamma: notNegative }, others: ['milestones'] },
  exponential: {
    needed: { initialLearningRate: notNegative, decaySteps: checkPositive, decayRate: notNegative },
    others: ['staircase'],
  },
  cosine: {
    needed: { initialLearningRate: notNegative, decaySteps: checkPositive },
    optional: { alpha: notNegative, warmupTarget: notNegative, warmupSteps: notNegative },
  },
  cosineRestarts: {
    needed: { initialLearningRate: notNegative, firstDecaySteps: checkPositive },
    optional: {
      tMul: atLeastOne,
      mMul: notNegative,
      alpha: notNegative,
    },
  },
  polynomial: {
    needed: { initialLearningRate: notNegative, decaySteps: checkPositive },
    optional: { endLearningRate: notNegative, power: checkPositive },
    others: ['cycle'],
  },
  oneCycle: {
    needed: { maxLearningRate: notNegative, totalSteps: atLeastOne },
    optional: { pctStart: fraction, divFactor: checkPositive, finalDivFactor: checkPositive },
  },
  warmup: { needed: { warmupSteps: whole }, optional: { startFactor: fraction }, others: ['after'] },
};

/**
 * Checks all that a schedule will need, at whatever step.
 * @throws ArgumentError for a schedule that does not exist, or whose numbers make no sense
 */
export function checkSchedule(operator: string, schedule: LearningRate): void {
  if (typeof schedule === 'function') return;
  if (typeof schedule === 'number') {
    notNegative(operator, 'the learning rate', schedule);
    return;
  }
  const fields = Object.hasOwn(FIELDS, schedule?.name) ? FIELDS[schedule.name] : undefined;
  if (!fields) throw new ArgumentError(operator, `there is no schedule ${JSON.stringify(schedule)}`);
  const { needed, optional = {}, others = [] } = fields;
  const values = schedule as unknown as Readonly<Record<string, number | undefined>>;
  const check = (name: string, rule: Rule) =>
    rule(operator, `${name} of the schedule '${schedule.name}'`, values[name] as number);
  const known = ['name', ...Object.keys(needed), ...Object.keys(optional), ...others];
  checkFields(operator, `the schedule '${schedule.name}'`, schedule, known);
  for (const [name, rule] of Object.entries(needed)) check(name, rule);
  for (const [name, rule] of Object.entries(optional)) if (values[name] !== undefined) check(name, rule);
  if (schedule.name === 'cosine' && schedule.warmupSteps && schedule.warmupTarget === undefined)
    throw new ArgumentError(operator, "warmupSteps of the schedule 'cosine' need a warmupTarget");
  if (schedule.name === 'multiStep') checkMilestones(operator, schedule.milestones);
  if (schedule.name === 'warmup') checkSchedule(operator, schedule.after);
}

function checkMilestones(operator: string, milestones: unknown): void {
  const isAscending =
    Array.isArray(milestones) && milestones.every((one, i) => one >= 0 && (i === 0 || one > milestones[i - 1]));
  if (!isAscending)
    throw new ArgumentError(
      operator,
      `milestones of the schedule 'multiStep' must be steps in ascending order but are ${JSON.stringify(milestones)}`,
    );
}

/**
 * The learning rate for the step after `step` others.
 * @throws ArgumentError for a schedule that does not exist, or whose numbers make no sense, or a function that gives no rate
 */
export function learningRateAt(schedule: LearningRate, step: number): number {
  checkInteger('learningRateAt', 'step', step, 0);
  checkSchedule('learningRateAt', schedule);
  const rate = scheduled(schedule, step);
  notNegative('learningRateAt', 'the learning rate', rate);
  return rate;
}

function scheduled(schedule: LearningRate, step: number): number {
  if (typeof schedule === 'function') return schedule(step);
  if (typeof schedule === 'number') return schedule;
  switch (schedule.name) {
    case 'constant':
      return schedule.learningRate;
    case 'step':
      return schedule.initialLearningRate * schedule.gamma ** Math.floor(step / schedule.stepSize);
    case 'multiStep':
      return (
        schedule.initialLearningRate *
        schedule.gamma ** schedule.milestones.filter((milestone) => milestone <= step).length
      );
    case 'exponential': {
      const periods = step / schedule.decaySteps;
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
    case 'warmup':
      return warmup(schedule, step);
  }
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
  return halfCosine(peak, peak * alpha, since / schedule.decaySteps);
}

function cosineRestarts(schedule: CosineDecayRestarts, step: number): number {
  const { initialLearningRate, tMul = 2, mMul = 1, alpha = 0 } = schedule;
  let length = schedule.firstDecaySteps;
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
  const length = schedule.decaySteps * (cycle ? Math.max(1, Math.ceil(step / schedule.decaySteps)) : 1);
  const left = 1 - Math.min(step, length) / length;
  return (initialLearningRate - endLearningRate) * left ** power + endLearningRate;
}

function oneCycle(schedule: OneCycle, step: number): number {
  const { maxLearningRate, totalSteps: total, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = schedule;
  const initial = maxLearningRate / divFactor;
  const top = pctStart * total - 1;
  if (step <= top) return halfCosine(initial, maxLearningRate, top > 0 ? step / top : 1);
  return halfCosine(maxLearningRate, initial / finalDivFactor, (step - top) / (total - 1 - top));
}

function warmup({ warmupSteps, startFactor = 1 / 3, after }: Warmup, step: number): number {
  if (step >= warmupSteps) return scheduled(after, step - warmupSteps);
  return scheduled(after, 0) * (startFactor + ((1 - startFactor) * step) / warmupSteps);
}
