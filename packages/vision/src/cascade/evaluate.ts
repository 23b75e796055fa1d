/** @file Whether a window is an object: a cascade laid out for one size of integral images. */
import type { Integrals } from '../integral.ts';
import { type Cascade, RECTANGLES, SIDES } from './cascade.ts';

/** OpenCV lowers all stage thresholds by so much. */
const THRESHOLD_SLACK = Math.fround(1e-5);

/** Numbers that place a rectangle, and numbers that make a decision of a feature. */
const STEPS = 3;
const TERMS = RECTANGLES + 1;

/** A cascade whose nodes are laid out one behind the other, for integral images of one size. */
export interface Evaluator {
  /** Of each rectangle the first corner, from the window's, and the steps along its two sides, in the integral images. */
  readonly steps: Int32Array;
  /** Of each node the weights of its rectangles, and its threshold. */
  readonly terms: Float64Array;
  /** Of each node the one that follows below the threshold, and the one that follows else; 0 if that is a leaf. */
  readonly children: Int32Array;
  /** Of each node the values of the leaves that follow. */
  readonly leaves: Float64Array;
  /** The first node of each tree, and behind the last one. */
  readonly trees: Int32Array;
  /** The end of each stage, in trees. */
  readonly stageEnds: Int32Array;
  readonly stageThresholds: Float64Array;
}

export function createEvaluator(cascade: Cascade, integrals: Integrals): Evaluator {
  const trees = cumulated(cascade.treeSizes);
  return {
    steps: stepsOf(cascade, integrals),
    terms: termsOf(cascade),
    ...linkTrees(cascade, trees),
    trees,
    stageEnds: cumulated(cascade.stageSizes).slice(1),
    stageThresholds: Float64Array.from(cascade.stageThresholds, (threshold) =>
      Math.fround(threshold - THRESHOLD_SLACK),
    ),
  };
}

function stepsOf({ rectangles, weights, tilted }: Cascade, { stride, tiltedOffset }: Integrals): Int32Array {
  const steps = new Int32Array(weights.length * STEPS);
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    const [x = 0, y = 0, width = 0, height = 0] = rectangles.subarray(i * SIDES, (i + 1) * SIDES);
    const corner = y * stride + x;
    const isTilted = tilted[Math.floor(i / RECTANGLES)] === 1;
    const own = isTilted
      ? [tiltedOffset + corner, height * (stride - 1), width * (stride + 1)]
      : [corner, width, height * stride];
    steps.set(own, i * STEPS);
  }
  return steps;
}

function termsOf({ weights, thresholds }: Cascade): Float64Array {
  const terms = new Float64Array(thresholds.length * TERMS);
  for (let node = 0; node < thresholds.length; node++) {
    terms.set(weights.subarray(node * RECTANGLES, (node + 1) * RECTANGLES), node * TERMS);
    terms[node * TERMS + RECTANGLES] = thresholds[node] as number;
  }
  return terms;
}

function linkTrees({ left, right, leaves }: Cascade, trees: Int32Array) {
  const children = new Int32Array(2 * left.length);
  const values = new Float64Array(2 * left.length);
  for (let tree = 0; tree + 1 < trees.length; tree++) {
    const first = trees[tree] as number;
    const firstLeaf = first + tree; // each tree before has one leaf more than nodes
    for (let node = first; node < (trees[tree + 1] as number); node++) {
      [left, right].forEach((side, i) => {
        const next = side[node] as number;
        if (next > 0) children[2 * node + i] = first + next;
        else values[2 * node + i] = leaves[firstLeaf - next] as number;
      });
    }
  }
  return { children, leaves: values };
}

/** 0, and the sums of the first number, the first two, and so on. */
function cumulated(numbers: Int32Array): Int32Array {
  const sums = new Int32Array(numbers.length + 1);
  numbers.forEach((number, i) => {
    sums[i + 1] = (sums[i] as number) + number;
  });
  return sums;
}

/**
 * How many stages a window passes before one rejects it.
 *
 * A feature's value is whole if its weights are, as trained ones are, and times the norm it is rounded to float32, so that
 * decisions on the edge fall as OpenCV's do. Which side follows is computed rather than branched to: no processor can
 * predict it.
 * @param at the window's position in the integral images
 * @param norm one over the window's standard deviation times its area, a float32
 */
export function stagesPassed(evaluator: Evaluator, sums: Int32Array, at: number, norm: number): number {
  const { steps, terms, children, leaves, trees, stageEnds, stageThresholds } = evaluator;
  let tree = 0;
  for (let stage = 0; stage < stageEnds.length; stage++) {
    const end = stageEnds[stage] as number;
    let score = 0;
    for (; tree < end; tree++) {
      let node = trees[tree] as number;
      let side = 0;
      do {
        const term = node * TERMS;
        const step = node * (RECTANGLES * STEPS);
        let value =
          (terms[term] as number) * rectangleSum(sums, steps, step, at) +
          (terms[term + 1] as number) * rectangleSum(sums, steps, step + STEPS, at);
        const third = terms[term + 2] as number;
        if (third !== 0) value += third * rectangleSum(sums, steps, step + 2 * STEPS, at);
        side = 2 * node + Number(Math.fround(value * norm) >= (terms[term + RECTANGLES] as number));
        node = children[side] as number;
      } while (node !== 0);
      score += leaves[side] as number;
    }
    if (score < (stageThresholds[stage] as number)) return stage;
  }
  return stageEnds.length;
}

function rectangleSum(sums: Int32Array, steps: Int32Array, step: number, at: number): number {
  const corner = at + (steps[step] as number);
  const first = steps[step + 1] as number;
  const second = steps[step + 2] as number;
  return (
    ((sums[corner] as number) -
      (sums[corner + first] as number) -
      (sums[corner + second] as number) +
      (sums[corner + first + second] as number)) |
    0
  );
}
