/** @file Many windows around one object become one box: OpenCV's groupRectangles. */
import type { Box, Detection } from './box.ts';
import { roundHalfEven } from './rounding.ts';

/** By how much of their size two windows may be apart to belong together. */
const TOLERANCE = 0.2;

/**
 * The mean of each group of more than `minNeighbors` similar boxes, but for groups that lie inside a larger one. With
 * `minNeighbors` 0 nothing is grouped.
 */
export function groupBoxes(boxes: readonly Box[], minNeighbors: number): Detection[] {
  if (minNeighbors === 0) return boxes.map((box) => ({ ...box, neighbors: 1 }));
  const groups = partition(boxes)
    .map(mean)
    .filter(({ neighbors }) => neighbors > minNeighbors);
  return groups.filter((inner) => !groups.some((outer) => outer !== inner && swallows(outer, inner)));
}

/** Boxes that are similar, or are connected by similar ones, in the order of their first. */
function partition(boxes: readonly Box[]): Box[][] {
  const parents = boxes.map((_, i) => i);
  const root = (i: number): number => {
    let at = i;
    for (let up = parents[at] as number; up !== at; up = parents[at] as number) {
      parents[at] = parents[up] as number; // halves the way for whoever comes next
      at = up;
    }
    return at;
  };
  boxes.forEach((a, i) => {
    for (let j = 0; j < i; j++) if (isSimilar(a, boxes[j] as Box)) parents[root(i)] = root(j);
  });
  const groups = new Map<number, Box[]>();
  boxes.forEach((box, i) => {
    const group = groups.get(root(i));
    if (group) group.push(box);
    else groups.set(root(i), [box]);
  });
  return [...groups.values()];
}

function isSimilar(a: Box, b: Box): boolean {
  const delta = TOLERANCE * (Math.min(a.width, b.width) + Math.min(a.height, b.height)) * 0.5;
  return (
    Math.abs(a.x - b.x) <= delta &&
    Math.abs(a.y - b.y) <= delta &&
    Math.abs(a.x + a.width - b.x - b.width) <= delta &&
    Math.abs(a.y + a.height - b.y - b.height) <= delta
  );
}

/** In float32, as OpenCV computes it. */
function mean(group: readonly Box[]): Detection {
  const scale = Math.fround(1 / group.length);
  const average = (side: keyof Box) => {
    const sum = group.reduce((total, box) => total + box[side], 0);
    return roundHalfEven(Math.fround(Math.fround(sum) * scale));
  };
  return {
    x: average('x'),
    y: average('y'),
    width: average('width'),
    height: average('height'),
    neighbors: group.length,
  };
}

/** Whether one lies inside another that is clearly better supported. */
function swallows(outer: Detection, inner: Detection): boolean {
  const dx = roundHalfEven(outer.width * TOLERANCE);
  const dy = roundHalfEven(outer.height * TOLERANCE);
  return (
    inner.x >= outer.x - dx &&
    inner.y >= outer.y - dy &&
    inner.x + inner.width <= outer.x + outer.width + dx &&
    inner.y + inner.height <= outer.y + outer.height + dy &&
    (outer.neighbors > Math.max(3, inner.neighbors) || inner.neighbors < 3)
  );
}
