/** @file How many pictures are seen a second. */

/** Milliseconds that are looked back upon. */
const WINDOW = 3000;

export class RateMeter {
  #times: number[] = [];

  /** @param time In milliseconds. @returns pictures a second, once two are known */
  tick(time: number): number | undefined {
    this.#times = [...this.#times.filter((earlier) => time - earlier < WINDOW), time];
    const [first = time] = this.#times;
    return time > first ? (1000 * (this.#times.length - 1)) / (time - first) : undefined;
  }

  clear(): void {
    this.#times = [];
  }
}
