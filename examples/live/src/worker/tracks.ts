/** @file Faces that are followed from picture to picture, smoothed over time. */
import type { Box } from '@fer/vision';

/** Boxes that overlap by less are different faces: the intersection as a share of the union. */
const MIN_OVERLAP = 0.3;

/** A face that was found neither in so many pictures nor for so many milliseconds is gone. */
const MAX_MISSED = 3;
const PATIENCE = 700;

/** Milliseconds without a picture, as on a hidden page or when the clock was set, after which anybody may sit there. */
const BREAK = 10_000;

/** The seconds after which a box has followed by 63 %: enough that it does not tremble, too little to lag behind. */
const BOX_SMOOTHING = 0.08;

/** A face that is followed. */
export class Track {
  #smoothed: readonly number[] | undefined;
  #smoothedAt = 0;
  /** Pictures in a row in which it was not found. */
  missed = 0;

  /** Smoothed. */
  box: Box;

  /** @param seen When it was found last, in milliseconds. */
  constructor(
    readonly face: number,
    { x, y, width, height }: Box,
    public seen: number,
  ) {
    this.box = { x, y, width, height }; // and nothing of what else a detection may have
  }

  follow({ x, y, width, height }: Box, time: number): void {
    const share = shareOfNew(time - this.seen, BOX_SMOOTHING);
    const mix = (before: number, now: number) => before + share * (now - before);
    const { box } = this;
    this.box = { x: mix(box.x, x), y: mix(box.y, y), width: mix(box.width, width), height: mix(box.height, height) };
    this.seen = time;
    this.missed = 0;
  }

  /** Takes what a picture says of the face. @param smoothing In seconds. @returns that, smoothed */
  smooth(probabilities: readonly number[], time: number, smoothing: number): readonly number[] {
    const share = shareOfNew(time - this.#smoothedAt, smoothing);
    const before = this.#smoothed ?? probabilities;
    this.#smoothed = probabilities.map((now, i) => (before[i] as number) + share * (now - (before[i] as number)));
    this.#smoothedAt = time;
    return this.#smoothed;
  }
}

/** A box that was found once. Faces are what is found twice in a row: most mistakes are not. */
interface Candidate {
  readonly box: Box;
}

export class Tracker {
  #tracks: Track[] = [];
  #candidates: Candidate[] = [];
  #time = 0;

  /** @param nextFace The number of the first new face. */
  constructor(private nextFace = 0) {}

  /**
   * Takes what was found in a picture.
   * @param still Believe it at once.
   * @returns the faces that are in this picture
   */
  update(found: readonly Box[], time: number, still = false): Track[] {
    if (Math.abs(time - this.#time) > BREAK) [this.#tracks, this.#candidates] = [[], []];
    this.#time = time;
    for (const track of this.#tracks) track.missed++;
    const { pairs, others } = match(this.#tracks, found);
    for (const [track, box] of pairs) track.follow(box, time);
    const alive = this.#tracks.filter(({ missed, seen }) => missed <= MAX_MISSED || time - seen <= PATIENCE);
    const known = match(this.#candidates, others);
    const confirmed = still ? others : known.pairs.map(([, box]) => box);
    const started = confirmed.map((box) => new Track(this.nextFace++, box, time));
    this.#candidates = (still ? [] : known.others).map((box) => ({ box }));
    this.#tracks = [...alive, ...started];
    return [...pairs.map(([track]) => track), ...started];
  }
}

/**
 * Exponential smoothing by time instead of by picture, so that it is the same at any rate.
 * @param elapsed Milliseconds since the last picture.
 * @param smoothing Seconds after which 63 % of a change have come through.
 * @returns the weight of what is new, from 0 to 1
 */
export function shareOfNew(elapsed: number, smoothing: number): number {
  return smoothing > 0 ? 1 - Math.exp(-Math.max(elapsed, 0) / (1000 * smoothing)) : 1;
}

/** The pairs that overlap most, each box at most once, and the boxes that nothing is left for. */
function match<T extends { readonly box: Box }>(known: readonly T[], found: readonly Box[]) {
  const candidates = known.flatMap((one) => found.map((box) => ({ one, box, overlap: overlapOf(one.box, box) })));
  candidates.sort((a, b) => b.overlap - a.overlap);
  const pairs = new Map<T, Box>();
  const left = new Set(found);
  for (const { one, box, overlap } of candidates) {
    if (overlap < MIN_OVERLAP || pairs.has(one) || !left.has(box)) continue;
    pairs.set(one, box);
    left.delete(box);
  }
  return { pairs: [...pairs], others: [...left] };
}

/** The intersection of two boxes as a share of their union (Jaccard 1912), from 0 to 1. */
export function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}
