/** @file What the face does in each expression, after the action units (AU) of Ekman & Friesen 1978. */
import type { Random } from '@fer/core';
import type { FER2013_CLASSES } from '../classes.ts';

/** Movements away from the neutral face, mostly from -1 to 1. */
export interface Expression {
  /** Raises the inner ends of the brows (AU 1), or lowers them (AU 4). */
  readonly browInner: number;
  /** Raises the outer ends (AU 2). */
  readonly browOuter: number;
  /** Draws the brows together (AU 4). */
  readonly browGather: number;
  /** Opens the eyes wide (AU 5), or closes them. */
  readonly upperLid: number;
  /** Raises cheeks and lower lids (AU 6 and 7). */
  readonly lowerLid: number;
  /** Wrinkles the nose (AU 9). */
  readonly noseWrinkle: number;
  /** Raises the corners of the mouth (AU 12), or lowers them (AU 15). */
  readonly mouthCorners: number;
  /** Stretches the mouth (AU 20), or makes it narrow. */
  readonly mouthWidth: number;
  /** Drops the jaw (AU 26 and 27). */
  readonly mouthOpen: number;
  /** Raises the upper lip alone (AU 10). */
  readonly upperLip: number;
  /** Presses the lips together (AU 23 and 24). */
  readonly lipPress: number;
}

const NEUTRAL: Expression = {
  browInner: 0,
  browOuter: 0,
  browGather: 0,
  upperLid: 0,
  lowerLid: 0,
  noseWrinkle: 0,
  mouthCorners: 0,
  mouthWidth: 0,
  mouthOpen: 0,
  upperLip: 0,
  lipPress: 0,
};

type Movements = Partial<Expression>;

const MOVEMENTS: Readonly<Record<(typeof FER2013_CLASSES)[number], Movements>> = {
  angry: {
    browInner: -1,
    browOuter: 0.45,
    browGather: 1,
    upperLid: 0.1,
    lowerLid: 0.6,
    mouthCorners: -0.35,
    mouthWidth: -0.15,
    lipPress: 0.8,
  },
  disgust: {
    browInner: -0.55,
    browOuter: -0.3,
    browGather: 0.5,
    upperLid: -0.45,
    lowerLid: 0.8,
    noseWrinkle: 1,
    mouthCorners: -0.6,
    mouthOpen: 0.12,
    upperLip: 1,
  },
  fear: {
    browInner: 1,
    browOuter: 0.25,
    browGather: 0.7,
    upperLid: 0.9,
    lowerLid: -0.1,
    mouthCorners: -0.35,
    mouthWidth: 0.5,
    mouthOpen: 0.4,
  },
  happy: { browOuter: 0.15, upperLid: -0.15, lowerLid: 0.7, mouthCorners: 1, mouthWidth: 0.6, mouthOpen: 0.35 },
  sad: { browInner: 0.85, browOuter: -0.6, browGather: 0.5, upperLid: -0.5, mouthCorners: -0.9, mouthWidth: -0.15 },
  surprise: { browInner: 1, browOuter: 1, upperLid: 1, lowerLid: -0.2, mouthWidth: -0.6, mouthOpen: 1 },
  neutral: {},
};

/** An expression as one face shows it: more or less strong, each movement a little different. */
export function drawExpression(name: keyof typeof MOVEMENTS, random: Random): Expression {
  const strength = random.uniform(0.75, 1.15);
  const movements = { ...NEUTRAL, ...MOVEMENTS[name] };
  return Object.fromEntries(
    Object.entries(movements).map(([movement, amount]) => [
      movement,
      strength * amount + random.truncatedNormal(0, amount === 0 ? 0.04 : 0.08),
    ]),
  ) as unknown as Expression; // the keys of NEUTRAL
}
