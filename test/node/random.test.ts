import { Random } from '@fer/core';
import { describe, expect, it } from 'vitest';

const take = <T>(count: number, draw: () => T) => Array.from({ length: count }, draw);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function moment(values: readonly number[], order: number): number {
  const centre = mean(values);
  return mean(values.map((x) => (x - centre) ** order));
}

/** Pearson's statistic of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = mean(counts);
  return counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
}

function countsOf(values: readonly number[], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[value] = (counts[value] as number) + 1;
  return counts;
}

/** splitmix32 in integers of any size: the same definition, without the tricks of 32-bit arithmetic. */
function splitmix32(seed: number, count: number): number[] {
  const mask = 0xffffffffn;
  let s = BigInt(seed) & mask;
  return take(count, () => {
    s = (s + 0x9e3779b9n) & mask;
    let z = s;
    z = ((z ^ (z >> 16n)) * 0x21f0aaadn) & mask;
    z = ((z ^ (z >> 15n)) * 0x735a2d97n) & mask;
    return Number(z ^ (z >> 15n));
  });
}

const SAMPLES = 20_000;

describe('the generator', () => {
  it('is xoshiro128**', () => {
    const random = new Random(0);
    random.restore([1, 2, 3, 4]);
    // the first ten of xoshiro128starstar.c by Blackman & Vigna, from this state
    expect(take(10, () => random.bits())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it.each([0, 1, 42, -1, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER])('is seeded with %i by splitmix32', (seed) => {
    expect(new Random(seed).state).toEqual(splitmix32(seed, 4));
  });

  it('goes on from where it was', () => {
    const random = new Random(7);
    random.normal();
    const { state } = random;
    const expected = take(5, () => random.bits());
    const other = new Random(8);
    other.restore(state);
    expect(take(5, () => other.bits())).toEqual(expected);
    random.restore(state);
    expect(take(5, () => random.bits())).toEqual(expected);
  });

  it('forks into another one, and goes on itself', () => {
    const random = new Random(7);
    const fork = random.fork();
    const draws = [take(4, () => random.bits()), take(4, () => fork.bits()), take(4, () => new Random(7).bits())];
    expect(new Set(draws.map(String)).size).toBe(3);
    expect(take(4, () => new Random(7).fork().bits())).toEqual(take(4, () => new Random(7).fork().bits()));
  });
});

describe('distributions', () => {
  it('uniform', () => {
    const random = new Random(1);
    const values = take(SAMPLES, () => random.uniform());
    expect(values.every((x) => x >= 0 && x < 1 && Math.fround(x) === x)).toBe(true);
    // 99.9 % of such statistics, of 31 degrees of freedom, lie below
    expect(
      chiSquare(
        countsOf(
          values.map((x) => Math.floor(x * 32)),
          32,
        ),
      ),
    ).toBeLessThan(61.1);
    const shifted = take(SAMPLES, () => random.uniform(-3, 5));
    expect(shifted.every((x) => x >= -3 && x < 5)).toBe(true);
    expect(mean(shifted)).toBeCloseTo(1, 1);
  });

  it('integers', () => {
    const random = new Random(2);
    const values = take(SAMPLES, () => random.integer(7));
    expect([...new Set(values)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(chiSquare(countsOf(values, 7))).toBeLessThan(22.5);
    expect(take(10, () => random.integer(1))).toEqual(new Array(10).fill(0));
  });

  it('normal', () => {
    const random = new Random(3);
    const values = take(SAMPLES, () => random.normal());
    // four standard errors each
    expect(Math.abs(mean(values))).toBeLessThan(4 / Math.sqrt(SAMPLES));
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / SAMPLES));
    expect(Math.abs(moment(values, 3))).toBeLessThan(4 * Math.sqrt(15 / SAMPLES));
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / SAMPLES));
    const scaled = take(SAMPLES, () => random.normal(10, 0.5));
    expect(mean(scaled)).toBeCloseTo(10, 1);
    expect(Math.sqrt(moment(scaled, 2))).toBeCloseTo(0.5, 1);
  });

  it('truncated normal', () => {
    const random = new Random(4);
    const values = take(SAMPLES, () => random.truncatedNormal(1, 3));
    expect(values.every((x) => Math.abs(x - 1) <= 6)).toBe(true);
    expect(values.some((x) => Math.abs(x - 1) > 5.9)).toBe(true);
    expect(mean(values)).toBeCloseTo(1, 1);
    // a normal's deviation of 1 becomes 0.8796 within two deviations
    expect(Math.sqrt(moment(values, 2)) / 3).toBeCloseTo(0.8796, 2);
  });

  it('orders', () => {
    const random = new Random(5);
    const items = ['a', 'b', 'c'];
    const orders = take(6000, () => random.shuffle(items).join(''));
    expect(items).toEqual(['a', 'b', 'c']);
    const all = ['abc', 'acb', 'bac', 'bca', 'cab', 'cba'];
    expect([...new Set(orders)].sort()).toEqual(all);
    expect(
      chiSquare(
        countsOf(
          orders.map((order) => all.indexOf(order)),
          6,
        ),
      ),
    ).toBeLessThan(20.5);
  });
});
