/** @file What a cascade's trees say of windows: laid out for integral images of one size. */
import type { Integrals } from '../integral.ts';
import type { Windows } from '../scan.ts';
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

/*
 * A feature's value is whole if its weights are, as trained ones are, and times the norm it is rounded to float32, so that
 * decisions on the edge fall as OpenCV's do. Which side follows is computed rather than branched to: no processor can
 * predict it.
 */

/** Adds a leaf of a tree of one node to each window's score. */
export function addStump({ steps, terms, leaves }: Evaluator, node: number, sums: Int32Array, windows: Windows): void {
  const { count, positions, norms, scores } = windows;
  const [first, second, third, threshold] = termsAt(terms, node);
  const [corner0, right0, down0] = stepsAt(steps, RECTANGLES * node);
  const [corner1, right1, down1] = stepsAt(steps, RECTANGLES * node + 1);
  const [corner2, right2, down2] = stepsAt(steps, RECTANGLES * node + 2);
  for (let i = 0; i < count; i++) {
    const at = positions[i] as number;
    let value =
      first * rectangleSum(sums, at + corner0, right0, down0) +
      second * rectangleSum(sums, at + corner1, right1, down1);
    if (third !== 0) value += third * rectangleSum(sums, at + corner2, right2, down2);
    const side = Number(Math.fround(value * (norms[i] as number)) >= threshold);
    scores[i] = (scores[i] as number) + (leaves[2 * node + side] as number);
  }
}

/** Adds a leaf of a tree to each window's score. */
export function addTree(evaluator: Evaluator, root: number, sums: Int32Array, windows: Windows): void {
  const { steps, terms, children, leaves } = evaluator;
  const { count, positions, norms, scores } = windows;
  for (let i = 0; i < count; i++) {
    const at = positions[i] as number;
    const norm = norms[i] as number;
    let node = root;
    let side = 0;
    do {
      const term = node * TERMS;
      let value = 0;
      for (let r = 0; r < RECTANGLES; r++) {
        const weight = terms[term + r] as number;
        const step = (node * RECTANGLES + r) * STEPS;
        const corner = at + (steps[step] as number);
        if (weight !== 0)
          value += weight * rectangleSum(sums, corner, steps[step + 1] as number, steps[step + 2] as number);
      }
      side = 2 * node + Number(Math.fround(value * norm) >= (terms[term + RECTANGLES] as number));
      node = children[side] as number;
    } while (node !== 0);
    scores[i] = (scores[i] as number) + (leaves[side] as number);
  }
}

function stepsAt(steps: Int32Array, rectangle: number): readonly [number, number, number] {
  const at = rectangle * STEPS;
  return [steps[at], steps[at + 1], steps[at + 2]] as [number, number, number];
}

function termsAt(terms: Float64Array, node: number): readonly [number, number, number, number] {
  const at = node * TERMS;
  return [terms[at], terms[at + 1], terms[at + 2], terms[at + 3]] as [number, number, number, number];
}

function rectangleSum(sums: Int32Array, corner: number, right: number, down: number): number {
  return (
    ((sums[corner] as number) -
      (sums[corner + right] as number) -
      (sums[corner + down] as number) +
      (sums[corner + right + down] as number)) |
    0
  );
}
