/**
 * @file Data-parallel training: worker threads, each with a copy of the model and a part of every batch, whose gradients are
 * added up. Threads that share the work within a kernel wait for each other after each kernel; these do once in a step.
 */
import { add, noGrad, type Parameter, type Random, type Tensor, tensor } from '@fer/core';
import type { Model } from '../../model.ts';
import { accumulate } from '../accumulate.ts';
import { type Batch, sizeOfBatch } from '../batches.ts';
import type { Objective } from '../figures.ts';
import { trainableOf } from '../trainable.ts';
import { type HostTensor, type Outcome, type ReplicaStart, sharedMemoryFor, viewsOf } from './messages.ts';
import { ReplicaWorker } from './replica-worker.ts';

interface Replica {
  readonly worker: ReplicaWorker;
  /** Of each weight: its gradient by the worker's part of a batch, or its value after it. */
  readonly results: readonly Float32Array[];
}

/** What a worker made of its part of a batch. */
interface ComputedPart {
  readonly results: readonly Float32Array[];
  readonly outcomes: readonly Outcome[];
  readonly figures: Float32Array;
  readonly examples: number;
}

/** The figures of some examples. */
export interface PartFigures {
  /** Of figuresOf. */
  readonly figures: Tensor;
  readonly examples: number;
}

export class Replicas {
  readonly #parameters: readonly Parameter[];
  /** The weights that the workers see. */
  readonly #weights: readonly Float32Array[];
  readonly #replicas: Replica[] = [];

  /** @throws ArgumentError where there are no worker threads, or if the model's options are not JSON */
  constructor(
    private readonly model: Model,
    private readonly objective: Required<Objective>,
    count: number,
  ) {
    const parameters = [...model.weights.values()];
    const shared = { config: model.toConfig(), objective, weights: sharedMemoryFor(parameters) };
    this.#parameters = parameters;
    this.#weights = viewsOf(shared.weights, parameters);
    try {
      for (let i = 0; i < count; i++) {
        const start: ReplicaStart = { ...shared, results: sharedMemoryFor(parameters) };
        this.#replicas.push({ worker: new ReplicaWorker(start), results: viewsOf(start.results, parameters) });
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * As accumulate() of the whole batch, but that each part is normalised by its own statistics. Of moving statistics, which
   * each part has changed, the mean is taken.
   * @returns the figures of each part
   * @throws what accumulate() throws; FerError if a worker fails otherwise
   */
  async accumulate(batch: Batch, share: number, random: Random): Promise<PartFigures[]> {
    const size = sizeOfBatch('fit', batch);
    const parts = await this.#computed(batch, size, share, random).catch((error) => {
      // what fails in a worker fails here too, and then throws an error that has its class
      accumulate(this.model, this.objective, batch, share, random).dispose();
      throw error;
    });
    this.#merge(parts, size);
    return parts.map(({ figures, examples }) => ({ figures: tensor(figures), examples }));
  }

  async #computed(batch: Batch, size: number, share: number, random: Random): Promise<ComputedPart[]> {
    for (const [i, parameter] of this.#parameters.entries()) this.#weights[i]?.set(await parameter.data());
    const trainable = trainableOf(this.model);
    const [images, labels] = [await rowsOf(batch.images), await rowsOf(batch.labels)];
    const parts = spansOf(size, this.#replicas.length).map(async ([start, end], i): Promise<ComputedPart> => {
      const { worker, results } = this.#replicas[i] as Replica;
      const examples = end - start;
      const part = { trainable, images: images(start, end), labels: labels(start, end), seed: random.bits() };
      return { ...(await worker.compute({ ...part, share: (share * examples) / size })), results, examples };
    });
    return Promise.all(parts);
  }

  #merge(parts: readonly ComputedPart[], size: number): void {
    for (const [i, parameter] of this.#parameters.entries()) {
      const outcome = parts[0]?.outcomes[i];
      if (outcome === undefined) continue;
      const results = parts.map((part) => part.results[i] as Float32Array);
      // gradients are of their share of the step already
      const shares = parts.map(({ examples }) => (outcome === 'gradient' ? 1 : examples / size));
      const merged = tensor(weightedSum(results, shares), parameter.shape);
      if (outcome === 'gradient') parameter.setGrad(parameter.grad ? added(parameter.grad, merged) : merged);
      else {
        parameter.assign(merged);
        merged.dispose();
      }
    }
  }

  dispose(): void {
    for (const { worker } of this.#replicas) worker.dispose();
  }
}

/**
 * First example and end of each worker's part: as equal as they can be. Two examples at least, as one alone has no variance to
 * be normalised by.
 */
function spansOf(size: number, count: number): [start: number, end: number][] {
  const parts = Math.max(1, Math.min(Math.floor(size / 2), count));
  const start = (part: number) => Math.floor((part * size) / parts);
  return Array.from({ length: parts }, (_, part) => [start(part), start(part + 1)]);
}

/** Takes rows of a tensor to the host. */
async function rowsOf(values: Tensor): Promise<(start: number, end: number) => HostTensor> {
  const { dtype, shape } = values;
  const all = await values.data();
  const width = all.length / (shape[0] as number);
  return (start, end) => {
    const data = all.slice(start * width, end * width);
    return { data, shape: [end - start, ...shape.slice(1)], dtype } as HostTensor;
  };
}

function weightedSum(terms: readonly Float32Array[], factors: readonly number[]): Float32Array {
  const sum = new Float32Array((terms[0] as Float32Array).length);
  for (const [k, term] of terms.entries()) {
    const factor = factors[k] as number;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + factor * (term[i] as number);
  }
  return sum;
}

/** Their sum, in place of the second. */
function added(a: Tensor, b: Tensor): Tensor {
  const sum = noGrad(() => add(a, b));
  b.dispose();
  return sum;
}
