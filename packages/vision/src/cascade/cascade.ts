/** @file A boosted cascade of trees over Haar-like features, as numbers side by side, and what must hold of them. */
import { FormatError } from '@fer/core';

/** A feature is the weighted sum over at most so many rectangles. */
export const RECTANGLES = 3;

/** x, y, width, height. */
export const SIDES = 4;

/**
 * The cascade of Viola and Jones (Rapid Object Detection using a Boosted Cascade of Simple Features, 2001) with the
 * features of Lienhart and Maydt (2002). A window is an object if in every stage the sum of the trees' leaves reaches the
 * stage's threshold. A tree's node compares one feature with a threshold; the trees of all stages follow each other.
 */
export interface Cascade {
  /** The size of the window that was trained, in pixels. */
  readonly width: number;
  readonly height: number;
  /** How many trees each stage has, and what they must reach. */
  readonly stageSizes: Int32Array;
  readonly stageThresholds: Float32Array;
  /** How many nodes each tree has; it has one leaf more. */
  readonly treeSizes: Int32Array;
  /** A node's rectangles [x, y, width, height], three for each node; those of weight 0 are not there. */
  readonly rectangles: Uint8Array;
  readonly weights: Float32Array;
  /** 1 if a node's rectangles stand on a corner: from it `width` steps right and down, and `height` steps left and down. */
  readonly tilted: Uint8Array;
  readonly thresholds: Float32Array;
  /** Where to go below the threshold, and where else: a node of the same tree if > 0, else its leaf of that number, negated. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly leaves: Float32Array;
}

const MIN_WINDOW = 3;
const MAX_WINDOW = 255;

/** Rectangles lie in the window, trees end, numbers are finite and as many as they must be. @throws FormatError */
export function checkCascade(operator: string, cascade: Cascade): Cascade {
  const fail = (message: string): never => {
    throw new FormatError(operator, message);
  };
  for (const side of ['width', 'height'] as const) {
    if (!(Number.isInteger(cascade[side]) && cascade[side] >= MIN_WINDOW && cascade[side] <= MAX_WINDOW))
      fail(`the window's ${side} must be from ${MIN_WINDOW} to ${MAX_WINDOW} but is ${cascade[side]}`);
  }
  const { stageSizes, stageThresholds, treeSizes, thresholds, leaves, weights } = cascade;
  if (stageSizes.length === 0 || stageSizes.includes(0)) fail('every stage must have trees');
  if (treeSizes.includes(0)) fail('every tree must have a node');
  for (const [name, numbers] of Object.entries({ stageThresholds, thresholds, leaves, weights })) {
    const i = numbers.findIndex((number) => !Number.isFinite(number));
    if (i >= 0) fail(`${name} must be finite in 32 bits but number ${i} is ${numbers[i]}`);
  }
  checkLengths(cascade, fail);
  checkTrees(cascade, fail);
  checkRectangles(cascade, fail);
  return cascade;
}

type Fail = (message: string) => never;

const total = (numbers: Int32Array) => numbers.reduce((sum, number) => sum + number, 0);

function checkLengths(cascade: Cascade, fail: Fail): void {
  const stages = cascade.stageSizes.length;
  const trees = total(cascade.stageSizes);
  const nodes = total(cascade.treeSizes);
  const expected = {
    stageThresholds: stages,
    treeSizes: trees,
    rectangles: nodes * RECTANGLES * SIDES,
    weights: nodes * RECTANGLES,
    tilted: nodes,
    thresholds: nodes,
    left: nodes,
    right: nodes,
    leaves: nodes + trees,
  };
  for (const [name, length] of Object.entries(expected)) {
    const came = cascade[name as keyof typeof expected].length;
    if (came !== length) fail(`there must be ${length} ${name} but there are ${came}`);
  }
}

/** Children come after their parents, so that every way down ends. */
function checkTrees({ treeSizes, left, right }: Cascade, fail: Fail): void {
  let first = 0;
  treeSizes.forEach((size, tree) => {
    for (let node = 0; node < size; node++) {
      for (const child of [left[first + node] as number, right[first + node] as number]) {
        if (child > 0 ? child <= node || child >= size : child < -size)
          fail(`node ${node} of tree ${tree}, which has ${size}, cannot lead to ${child}`);
      }
    }
    first += size;
  });
}

function checkRectangles(cascade: Cascade, fail: Fail): void {
  const { width: windowWidth, height: windowHeight, rectangles, weights, tilted } = cascade;
  weights.forEach((weight, i) => {
    const [x, y, width, height] = rectangles.subarray(i * SIDES, (i + 1) * SIDES) as unknown as Sides;
    const isTilted = tilted[Math.floor(i / RECTANGLES)] === 1;
    const fits = isTilted
      ? x >= height && x + width <= windowWidth && y + width + height <= windowHeight
      : x + width <= windowWidth && y + height <= windowHeight;
    if (weight !== 0 && !fits)
      fail(`the${isTilted ? ' tilted' : ''} rectangle [${x}, ${y}, ${width}, ${height}] does not lie in the window`);
  });
}

type Sides = readonly [x: number, y: number, width: number, height: number];
