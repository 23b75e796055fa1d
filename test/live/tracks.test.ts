/** @file Faces that are followed. */
import { describe, expect, it } from 'vitest';
import { overlapOf, shareOfNew, Tracker } from '../../examples/live/src/worker/tracks.ts';

const box = (x: number, y = 0, side = 100) => ({ x, y, width: side, height: side });

describe('overlapOf', () => {
  it('is the intersection as a share of the union', () => {
    expect(overlapOf(box(0), box(0))).toBe(1);
    expect(overlapOf(box(0), box(50))).toBeCloseTo(1 / 3, 12);
    expect(overlapOf(box(0), box(0, 0, 50))).toBe(0.25);
    expect(overlapOf(box(0), box(100))).toBe(0);
    expect(overlapOf(box(0), box(300, 300))).toBe(0);
  });
});

describe('shareOfNew', () => {
  it('lets 63 % of a change through after the time that was asked for, in however many steps', () => {
    expect(shareOfNew(500, 0.5)).toBeCloseTo(1 - Math.exp(-1), 12);
    const left = Array.from({ length: 10 }).reduce((rest: number) => rest * (1 - shareOfNew(50, 0.5)), 1);
    expect(left).toBeCloseTo(Math.exp(-1), 12);
  });

  it('is 1 without smoothing', () => {
    expect(shareOfNew(0, 0)).toBe(1);
    expect(shareOfNew(40, 0)).toBe(1);
  });
});

describe('Tracker', () => {
  const numbers = (tracks: readonly { readonly face: number }[]) => tracks.map(({ face }) => face);

  it('believes what it finds twice in a row, and at once in a picture that stands alone', () => {
    const tracker = new Tracker(4);
    expect(tracker.update([box(0)], 0)).toEqual([]);
    expect(tracker.update([box(300)], 50)).toEqual([]);
    expect(numbers(tracker.update([box(310)], 100))).toEqual([4]);
    expect(numbers(new Tracker(7).update([box(0), box(300)], 0, true))).toEqual([7, 8]);
  });

  it('gives each box to the face that it overlaps most', () => {
    const tracker = new Tracker();
    tracker.update([box(0), box(130)], 0, true);
    const [first, second] = tracker.update([box(140), box(20)], 50);
    expect([first?.face, second?.face].sort()).toEqual([0, 1]);
    const boxes = new Map([first, second].map((track) => [track?.face, track?.box.x]));
    expect(boxes.get(0)).toBeLessThan(30);
    expect(boxes.get(1)).toBeGreaterThan(120);
  });

  it('follows a face smoothly', () => {
    const tracker = new Tracker();
    tracker.update([box(0)], 0, true);
    const x = tracker.update([box(10)], 80)[0]?.box.x ?? 0;
    expect(x).toBeCloseTo(10 * (1 - Math.exp(-1)), 9);
    for (let time = 160; time < 2000; time += 80) tracker.update([box(10)], time);
    expect(tracker.update([box(10)], 2000)[0]?.box.x).toBeCloseTo(10, 3);
  });

  it('knows a face again that was missed for a moment, not one that was away', () => {
    const tracker = new Tracker();
    tracker.update([box(0)], 0, true);
    for (let time = 100; time <= 600; time += 100) expect(tracker.update([], time)).toEqual([]);
    expect(numbers(tracker.update([box(5)], 650))).toEqual([0]);
    for (let time = 700; time <= 1600; time += 100) tracker.update([], time);
    tracker.update([box(5)], 1700);
    expect(numbers(tracker.update([box(5)], 1800))).toEqual([1]);
  });

  it('waits for pictures that come slowly', () => {
    const tracker = new Tracker();
    tracker.update([box(0)], 0, true);
    tracker.update([], 1000);
    expect(numbers(tracker.update([box(0)], 2000))).toEqual([0]);
  });

  it.each([3_600_000, -3_600_000])('knows nobody again after a break of %d ms', (pause) => {
    const tracker = new Tracker();
    tracker.update([box(0)], 0, true);
    expect(tracker.update([box(5)], pause)).toEqual([]);
    expect(numbers(tracker.update([box(5)], pause + 50))).toEqual([1]);
  });

  it('smooths probabilities by time, from the first ones on', () => {
    const [track] = new Tracker().update([box(0)], 0, true);
    expect(track?.smooth([1, 0], 0, 0.5)).toEqual([1, 0]);
    const [first, second] = track?.smooth([0, 1], 500, 0.5) ?? [];
    expect(first).toBeCloseTo(Math.exp(-1), 12);
    expect(second).toBeCloseTo(1 - Math.exp(-1), 12);
    expect(track?.smooth([0, 1], 600, 0)).toEqual([0, 1]);
  });
});
