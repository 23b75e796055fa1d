/** @file The exponential moving average of a model's weights. */
import { add, checkRange, mul, noGrad, Parameter, reshape, type StoredTensor, sub, tidy } from '@fer/core';
import { checkState, loadState, stateOf } from '../state.ts';
import { numberOf, storedNumber } from '../stored.ts';

/**
 * Averages of all weights, statistics included, which often do better than the last weights (Polyak & Juditsky 1992). In the
 * first steps the decay is (1 + step) / (10 + step) if that is less, as in TensorFlow, to forget the start.
 */
export class MovingAverage {
  readonly #averages: ReadonlyMap<string, Parameter>;
  #steps = 0;

  constructor(
    private readonly weights: ReadonlyMap<string, Parameter>,
    private readonly decay: number,
  ) {
    checkRange('ema', 'decay', decay, 0, 1);
    this.#averages = new Map([...weights].map(([name, weight]) => [name, new Parameter(weight, { trainable: false })]));
  }

  /** Takes the weights after a step into account. */
  update(): void {
    this.#steps++;
    const decay = Math.min(this.decay, (1 + this.#steps) / (10 + this.#steps));
    noGrad(() => {
      for (const [name, average] of this.#averages) {
        const weight = this.weights.get(name) as Parameter;
        // so written, weights that do not change leave their averages as they are
        tidy(() => average.assign(add(average, mul(sub(weight, average), 1 - decay))));
      }
    });
  }

  /** Exchanges weights and averages. */
  swap(): void {
    noGrad(() => {
      for (const [name, average] of this.#averages) {
        const weight = this.weights.get(name) as Parameter;
        using old = reshape(weight, weight.shape);
        weight.assign(average);
        average.assign(old);
      }
    });
  }

  /** The averages by the names of the weights, and the number of `steps`. */
  async stateDict(): Promise<Record<string, StoredTensor>> {
    return { ...(await stateOf(this.#averages)), steps: storedNumber(this.#steps) };
  }

  /** @throws FormatError, WeightsError if loadStateDict would */
  checkStateDict({ steps, ...averages }: Readonly<Record<string, StoredTensor>>): void {
    numberOf('ema', 'steps', steps);
    checkState('ema', this.#averages, averages, true);
  }

  /** @throws FormatError, WeightsError; then nothing has changed */
  loadStateDict({ steps, ...averages }: Readonly<Record<string, StoredTensor>>): void {
    const stepCount = numberOf('ema', 'steps', steps);
    loadState('ema', this.#averages, averages, true);
    this.#steps = stepCount;
  }

  dispose(): void {
    for (const average of this.#averages.values()) average.dispose();
  }
}
