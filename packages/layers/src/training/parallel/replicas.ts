/**
 * @file Data-parallel training: worker threads, each with a copy of the model and a part of every batch, whose gradients are
 * added up. Threads that share the work within a kernel wait for each other after each kernel; these do once in a step.
 */
import { add, noGrad, type Parameter, type Random, type Tensor, tensor } from '@fer/core';
import type { MixedBatch } from '../../mixing.ts';
import type { Model } from '../../model.ts';
import { sizeOfBatch } from '../batches.ts';
import type { Objective } from '../figures.ts';
import { type HostTensor, type ReplicaStart, sharedMemoryFor, viewsOf } from './messages.ts';
import { ReplicaWorker } from './replica-worker.ts';

interface Replica {
  readonly worker: ReplicaWorker;
  /** Of each weight: its gradient by the worker's part of a batch, or its value after it. */
  readonly results: readonly Float32Array[];
}

/** What a worker made of its part of a batch. */
interface ComputedPart {
  readonly results: readonly Float32Array[];
  readonly hasGradient: readonly boolean[];
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
  readonly #replicas: readonly Replica[];

  /** @throws ArgumentError where there are no worker threads, or if the model's options are not JSON */
  constructor(model: Model, objective: Required<Objective>, count: number) {
    const parameters = [...model.weights.values()];
    const shared = { config: model.toConfig(), objective, weights: sharedMemoryFor(parameters) };
    this.#parameters = parameters;
    this.#weights = viewsOf(shared.weights, parameters);
    this.#replicas = Array.from({ length: count }, () => {
      const start: ReplicaStart = { ...shared, results: sharedMemoryFor(parameters) };
      return { worker: new ReplicaWorker(start), results: viewsOf(start.results, parameters) };
    });
  }

  /**
   * As accumulate() of the whole batch, but that each part is normalised by its own statistics. Of moving statistics, which
   * each part has changed, the mean is taken.
   * @returns the figures of each part
   * @throws FerError if a worker fails
   */
  async accumulate(batch: MixedBatch, share: number, random: Random): Promise<PartFigures[]> {
    const size = sizeOfBatch('fit', batch);
    for (const [i, parameter] of this.#parameters.entries()) this.#weights[i]?.set(await parameter.data());
    const [images, labels] = [await rowsOf(batch.images), await rowsOf(batch.labels)];
    const computed = partsOf(size, this.#replicas.length).map(async ([start, end], i): Promise<ComputedPart> => {
      const { worker, results } = this.#replicas[i] as Replica;
      const examples = end - start;
      const part = { images: images(start, end), labels: labels(start, end), seed: random.bits() };
      return { ...(await worker.compute({ ...part, share: (share * examples) / size })), results, examples };
    });
    const parts = await Promise.all(computed);
    this.#merge(parts, size);
    return parts.map(({ figures, examples }) => ({ figures: tensor(figures), examples }));
  }

  #merge(parts: readonly ComputedPart[], size: number): void {
    for (const [i, parameter] of this.#parameters.entries()) {
      const results = parts.map((part) => part.results[i] as Float32Array);
      if (parts[0]?.hasGradient[i]) {
        const gradient = tensor(summed(results), parameter.shape);
        parameter.setGrad(parameter.grad ? added(parameter.grad, gradient) : gradient);
      } else {
        const shares = parts.map(({ examples }) => examples / size);
        using value = tensor(averaged(this.#weights[i] as Float32Array, results, shares), parameter.shape);
        parameter.assign(value);
      }
    }
  }

  dispose(): void {
    for (const { worker } of this.#replicas) worker.dispose();
  }
}

/** First example and end of each part: as equal as they can be, and none without examples. */
function partsOf(size: number, count: number): [start: number, end: number][] {
  const parts = Math.min(size, count);
  const start = (part: number) => Math.floor((part * size) / parts);
  return Array.from({ length: parts }, (_, part) => [start(part), start(part + 1)]);
}

/** Takes rows of a tensor to the host. */
async function rowsOf(values: Tensor): Promise<(start: number, end: number) => HostTensor> {
  const { dtype, shape } = values;
  const all = (await values.data()) as HostTensor['data'];
  const width = all.length / (shape[0] as number);
  return (start, end) => ({
    data: all.slice(start * width, end * width),
    shape: [end - start, ...shape.slice(1)],
    dtype,
  });
}

function summed(terms: readonly Float32Array[]): Float32Array {
  const [first, ...others] = terms as [Float32Array, ...Float32Array[]];
  const sum = first.slice();
  for (const term of others) for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (term[i] as number);
  return sum;
}

/** The mean of values that began as `start`, in a form that leaves those alone that have not changed. */
function averaged(start: Float32Array, values: readonly Float32Array[], shares: readonly number[]): Float32Array {
  return start.map((before, i) =>
    values.reduce((mean, value, k) => mean + (shares[k] as number) * ((value[i] as number) - before), before),
  );
}

/** Their sum, in place of the second. */
function added(a: Tensor, b: Tensor): Tensor {
  const sum = noGrad(() => add(a, b));
  b.dispose();
  return sum;
}
