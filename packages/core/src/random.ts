/** @file A seeded generator of random numbers: the same seed gives the same numbers on every machine and backend. */
import { ArgumentError } from './errors.ts';

/** xoshiro128** (Blackman & Vigna 2018), seeded by splitmix32. */
export class Random {
  readonly #state = new Uint32Array(4);

  /** @param seed Any integer; its lower 32 bits count. @throws ArgumentError if it is none */
  constructor(seed: number) {
    if (!Number.isInteger(seed)) throw new ArgumentError('Random', `seed must be an integer but is ${seed}`);
    let s = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      s = (s + 0x9e3779b9) >>> 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#state[i] = z ^ (z >>> 15);
    }
  }

  /** Where the generator is, to be given to `restore` later: 4 integers of 32 bits. */
  get state(): number[] {
    return [...this.#state];
  }

  /** Goes on from a `state`. @throws ArgumentError if it is none: of zeros alone, nothing but zeros would follow */
  restore(state: readonly number[]): void {
    if (state.length !== 4) throw new ArgumentError('Random', `state must hold 4 numbers but holds ${state.length}`);
    if (state.some((word) => word !== word >>> 0) || state.every((word) => word === 0)) {
      throw new ArgumentError(
        'Random',
        `state must hold integers from 0 to 2^32 - 1, not all 0, but is ${JSON.stringify(state)}`,
      );
    }
    this.#state.set(state);
  }

  /** 32 random bits. */
  bits(): number {
    const state = this.#state as unknown as [number, number, number, number];
    const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9) >>> 0;
    const t = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotate(state[3], 11);
    return result;
  }

  /**
   * Uniform in [minimum, maximum), from 24 bits. From 0 to 1 it is exact in float32; in other ranges rounding to
   * float32 may give the maximum.
   */
  uniform(minimum = 0, maximum = 1): number {
    return minimum + (maximum - minimum) * ((this.bits() >>> 8) / 0x1000000);
  }

  /** A uniform integer in [0, end). @throws ArgumentError unless end is an integer from 1 to 2^32 */
  integer(end: number): number {
    if (!(Number.isInteger(end) && end >= 1 && end <= 2 ** 32))
      throw new ArgumentError('Random', `end must be an integer from 1 to 2^32 but is ${end}`);
    return Math.floor((this.bits() / 0x100000000) * end);
  }

  /** Normal, by Box & Muller 1958. */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Normal, drawn again while further than two deviations from the mean. */
  truncatedNormal(mean = 0, deviation = 1): number {
    let z = this.normal();
    while (Math.abs(z) > 2) z = this.normal();
    return mean + deviation * z;
  }

  /** The items in a random order (Fisher & Yates), as a new array. */
  shuffle<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }

  /** A generator of its own that depends on this one's state. */
  fork(): Random {
    return new Random(this.bits());
  }
}

function rotate(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
